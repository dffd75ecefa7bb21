"""Tapbacks find what they quote whatever comes first, and the screen follows every step."""

from __future__ import annotations

import os
import re
import uuid
from datetime import UTC, datetime, timedelta
from html import unescape
from typing import TYPE_CHECKING, Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from inbox.actions.queueing import queue_message
from inbox.actions.reacting import react
from inbox.actions.recording import record_answer, record_message
from inbox.actions.triaging import mark_read
from inbox.models import Kind, Message, SendState, Thread
from inbox.queries import with_pointer
from sendblue_inbox.sendblue.payloads import MessagePayload
from tests.factories import ANNA, BEN, OUR_LINE, make_agent, make_line, make_thread, report

if TYPE_CHECKING:
    from collections.abc import Sequence

    from django.test import Client

pytestmark = pytest.mark.django_db
Screen = dict[str, tuple[str, tuple[str, ...]]]

TODAY = datetime.now(UTC).replace(microsecond=0) - timedelta(hours=1)
SEEN = TODAY + timedelta(seconds=90)
LONG = "The kiln opens on “Friday”,\nand the vases cool until Sunday evening."
ROWS = (
    *("message_handle", "kind", "content", "status", "date_sent", "is_news", "number"),
    *("reaction", "reaction_is_removal", "reaction_quote", "reacts_to__message_handle"),
)
OF_THREAD = ("is_closed", "last_message_at", "last_content", "last_is_outbound", "last_inbound_at")


def told(at: float, content: str, *, handle: str = "", **fields: Any) -> dict[str, Any]:
    """A report; `at` is in seconds after the beginning."""
    sent = TODAY + timedelta(seconds=at)
    handle = handle or f"m{int(at):03d}-{abs(hash((content, *sorted(fields.items())))) % 999}"
    return report(content=content, date_sent=sent, message_handle=handle, **fields)


def tell(body: dict[str, Any]) -> Message:
    return record_message(MessagePayload.parse(body, lines=[OUR_LINE]), seen_at=SEEN)


def mark_on(target: str) -> list[tuple[str, str]]:
    """What stands on the message with this handle: who, and which tapback."""
    marks = Message.objects.get(message_handle=target).reactions.order_by("date_sent")
    return [(mark.number if not mark.is_outbound else "us", mark.reaction) for mark in marks]


@pytest.fixture(autouse=True)
def line(db: None) -> None:
    make_line()


@pytest.fixture
def agent_client(client: Client) -> Client:
    """A logged-in browser."""
    client.force_login(make_agent(name="Ana Lima"))
    return client


def shown_by(page: str) -> Screen:
    """The bubbles of a page or of fragments: their words and marks, by handle."""
    handles = dict(Message.objects.values_list("pk", "message_handle"))
    screen: Screen = {}
    for piece in page.split('<li id="message-')[1:]:
        pk, bubble = int(piece.split('"', 1)[0]), piece.split("</hx-partial>")[0]
        words = re.search(r'<p class="words[^>]*>(.*?)</p>', bubble, re.DOTALL)
        marks = re.findall(r'<li class="mark ([^"]*)" title="([^"]*)"', bubble)
        text = unescape(words[1]) if words else ""
        screen[handles[pk]] = (
            text,
            tuple(f"{' '.join(classes.split())}: {unescape(title)}" for classes, title in marks),
        )
    return screen


class Onlooker:
    """An agent who has had the thread open since it was empty, and gets only what changed."""

    def __init__(self, client: Client, thread: Thread) -> None:
        self.client, self.thread = client, thread
        self.since, self.screen = 0, dict[str, Any]()

    def look(self) -> None:
        address = f"/threads/{self.thread.pk}/changes/?since={self.since}"
        page = self.client.get(address).content.decode()
        self.since = int(re.findall(r'id="since" value="(\d+)"', page)[0])
        for partial in re.findall(r"<hx-partial ([^>]*)>(.*?)</hx-partial>", page, re.DOTALL):
            attributes, bubbles = partial[0], shown_by(partial[1])
            if "innerMorph" in attributes and "#messages" in attributes:
                self.screen = bubbles
            elif "beforeend" in attributes:
                self.screen |= bubbles
            elif 'id="message-' in attributes:
                # What is not on the screen is not swapped in.
                self.screen |= {key: new for key, new in bubbles.items() if key in self.screen}


def page_of(client: Client, thread: Thread) -> Screen:
    return shown_by(client.get(f"/threads/{thread.pk}/messages/").content.decode())


def outcome(steps: Sequence[dict[str, Any]], client: Client, *, live: bool = False) -> Any:
    """The rows and the screen that these reports leave; the database is as before afterwards."""
    with transaction.atomic():
        onlooker = None
        for step in steps:
            message = tell(step)
            if live:
                onlooker = onlooker or Onlooker(client, message.thread)
                onlooker.look()
        screen = page_of(client, message.thread)
        if onlooker:
            assert onlooker.screen == screen
        rows = list(Message.objects.order_by("message_handle").values(*ROWS))
        threads = list(Thread.objects.values(*OF_THREAD))
        transaction.set_rollback(True)
    return rows, threads, screen


GROUP = {"group_id": "group-1", "participants": [ANNA, BEN], "message_type": "group"}
WORDS = [
    told(0, "Yes", is_outbound=True, handle="yes"),
    told(5, LONG, is_outbound=True, handle="long"),
    told(6, "", media_url="https://media.example/MO_1.jpg", handle="picture"),
    told(7, "", media_url="https://media.example/MO_2.mov", handle="film"),
    told(9, "Which colour?", handle="colour"),
    told(12, "Yes", handle="yes-again"),
    told(14, "Yes, of course", is_outbound=True, handle="of-course"),
]
STATUSES = [
    told(14, "Yes, of course", is_outbound=True, handle="of-course", status="DELIVERED"),
    told(0, "Yes", is_outbound=True, handle="yes", status="ERROR"),
    told(5, "", is_outbound=True, handle="long", status="DECLINED"),
]
ABOUT = [
    "“Yes”",
    '"Which colour?"',
    "“The kiln opens on “Fri…”",
    "“The kiln opens on “Friday”,\nand the",
    "“Yes, of co”",
    "an image",
    "a movie",
    "an attachment",
    "“Nobody said this”",
]
FORMS = [
    "Loved {}",
    "Liked {}",
    "Reacted 👀 to {}",
    "Removed a heart from {}",
    "Removed 👀 from {}",
]
tapbacks = st.builds(
    lambda at, form, about, who: told(at, form.format(about), **who),
    st.integers(3, 25),
    st.sampled_from(FORMS),
    st.sampled_from(ABOUT),
    st.sampled_from([{"number": ANNA}, {"number": BEN}, {"is_outbound": True}]),
)


@st.composite
def histories(draw: st.DrawFn) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """The reports of one group in two orders, some of them twice."""
    steps = draw(st.lists(st.sampled_from([*WORDS, *STATUSES]), min_size=3, max_size=8))
    steps += draw(st.lists(tapbacks, min_size=1, max_size=6))
    steps = [step | GROUP for step in steps]
    again = draw(st.lists(st.sampled_from(steps), max_size=3))
    return steps, draw(st.permutations([*steps, *again]))


@settings(
    max_examples=int(os.environ.get("ORDER_EXAMPLES", "20")),
    deadline=None,
    suppress_health_check=list(HealthCheck),
    database=None,
)
@given(histories())
def test_any_order_ends_in_the_same_rows_and_the_same_screen(
    agent_client: Client, orders: tuple[list[dict[str, Any]], list[dict[str, Any]]]
) -> None:
    one, other = orders
    assert outcome(one, agent_client) == outcome(other, agent_client, live=True)


def test_newest_first_as_history_comes(agent_client: Client) -> None:
    steps = [*WORDS, told(20, "Loved “Which colour?”"), told(21, "Liked “Yes”")]
    assert outcome(steps, agent_client) == outcome(steps[::-1], agent_client, live=True)


def test_the_newest_of_a_person_counts_and_a_removal_takes_it_away(agent_client: Client) -> None:
    target = told(0, "It ships today.", is_outbound=True, handle="ships")
    for step in (
        target,
        told(1, "Loved “It ships today.”", number=ANNA),
        told(2, "Liked “It ships today.”", number=ANNA),
        told(3, "Liked “It ships today.”", number=BEN),
        told(4, "Reacted 👀 to “It ships today.”", is_outbound=True),
    ):
        message = tell(step | GROUP)
    (_, marks), *others = page_of(agent_client, message.thread).values()
    assert not others
    assert marks == (
        "is-like: Liked by (415) 555-0123 and (415) 555-0124",
        "is-ours: Reacted 👀 by your line",
    )
    tell(told(5, "Removed a like from “It ships today.”", number=ANNA) | GROUP)
    tell(told(6, "Removed a heart from “It ships today.”", number=BEN) | GROUP)
    (_, marks), *_ = page_of(agent_client, message.thread).values()
    assert marks == ("is-like: Liked by (415) 555-0124", "is-ours: Reacted 👀 by your line")


@pytest.mark.parametrize(
    ("said", "quote"),
    [
        (["Yes", "Yes"], "“Yes”"),  # which of the two?
        (["Nothing like it"], "“Yes”"),
        (["Yes, of course", "Yes, of course not"], "“Yes, of cour…”"),
        ([], "“Yes”"),
        (["Yes"], "an image"),
    ],
)
def test_what_fits_no_single_message_stays_the_words_that_it_is(
    agent_client: Client, said: list[str], quote: str
) -> None:
    for at, words in enumerate(said):
        tell(told(at, words))
    tapback = tell(told(30, f"Loved {quote}", handle="tapback"))
    assert (tapback.kind, tapback.reaction, tapback.reacts_to) == (Kind.REACTION, "love", None)
    assert page_of(agent_client, tapback.thread)["tapback"] == (f"Loved {quote}", ())


def test_what_was_written_later_or_long_ago_is_not_meant() -> None:
    tell(told(40, "Yes", handle="later"))
    tell(told(-31 * 86_400, "Yes", handle="long-ago"))
    tell(told(30, "Loved “Yes”", handle="tapback"))
    assert not Message.objects.get(message_handle="tapback").reacts_to
    tell(told(10, "Yes", handle="meant"))
    assert mark_on("meant") == [(ANNA, "love")]


def test_a_tapback_is_no_news_and_leaves_a_closed_thread_closed() -> None:
    agent = make_agent()
    thread = tell(told(0, "Thanks, bye", handle="bye")).thread
    mark_read(thread, user=agent)
    Thread.objects.update(is_closed=True)
    for step in (told(5, "Loved “Thanks, bye”"), told(6, "Loved “something else”")):
        assert not tell(step).is_news
    thread.refresh_from_db()
    assert thread.is_closed
    assert thread.last_content == "Loved “something else”"
    pointed = with_pointer(Thread.objects.filter(pk=thread.pk), agent).get()
    assert thread.last_inbound_revision <= pointed.pointer


def test_tapbacks_move_on_when_a_stranger_turns_out_to_be_our_own_send() -> None:
    """Nothing ties the webhook to our send until its callback names both."""
    agent, thread = make_agent(), make_thread()
    ours = queue_message(thread, author=agent, content="It ships.", client_ref=uuid.uuid4())
    Message.objects.update(send_state=SendState.UNKNOWN, attempted_at=TODAY - timedelta(days=1))
    stranger = tell(told(0, "It ships.", is_outbound=True, handle="stranger"))
    assert stranger != ours
    react(stranger, author=agent, reaction="like", client_ref=uuid.uuid4())
    tell(told(9, "Loved “It ships.”"))
    assert mark_on("stranger") == [(ANNA, "love"), ("us", "like")]
    body = told(0, "It ships.", is_outbound=True, handle="stranger")
    record_answer(ours, MessagePayload.parse(body, lines=[OUR_LINE]))
    assert not Message.objects.filter(pk=stranger.pk).exists()
    assert Message.objects.get(message_handle="stranger") == ours
    assert mark_on("stranger") == [(ANNA, "love"), ("us", "like")]


def test_a_message_without_tapbacks_costs_no_query_more() -> None:
    """Also where the thread has many: only what comes before a tapback looks at it."""
    for at in range(30):
        tell(told(at, f"Message {at}"))
    with CaptureQueriesContext(connection) as quiet:
        tell(told(31, "No tapback yet"))
    for at in range(30):
        tell(told(32 + at, f"Loved “Message {at}”"))
    with CaptureQueriesContext(connection) as busy:
        tell(told(80, "After all tapbacks"))
    with CaptureQueriesContext(connection) as old:
        tell(told(30.5, "Before all tapbacks"))
    assert len(busy) == len(quiet)
    assert len(old) <= len(quiet) + 3
