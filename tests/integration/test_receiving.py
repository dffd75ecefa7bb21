"""A delivery is one committed row before the 200, and its meaning is read idempotently."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from contacts.models import Contact
from inbox.models import Line, Message, Thread
from tests.factories import ANNA, BEN, OUR_LINE, make_line, make_thread, moment, receive, report
from webhooks_admin.actions.dispatching import drain_events
from webhooks_admin.models import WebhookEvent

if TYPE_CHECKING:
    from django.http import HttpResponse
    from django.test import Client

pytestmark = pytest.mark.django_db(transaction=True)
SECRET = "test-webhook-secret"


def deliver(client: Client, body: Any, kind: str = "receive", **extra: Any) -> HttpResponse:
    """POST a delivery as Sendblue does."""
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    headers = {"sb-signing-secret": SECRET} | extra.pop("headers", {})
    options = {"content_type": "application/json", "headers": headers} | extra
    return client.generic("POST", f"/hooks/sendblue/{kind}/", raw, **options)


def test_a_person_writes_and_stands_in_the_thread(client: Client) -> None:
    make_line()
    assert deliver(client, report(content="Hello there")).status_code == 200
    drain_events()
    message = Message.objects.get()
    assert (message.content, message.stage) == ("Hello there", "received")
    assert message.thread.contact.number == ANNA
    assert message.thread.last_content == "Hello there"
    assert WebhookEvent.objects.get().processed_at


def test_the_same_delivery_again_only_raises_a_counter(client: Client) -> None:
    body = report()
    for _ in range(10):
        assert deliver(client, body).status_code == 200
        drain_events()
    assert WebhookEvent.objects.get().times_received == 10
    assert Message.objects.count() == 1
    assert Thread.objects.get().revision == 1


@pytest.mark.parametrize(
    ("extra", "kind", "expected"),
    [
        ({"headers": {"sb-signing-secret": "wrong"}}, "receive", 401),
        ({"headers": {"sb-signing-secret": ""}}, "receive", 401),
        ({"headers": {"sb-signing-secret": SECRET + "x"}}, "receive", 401),
        ({"headers": {"sb-signing-secret": "tést"}}, "receive", 401),
        ({}, "no_such_kind", 404),
        ({"content_type": "text/plain"}, "receive", 415),
        ({"headers": {"content-encoding": "gzip"}}, "receive", 415),
    ],
)
def test_a_delivery_that_is_not_sendblues_leaves_no_row(
    client: Client, extra: dict[str, Any], kind: str, expected: int
) -> None:
    assert deliver(client, report(), kind, **extra).status_code == expected
    assert not WebhookEvent.objects.exists()


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b" ", 400),
        (b"[]", 400),
        (b'"text"', 400),
        (b"{", 400),
        (b"\xff\xfe{}", 400),
        (b"[" * 100_000, 400),
        (b'{"a":' * 100_000, 400),
        (b'{"content": "' + b"x" * 1_000_000 + b'"}', 413),
        (b'{"content": "\\ud800 lone"}', 200),
        (b'{"content": "nul \\u0000"}', 200),
        (b'{"content": NaN, "x": 1e400}', 200),
        (b'{"content": "bad \xff byte"}', 200),
        (b'{"content": 1, "content": 2}', 200),
    ],
)
def test_odd_bodies_get_a_clear_answer_and_never_a_5xx(
    client: Client, body: bytes, expected: int
) -> None:
    answer = deliver(client, body)
    assert answer.status_code == expected
    assert WebhookEvent.objects.count() == (1 if expected == 200 else 0)
    drain_events()


def test_odd_text_is_shown_with_what_can_be_shown(client: Client) -> None:
    body = json.dumps(report(content="MARK")).encode().replace(b"MARK", b"a\\u0000b\\ud800c")
    assert deliver(client, body).status_code == 200
    drain_events()
    assert Message.objects.get().content.startswith("ab")


@pytest.mark.parametrize(
    ("fields", "check"),
    [
        ({"content": "", "media_url": "https://cdn.example.com/a.heic"}, "media_url"),
        ({"content": "Loved “See you at five”"}, "content"),
        ({"status": "BRAND_NEW_WORD"}, "status"),
        ({"status": "received", "service": "SMS"}, "service"),
        ({"service": "Telegraph"}, "service"),
        ({"message_type": "hologram"}, "message_type"),
        (
            {"message_type": "location", "location": {"latitude": 1.5, "longitude": -2.25}},
            "location",
        ),
    ],
)
def test_what_we_do_not_expect_is_kept_not_refused(
    client: Client, fields: dict[str, Any], check: str
) -> None:
    deliver(client, report(**fields))
    drain_events()
    assert getattr(Message.objects.get(), check)


def test_groups_have_one_thread_and_everybody_in_it(client: Client) -> None:
    make_line()
    group = {
        "group_id": "sb_group_1",
        "message_type": "group",
        "participants": [ANNA, BEN, OUR_LINE],
    }
    deliver(client, report(number=ANNA, **group))
    deliver(client, report(number=BEN, **group))
    drain_events()
    thread = Thread.objects.get()
    assert thread.is_group
    assert {contact.number for contact in thread.participants.all()} == {ANNA, BEN}
    assert {message.number for message in thread.messages.all()} == {ANNA, BEN}


def test_stop_and_start_decide_by_when_they_were_written_not_when_they_came() -> None:
    receive(content="START", date_sent=moment(-60))
    receive(content=" Stop. ", date_sent=moment(-300))
    assert not Contact.objects.get().opted_out
    receive(content="STOP", date_sent=moment(-30))
    receive(content="start", date_sent=moment(-40))
    assert Contact.objects.get().opted_out


def test_an_unknown_kind_of_event_is_kept(client: Client) -> None:
    assert deliver(client, {"event_type": "contact_profile", "x": 1}, "contact_profile")
    for kind in ("call_log", "call_completed", "inbound_call"):
        assert deliver(client, {"event_type": kind, "x": 1}, kind).status_code == 200
    drain_events()
    assert WebhookEvent.objects.get(processed_at__isnull=False).kind == "contact_profile"
    aside = WebhookEvent.objects.filter(quarantined_at__isnull=False)
    assert {event.error for event in aside} == {"The report does not say who called which line."}
    assert aside.count() == 3


def test_a_blocked_line_says_so(client: Client) -> None:
    line = make_line()
    deliver(client, {"number": OUR_LINE, "status": "blocked"}, "line_blocked")
    drain_events()
    line.refresh_from_db()
    assert "blocked" in line.trouble


def test_what_cannot_be_read_waits_for_a_person_and_delays_nobody(client: Client) -> None:
    deliver(client, {"content": "no handle, no numbers"})
    deliver(client, report(content="fine"))
    drain_events()
    assert Message.objects.get().content == "fine"
    assert "message_handle" in WebhookEvent.objects.get(quarantined_at__isnull=False).error


def test_a_message_opens_a_closed_thread_and_late_ones_are_marked() -> None:
    thread = make_thread()
    Thread.objects.update(is_closed=True)
    receive(date_sent=moment(-600))
    thread.refresh_from_db()
    assert not thread.is_closed
    assert Message.objects.get().arrived_late


def test_a_line_that_was_never_listed_is_added() -> None:
    receive(line="+14155550199")
    assert Line.objects.filter(number="+14155550199").exists()


def test_callbacks_need_a_known_token(client: Client) -> None:
    answer = client.post("/hooks/sendblue/status/guess/", "{}", content_type="application/json")
    assert answer.status_code == 404
