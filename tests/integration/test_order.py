"""What a row says, how it looks and which facts it has depends on what Sendblue told us, never on
the order or how often."""

from __future__ import annotations

import json
import os
import re
import uuid
from datetime import UTC, datetime, timedelta
from difflib import ndiff
from itertools import islice, permutations
from typing import TYPE_CHECKING, Any

import pytest
from django.db import connection, transaction
from django.template.loader import render_to_string
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from inbox.actions.noting import Source
from inbox.actions.outcomes import put_in_doubt
from inbox.actions.queueing import queue_message
from inbox.actions.recording import TooEarly, record_answer, record_message
from inbox.actions.sending import claim_next
from inbox.models import Fact, Line, Message, Thread
from inbox.presenting import bubbles, extras_of
from sendblue_inbox.models import User
from sendblue_inbox.sendblue.errors import MaybeSent
from sendblue_inbox.sendblue.payloads import MessagePayload
from tests.factories import ANNA, OUR_LINE, make_agent, make_line, make_thread, report
from webhooks_admin.actions.handling import HANDLERS
from webhooks_admin.models import WebhookEvent

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

pytestmark = pytest.mark.django_db
# A step is who tells it (`receive`, `outbound`, `status`, `list`, `answer`, `lost`) and the body.
Step = tuple[str, dict[str, Any]]

TODAY = datetime.now(UTC).replace(microsecond=0)
SEEN = TODAY + timedelta(seconds=90)
# Numbers and random keys of other rows in a page.
NUMBERED = (
    r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|thread-\d+|/threads/\d+/|file-\d+|/media/[\w-]+/"
)
WORDS = "It ships today."
# What differs between two runs by their nature: when rows were made, and how often changed.
COUNTED = {"id", "created_at", "thread_id", "line_id", "revision", "first_revision"}
MADE_BY_US = {"author_id", "client_ref", "callback_token", "send_after", "attempted_at"}
OF_THREAD = (
    *("service", "is_closed", "last_message_at", "last_content", "last_is_outbound"),
    *("last_inbound_at", "trouble_count"),
)
# All 720 orders of six events take a minute: every so many of them; 1 takes them all.
STRIDE = int(os.environ.get("ORDER_STRIDE", "18"))
RANDOM_ORDERS = settings(
    max_examples=int(os.environ.get("ORDER_EXAMPLES", "20")),
    deadline=None,
    suppress_health_check=list(HealthCheck),
    database=None,
    phases=(Phase.explicit, Phase.generate, Phase.shrink),
)


def at(seconds: float) -> str:
    return (TODAY + timedelta(seconds=seconds)).isoformat()


def tell(step: Step, ours: Message | None) -> None:
    """One thing that Sendblue tells us, through the code that reads it in production."""
    source, body = step
    if source == "lost":
        assert ours
        put_in_doubt(ours, MaybeSent("POST", "/api/send-message", status=500, error_code="5000"))
    elif source == "answer":
        assert ours
        record_answer(ours, MessagePayload.parse(body))
    elif source == "list":
        payload = MessagePayload.parse(body, lines=[OUR_LINE])
        record_message(payload, seen_at=SEEN, source=Source.POLL)
    else:
        token = (ours and ours.callback_token) or ""
        HANDLERS[source](WebhookEvent(kind=source, token=token, received_at=SEEN), body)


def outcome(steps: Sequence[Step], ours: Message | None = None) -> tuple[Any, ...]:
    """The rows that these steps leave, in columns; the database is as before afterwards."""
    with transaction.atomic():
        waiting = list(steps)
        patience = 5 * len(waiting)
        while waiting:
            step = waiting.pop(0)
            try:
                tell(step, ours)
            except TooEarly:
                patience -= 1
                assert patience, "it stays too early for ever"
                waiting.append(step)
        found = rows()
        transaction.set_rollback(True)
    return found


@pytest.fixture
def ours(line: Line) -> Message:
    """A send of ours that a worker has claimed and is handing over."""
    thread = make_thread(line, ANNA)
    queue_message(thread, author=make_agent(), content=WORDS, client_ref=uuid.uuid4())
    sender = uuid.uuid4()
    Line.objects.update(sender=sender)
    message = claim_next(line.pk, sender)
    assert message
    return message


def rows() -> tuple[Any, ...]:
    names = [field.attname for field in Message._meta.concrete_fields]
    compared = [name for name in names if name not in COUNTED | MADE_BY_US]
    ordered = Message.objects.order_by("message_handle").values(*compared)
    threads = Thread.objects.order_by("contact__number", "group_id").values(*OF_THREAD)
    return [*ordered], [*threads], facts(), [{"html": html} for html in screens()]


def facts() -> list[dict[str, Any]]:
    """What is known and who said so; not when it was learnt, nor how often."""
    found = Fact.objects.exclude(name__in=["written", "claimed"]).select_related("message")
    kept = [
        {
            "message": fact.message.message_handle,
            "fact": (fact.source, fact.name, fact.status, fact.error_code, fact.words),
            "told_at": fact.told_at,
            "body": json.dumps(fact.body, sort_keys=True),
        }
        for fact in found
    ]
    return sorted(kept, key=str)


def screens() -> list[str]:
    """The bubbles of every thread as the browser gets them, without what numbers the rows."""
    found = []
    for thread in Thread.objects.select_related("contact", "line").order_by("contact__number"):
        shown = list(thread.messages.order_by("date_sent", "message_handle", "pk"))
        for message in shown:
            message.thread = thread
        viewer = User(pk=0)
        for bubble in bubbles(shown, people={}, viewer=viewer, extras=extras_of(thread, shown)):
            context = {"bubble": bubble, "thread": thread}
            html = str(render_to_string("inbox/_bubble.html", context))
            html = re.sub(rf"\b0*{bubble.message.pk}\b", "PK", html)
            found.append(re.sub(NUMBERED, "…", html))
    return found


def all_agree(orders: Iterable[Sequence[Step]], ours: Message | None = None) -> None:
    first: tuple[Any, ...] | None = None
    for order in orders:
        found = outcome(order, ours)
        first = first or found
        assert found == first, (differences(first, found), [source for source, _ in order])


def differences(first: tuple[Any, ...], found: tuple[Any, ...]) -> list[Any]:
    if list(map(len, first)) != list(map(len, found)):
        return [list(map(len, first)), list(map(len, found))]
    pairs = [pair for rows in zip(first, found, strict=True) for pair in zip(*rows, strict=True)]
    return [
        [line for line in ndiff(a[name].split("\n"), b[name].split("\n")) if line[0] in "+-"]
        if name == "html"
        else (name, a[name], b[name])
        for a, b in pairs
        for name in a
        if a[name] != b[name]
    ]


@pytest.fixture(autouse=True)
def line(db: None) -> Line:
    # Numbers of rows that are nothing else in a page.
    with connection.cursor() as cursor:
        cursor.execute("SELECT setval(pg_get_serial_sequence('inbox_message', 'id'), 77000000)")
    return make_line(messages_before_reply=1000)


def told(handle: str, outbound: bool, **fields: Any) -> dict[str, Any]:
    return report(message_handle=handle, is_outbound=outbound, date_sent=TODAY) | fields


INBOUND: list[Step] = [
    ("receive", told("in-1", False, content="Hello", date_sent=None, date_updated=None)),
    ("receive", told("in-1", False, content=None, service="SMS", opted_out=True)),
    ("list", told("in-1", False, content="Hello", date_updated=at(9), was_downgraded=False)),
    ("receive", told("in-1", False, status="", service=None, date_sent=None, media_url="http://x")),
    ("list", told("in-1", False, location={"latitude": 1, "longitude": "2"}, message_type=None)),
]
FOREIGN: list[Step] = [
    ("outbound", told("out-1", True, status="QUEUED", service="iMessage", date_sent=None)),
    ("outbound", told("out-1", True, status="DELIVERED", service="", date_updated=at(8))),
    ("outbound", told("out-1", True, status="ERROR", error_code=5000, service="SMS")),
    ("list", told("out-1", True, status="SENT", service="RCS", was_downgraded=True)),
    ("list", told("out-1", True, status="TELEPORTED", seat_id="seat", app_card={"appName": "a"})),
]
OWN: list[Step] = [
    ("answer", told("own-1", True, content=WORDS, status="QUEUED", date_sent=at(2))),
    ("status", told("own-1", True, content=None, status="DELIVERED", date_updated=at(5))),
    ("outbound", told("own-1", True, content=WORDS, status="SENT", was_downgraded=False)),
    ("list", told("own-1", True, content=WORDS, status="PENDING", date_sent=None)),
    ("status", {"message_handle": "own-1", "status": "ERROR", "error_code": "SMS_LIMIT_REACHED"}),
]
LOST: list[Step] = [("lost", {}), *OWN[1:]]
# Nothing ties this webhook to our send until the callback names both.
STRANGER: list[Step] = [
    ("lost", {}),
    ("outbound", told("own-1", True, content=None, status="DELIVERED", date_updated=None)),
    ("status", told("own-1", True, content=WORDS, status="SENT", date_sent=at(1))),
]


@pytest.mark.parametrize(
    "steps", [OWN, LOST, STRANGER], ids=["answered", "lost", "seen as a stranger"]
)
def test_every_order_of_our_own_send_leaves_the_same_row(ours: Message, steps: list[Step]) -> None:
    all_agree(permutations(steps), ours)
    assert outcome([*steps, *steps[1:]], ours) == outcome(steps, ours)


def test_the_orders_of_six_events_leave_the_same(ours: Message) -> None:
    registered = told("own-1", True, content=WORDS, status="REGISTERED", date_updated=at(3))
    orders = permutations([*OWN, ("outbound", registered)])
    all_agree(islice(orders, 0, None, STRIDE), ours)


@pytest.mark.parametrize("steps", [INBOUND, FOREIGN], ids=["inbound", "foreign"])
def test_every_order_leaves_the_same_row(steps: list[Step]) -> None:
    all_agree(permutations(steps))
    assert outcome([*steps, *steps[1:]]) == outcome(steps)


def test_what_is_left_is_the_most_that_was_told(ours: Message) -> None:
    (message,), (thread,), known, _ = outcome(LOST, ours)
    assert {fact["fact"][0] for fact in known} == {"answer", "callback", "webhook", "poll"}
    assert (message["send_state"], message["status"]) == ("accepted", "DELIVERED")
    assert message["error_code"] == message["error_message"] == ""
    assert message["delivered_at"] == TODAY + timedelta(seconds=5)
    assert message["date_sent"] == TODAY
    assert thread["trouble_count"] == 0


STATUSES = ["QUEUED", "REGISTERED", "SENT", "DELIVERED", "READ", "ERROR", "FAILED", "DECLINED"]
ODDITIES = st.fixed_dictionaries(
    {},
    optional={
        "status": st.sampled_from([*STATUSES, "TELEPORTED", "x" * 90, "sent ", "", None, 7]),
        "service": st.sampled_from(["iMessage", "SMS", "RCS", "", None, "Pigeon", "p" * 40]),
        "content": st.sampled_from([WORDS, None, "", "Words \x00 \ud800", "STOP", "START"]),
        "media_url": st.sampled_from(["", None, "https://example.test/a.png", ["b"]]),
        "date_sent": st.sampled_from([at(0), at(3), None, "", "yesterday", at(-120)]),
        "date_updated": st.sampled_from([at(1), at(4), None, "", 0]),
        "was_downgraded": st.sampled_from([True, False, None, "true"]),
        "error_code": st.sampled_from([None, 0, 4000, "5509", "SMS_LIMIT_REACHED", "e" * 99]),
        "error_message": st.sampled_from([None, "", "Blocked", "Not reachable"]),
        "error_detail": st.sampled_from([None, "", "try later"]),
        "message_type": st.sampled_from([None, "", "message", "t" * 50]),
        "send_style": st.sampled_from([None, "", "confetti"]),
        "seat_id": st.sampled_from([None, "seat-1", "seat-2"]),
        "opted_out": st.sampled_from([None, False, True]),
        "reply_to": st.sampled_from([None, {"message_handle": "a"}, {"message_handle": "b"}]),
        "location": st.sampled_from(
            [None, {"latitude": 1, "longitude": 2}, {"latitude": 1, "longitude": 3, "accuracy": 5}]
        ),
        "app_card": st.sampled_from([None, {"appName": "a"}, {"appName": "b", "url": "c"}]),
        "a_new_field": st.just([1, {"deep": None}]),
    },
)


def reports(*sources: str, handle: str, outbound: bool) -> st.SearchStrategy[Step]:
    body = ODDITIES.map(lambda odd: told(handle, outbound, content=WORDS) | odd)
    return st.tuples(st.sampled_from(sources), body)


def in_two_orders(steps: list[Step]) -> st.SearchStrategy[tuple[list[Step], list[Step]]]:
    repeated = st.lists(st.sampled_from(steps), max_size=3)
    other = repeated.flatmap(lambda again: st.permutations([*steps, *again]))
    return st.tuples(st.just(steps), other)


inbound = st.lists(reports("receive", "list", handle="in-1", outbound=False), min_size=2)
foreign = st.lists(reports("outbound", "list", handle="out-1", outbound=True), min_size=2)
own = st.builds(
    lambda answer, proof, others: [answer, proof, *others],
    st.one_of(st.just(("lost", {})), reports("answer", handle="own-1", outbound=True)),
    reports("status", handle="own-1", outbound=True),
    st.lists(reports("status", "outbound", "list", handle="own-1", outbound=True), max_size=5),
)
several = st.lists(
    st.one_of(
        *(reports("receive", handle=f"in-{n}", outbound=False) for n in range(3)),
        *(reports("outbound", "list", handle=f"out-{n}", outbound=True) for n in range(3)),
    ),
    min_size=3,
    max_size=9,
)


@RANDOM_ORDERS
@given(inbound.flatmap(in_two_orders))
def test_any_order_of_an_inbound_message(orders: tuple[list[Step], list[Step]]) -> None:
    all_agree(orders)


@RANDOM_ORDERS
@given(foreign.flatmap(in_two_orders))
def test_any_order_of_a_message_sent_elsewhere(orders: tuple[list[Step], list[Step]]) -> None:
    all_agree(orders)


@RANDOM_ORDERS
@given(own.flatmap(in_two_orders))
def test_any_order_of_our_own_send(ours: Message, orders: tuple[list[Step], list[Step]]) -> None:
    all_agree(orders, ours)


@RANDOM_ORDERS
@given(several.flatmap(in_two_orders))
def test_any_order_of_several_messages_of_a_thread(
    orders: tuple[list[Step], list[Step]],
) -> None:
    all_agree(orders)
