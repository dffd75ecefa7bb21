"""A telephone call is one row, whatever tells of it, in any order, in any shape."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from inbox.actions.recording import Unreadable
from inbox.models import Kind, Message, Thread
from inbox.presenting.calls import call_of
from inbox.presenting.events import event_of
from tests.factories import ANNA, OUR_LINE, make_agent, make_line, receive
from webhooks_admin.actions.handling import HANDLERS
from webhooks_admin.models import WebhookEvent

if TYPE_CHECKING:
    from collections.abc import Sequence

    from django.test import Client

pytestmark = pytest.mark.django_db
TODAY = datetime.now(UTC).replace(microsecond=0)
# The kind of the webhook, when it came, and its body.
Step = tuple[str, int, dict[str, Any]]
COMPARED = (
    *("message_handle", "number", "is_outbound", "is_news", "kind", "date_sent", "date_updated"),
    "details",
)


def at(seconds: int) -> datetime:
    return TODAY + timedelta(seconds=seconds)


def tell(kind: str, seconds: int = 0, /, **body: Any) -> None:
    """A webhook of that kind, as it is read in production."""
    event = WebhookEvent(kind=kind, token="", received_at=at(seconds))
    HANDLERS[kind](event, {"from_number": ANNA, "to_number": OUR_LINE} | body)


def line_of_call(call: Message) -> str:
    event = event_of(call)
    assert event
    return event.words


STORY: list[Step] = [
    ("inbound_call", 1, {"call_id": "c1"}),
    ("call_log", 40, {"call_id": "c1", "disposition": "connected", "direction": "inbound"}),
    ("call_log", 41, {"call_id": "c1", "disposition": "connected", "agent": "A", "lang": "en"}),
    (
        "call_completed",
        50,
        {
            "call_id": "c1",
            "disposition": "completed",
            "duration": 252,
            "transcript": "Hello. Where is my order?",
            "recording_url": "https://media.example.test/c1.mp3",
            "started_at": at(0).isoformat(),
            "lang": "fr",
        },
    ),
    (
        "call_completed",
        55,
        {"call_id": "c1", "transcript": "Hello.", "started_at": at(2).isoformat()},
    ),
    ("call_log", 60, {"call_id": "c2", "disposition": "not_answered"}),
    ("call_log", 60, {"call_id": "c2", "disposition": "voicemail", "transcript": "Call me."}),
]


def outcome(steps: Sequence[Step]) -> tuple[Any, ...]:
    """The rows that these reports leave; the database is as before afterwards."""
    with transaction.atomic():
        for kind, seconds, body in steps:
            tell(kind, seconds, **body)
        rows = [*Message.objects.order_by("message_handle").values(*COMPARED)]
        words = [line_of_call(row) for row in Message.objects.order_by("message_handle")]
        threads = [*Thread.objects.values("last_message_at", "last_content", "last_inbound_at")]
        transaction.set_rollback(True)
    return rows, words, threads


def test_any_order_and_repetition_of_what_is_told_is_one_row_a_call() -> None:
    make_line()
    expected = outcome(STORY)
    assert expected[1] == ["They called, 4 min 12 s", "Left a voicemail"]
    assert expected[0][0]["date_sent"] == at(0)

    @settings(
        max_examples=int(os.environ.get("ORDER_EXAMPLES", "15")),
        deadline=None,
        suppress_health_check=list(HealthCheck),
        database=None,
    )
    @given(st.permutations(STORY), st.lists(st.sampled_from(STORY), max_size=4))
    def in_any_order(order: list[Step], again: list[Step]) -> None:
        assert outcome([*order, *again]) == expected

    in_any_order()


def test_a_call_without_an_id_is_a_row_once() -> None:
    make_line()
    body = {"disposition": "not_answered", "transcript": None, "event_type": "call_log"}
    for _ in range(3):
        tell("call_log", **body)
    tell("call_log", **body, timestamp=at(5).isoformat())
    assert Message.objects.filter(kind=Kind.CALL).count() == 2
    call = Message.objects.first()
    assert call
    assert (line_of_call(call), call.is_news) == ("Missed call", True)


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"disposition": "not_answered"}, "Missed call"),
        ({"disposition": "no_answer", "direction": "outbound"}, "They did not answer the call"),
        ({"disposition": "connected", "duration": 61.7}, "They called, 1 min 2 s"),
        ({"disposition": "VOICEMAIL"}, "Left a voicemail"),
        ({"disposition": "teleported_away"}, "Call: teleported away"),
        ({"disposition": "x" * 5000}, "Call: " + "x" * 40),
        ({"disposition": {"odd": 1}, "duration": "NaN"}, "They called"),
        ({"disposition": "connected", "duration": 1e300}, "They called"),
        ({"disposition": "connected", "duration": -5}, "They called"),
        (
            {"from_number": OUR_LINE, "to_number": ANNA, "disposition": "connected"},
            "Called them",
        ),
        (
            {"call_id": "x" * 5000, "transcript": [{"speaker": "Anna", "text": "Hi"}, 7]},
            "They called",
        ),
        ({"\ud800": "\ud800\0", "deep": [[[]]] * 900, "more": ["x" * 9000]}, "They called"),
    ],
)
def test_calls_of_every_shape_have_readable_words(body: dict[str, Any], words: str) -> None:
    make_line()
    tell("call_log", **body)
    call = Message.objects.get()
    assert line_of_call(call) == words
    assert (call.number, call.line.number) == (ANNA, OUR_LINE)
    assert len(str(call.details["more"])) < 20 * 300


def test_a_call_of_nobody_waits_for_a_person() -> None:
    make_line()
    with pytest.raises(Unreadable):
        HANDLERS["call_log"](
            WebhookEvent(kind="call_log", token="", received_at=TODAY), {"call_id": "c"}
        )


def test_a_missed_call_is_news_and_its_transcript_is_folded(client: Client) -> None:
    thread = receive(date_sent=at(-60)).thread
    Thread.objects.update(is_closed=True)
    spoken = '<img src="x" onerror="alert(1)">' * 3
    tell(
        *("call_log", 0),
        call_id="c1",
        disposition="voicemail",
        transcript=spoken,
        recording_url="javascript:alert(1)",
    )
    thread.refresh_from_db()
    assert (thread.is_closed, thread.last_content) == (False, "Left a voicemail")
    client.force_login(make_agent())
    page = client.get(f"/threads/{thread.pk}/").content.decode()
    assert "<summary>Transcript</summary>" in page
    assert "&lt;img src=" in page
    assert "<img src=" not in page
    assert "javascript:" not in page
    call = call_of(Message.objects.get(kind=Kind.CALL))
    assert call
    assert call.transcript == spoken
