"""Dots, receipts and looks: at once or not at all, never twice, and gone by themselves."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import permutations
from typing import TYPE_CHECKING, Any

import pytest
from django.db import transaction

from inbox.actions import performing
from inbox.actions.accounts import pause_sending
from inbox.actions.gesturing import set_read_receipts, show_typing
from inbox.actions.performing import drain_gestures
from inbox.actions.triaging import mark_read
from inbox.models import Gesture, Line, Message, Thread
from inbox.models.thread import TYPING_LASTS
from sendblue_inbox.clock import now
from sendblue_inbox.roles import Role
from sendblue_inbox.sendblue.transport import Limits
from tests.factories import ANNA, BEN, OUR_LINE, make_agent, make_contact, make_thread, receive
from webhooks_admin.actions.handling import HANDLERS
from webhooks_admin.models import WebhookEvent

if TYPE_CHECKING:
    from collections.abc import Iterable

    from django.test import Client

    from tests.conftest import Simulator

pytestmark = pytest.mark.django_db(transaction=True)
TYPING, READ, PLACE = "/api/send-typing-indicator", "/api/mark-read", "/api/location/*"


@pytest.fixture
def thread(simulator: Simulator) -> Thread:
    """Anna has written to us, and both sides know of it."""
    simulator.reset(lines=[OUR_LINE], contacts=[], messages=[])
    simulator.inbound(from_=ANNA, to=OUR_LINE, content="Hello")
    receive(content="Hello", date_sent=now() - timedelta(seconds=30))
    return make_thread()


def dots(told: datetime, *, is_typing: bool = True, received: datetime | None = None) -> None:
    """A typing webhook of that moment, as it is read in production."""
    event = WebhookEvent(kind="typing_indicator", token="", received_at=received or told)
    body = {"number": ANNA, "from_number": OUR_LINE, "is_typing": is_typing}
    HANDLERS["typing_indicator"](event, body | {"timestamp": told.isoformat()})


def fresh(thread: Thread) -> Thread:
    return Thread.objects.select_related("line", "contact").get(pk=thread.pk)


def gesture(kind: Gesture.Kind) -> Gesture:
    return Gesture.objects.get(kind=kind)


# --- theirs ---
def outcome(steps: Iterable[tuple[str, float]], today: datetime) -> dict[str, Any]:
    """What the thread says after these reports; the database is as before afterwards."""
    with transaction.atomic():
        for word, seconds in steps:
            told = today + timedelta(seconds=seconds)
            if word == "wrote":
                receive(content="Here", date_sent=told)
            else:
                dots(told, is_typing=word == "start")
        found = Thread.objects.get()
        columns = ("typing_number", "typing_until", "last_inbound_at")
        said = {name: getattr(found, name) for name in columns} | {"left": bool(found.typing_left)}
        transaction.set_rollback(True)
    return said


@pytest.mark.parametrize(
    ("steps", "is_shown"),
    [
        ([("start", -9), ("start", -5), ("stop", -7)], True),
        ([("start", -9), ("stop", -5), ("start", -7)], False),
        ([("start", -5), ("stop", -5), ("start", -5)], False),
        ([("start", -9), ("wrote", -5), ("stop", -5)], False),
        ([("start", -9), ("wrote", -7), ("start", -5)], True),
        ([("start", -70), ("start", -69), ("stop", -75)], False),
    ],
)
def test_dots_depend_on_what_was_told_not_on_its_order(
    thread: Thread, steps: list[tuple[str, float]], is_shown: bool
) -> None:
    today = now()
    expected = outcome(steps, today)
    assert expected["left"] is is_shown
    for order in permutations([*steps, steps[0]]):
        assert outcome(order, today) == expected, order


def test_dots_end_by_themselves_and_cost_nothing(thread: Thread) -> None:
    before = fresh(thread).revision
    dots(now())
    shown = fresh(thread)
    assert 0 < shown.typing_left <= TYPING_LASTS.total_seconds() * 1000
    assert (shown.revision, Message.objects.count()) == (before, 1)
    Thread.objects.update(typing_until=now())
    assert fresh(thread).typing_left == 0


def test_a_clock_that_runs_ahead_does_not_hold_the_dots(thread: Thread) -> None:
    dots(now() + timedelta(hours=1), received=now())
    assert fresh(thread).typing_left <= TYPING_LASTS.total_seconds() * 1000
    dots(now(), is_typing=False)
    assert fresh(thread).typing_left == 0


def test_the_list_and_the_thread_say_who_types(thread: Thread, client: Client) -> None:
    client.force_login(make_agent())
    dots(now())
    for path in ("/threads/list/", f"/threads/{thread.pk}/", f"/threads/{thread.pk}/typing/"):
        page = client.get(path).content.decode()
        assert "data-gone-in=" in page, path
    dots(now(), is_typing=False)
    assert "data-gone-in=" not in client.get(f"/threads/{thread.pk}/typing/").content.decode()


# --- ours ---
def test_they_see_that_we_type_and_that_we_stop(thread: Thread, simulator: Simulator) -> None:
    for state in ("stop", "start", "start", "stop"):
        show_typing(fresh(thread), state=state)
        drain_gestures()
    bodies = [entry["body"] for entry in simulator.ledger(TYPING)]
    assert [body["state"] for body in bodies] == ["start", "stop"]
    assert bodies[0]["number"] == ANNA
    assert bodies[0]["from_number"] == OUR_LINE
    assert 0 < bodies[0]["max_duration_ms"] <= 60_000
    assert gesture(Gesture.Kind.TYPING).requested_at


def test_what_is_said_again_is_said_every_few_seconds(thread: Thread, simulator: Simulator) -> None:
    for _ in range(3):
        show_typing(fresh(thread), state="start")
        drain_gestures()
    Gesture.objects.update(wanted_at=now() - timedelta(seconds=5))
    show_typing(fresh(thread), state="start")
    drain_gestures()
    assert len(simulator.ledger(TYPING)) == 2


def test_dots_that_come_too_late_never_come(thread: Thread, simulator: Simulator) -> None:
    show_typing(thread, state="start")
    Gesture.objects.update(wanted_at=now() - timedelta(seconds=11))
    drain_gestures()
    drain_gestures()
    assert simulator.ledger(TYPING) == []
    assert "ten seconds" in gesture(Gesture.Kind.TYPING).error


@pytest.mark.parametrize("mode", ["reset_before", "reset_after", "error_after", "html_200"])
def test_nothing_is_repeated(thread: Thread, simulator: Simulator, mode: str) -> None:
    simulator.fault(method="POST", path=TYPING, mode=mode, times=5)
    show_typing(thread, state="start")
    for _ in range(3):
        drain_gestures()
    assert len(simulator.ledger(TYPING)) == 1
    found = gesture(Gesture.Kind.TYPING)
    assert (found.is_due, found.lease_until) == (False, None)


def test_a_slow_answer_keeps_no_other_gesture_waiting(
    thread: Thread, simulator: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(performing, "LIMITS", Limits(send_read=0.4, send_total=0.6))
    simulator.fault(method="POST", path=READ, mode="timeout_after", times=1)
    set_read_receipts(thread.line, are_sent=True)
    mark_read(fresh(thread), user=make_agent())
    show_typing(fresh(thread), state="start")
    drain_gestures()
    assert [len(simulator.ledger(path)) for path in (READ, TYPING)] == [1, 1]
    assert gesture(Gesture.Kind.TYPING).requested_at
    unanswered = gesture(Gesture.Kind.READ)
    assert (unanswered.requested_at, bool(unanswered.error)) == (None, True)
    # Nobody refused: the next one is asked for.
    assert Line.objects.get().sends_read_receipts


def test_one_worker_at_a_time_and_none_while_sending_is_paused(
    thread: Thread, simulator: Simulator
) -> None:
    show_typing(thread, state="start")
    other = Gesture.objects.create(
        thread=thread, kind=Gesture.Kind.PLACE, wanted_at=now(), is_due=False
    )
    Gesture.objects.filter(pk=other.pk).update(lease_until=now() + timedelta(seconds=5))
    drain_gestures()
    assert simulator.ledger(TYPING) == []
    Gesture.objects.filter(pk=other.pk).update(lease_until=None)
    pause_sending("Somebody looks.")
    drain_gestures()
    assert simulator.ledger(TYPING) == []


def test_dots_go_only_where_they_can_be_seen(thread: Thread, client: Client) -> None:
    ben = receive(number=BEN, service="SMS").thread
    group = receive(group_id="group-1", participants=[ANNA, BEN]).thread
    stranger = make_thread(number="+14155550199")
    for other in (ben, group, stranger):
        show_typing(fresh(other), state="start")
    make_contact(ANNA, opted_out=True)
    show_typing(fresh(thread), state="start")
    assert not Gesture.objects.exists()
    make_contact(ANNA, opted_out=False)
    client.force_login(make_agent(shows_typing=False))
    answer = client.post(f"/threads/{thread.pk}/typing/", {"state": "start"})
    assert (answer.status_code, Gesture.objects.count()) == (204, 0)
    client.force_login(make_agent("other@example.com"))
    client.post(f"/threads/{thread.pk}/typing/", {"state": "start"})
    assert gesture(Gesture.Kind.TYPING).is_due


# --- receipts ---
def test_what_was_read_is_told_once_for_all_agents(
    thread: Thread, simulator: Simulator, client: Client
) -> None:
    first, second = make_agent(), make_agent("other@example.com")
    mark_read(fresh(thread), user=first)
    assert not Gesture.objects.exists()  # lines do not tell unless somebody wants it
    set_read_receipts(thread.line, are_sent=True)
    for agent in (first, second):
        mark_read(fresh(thread), user=agent)
        drain_gestures()
    (entry,) = simulator.ledger(READ)
    assert entry["body"] == {"number": ANNA, "from_number": OUR_LINE}
    client.force_login(first)
    page = client.get(f"/threads/{thread.pk}/").content.decode()
    assert "Read receipt requested" in page
    receive(content="And now?")
    assert (
        "Read receipt requested" not in client.get(f"/threads/{thread.pk}/typing/").content.decode()
    )
    mark_read(fresh(thread), user=first)
    drain_gestures()
    assert len(simulator.ledger(READ)) == 2


def test_refused_receipts_are_explained_and_not_asked_for_again(
    thread: Thread, simulator: Simulator, client: Client
) -> None:
    agent = make_agent(role=Role.MANAGER)
    simulator.control("POST", "options", {"mark_read_enabled": False})
    set_read_receipts(thread.line, are_sent=True)
    for content in ("One", "Two", "Three"):
        receive(content=content)
        mark_read(fresh(thread), user=agent)
        drain_gestures()
    assert len(simulator.ledger(READ)) == 1
    line = Line.objects.get(number=OUR_LINE)
    assert not line.sends_read_receipts
    assert "not enabled" in line.read_receipts_refused
    simulator.control("POST", "options", {"mark_read_enabled": True})
    client.force_login(agent)
    client.post(f"/lines/{line.pk}/read-receipts/", {"are_sent": "on"})
    receive(content="Four")
    mark_read(fresh(thread), user=agent)
    drain_gestures()
    assert len(simulator.ledger(READ)) == 2
    assert Line.objects.get(number=OUR_LINE).read_receipts_refused == ""


def test_an_sms_is_never_marked_read(simulator: Simulator) -> None:
    simulator.reset(lines=[OUR_LINE], contacts=[], messages=[])
    thread = receive(service="SMS").thread
    set_read_receipts(thread.line, are_sent=True)
    mark_read(fresh(thread), user=make_agent())
    drain_gestures()
    assert simulator.ledger(READ) == []
