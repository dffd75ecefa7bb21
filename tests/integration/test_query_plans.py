"""No page of the inbox reads a whole table: what it costs does not grow with the inbox."""

from __future__ import annotations

import json
from datetime import timedelta
from itertools import cycle
from typing import TYPE_CHECKING, Any

import pytest
from django.db import connection, transaction
from django.http import HttpRequest
from django.test.utils import CaptureQueriesContext

from contacts.filtering import SORTS as CONTACT_SORTS
from contacts.filtering import ContactFilter
from contacts.listing import A_PAGE, WALKED, contact_page
from contacts.listing import Place as ContactPlace
from contacts.models import Contact
from inbox.access import messages_of
from inbox.actions.accounts import account as the_account
from inbox.actions.attaching import attach, read_tapback, sight_of
from inbox.context import account
from inbox.demo import Seeder
from inbox.models import Line, Message, SendState, Thread
from inbox.queries import (
    THREADS_A_PAGE,
    TROUBLES_A_PAGE,
    ThreadFilter,
    changes_since,
    message_page,
    place_of,
    thread_page,
    trouble_page,
)
from sendblue_inbox.clock import now
from sendblue_inbox.keyset import Place
from tests.factories import make_agent

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator

    from sendblue_inbox.models import User

# Each test is a savepoint inside the transaction of the module's data.
pytestmark = pytest.mark.django_db
THREADS, MESSAGES = 20_000, 100_000
BIG = {"inbox_message", "inbox_thread", "inbox_participant", "inbox_reader", "contacts_contact"}


@pytest.fixture(scope="module")
def agent(django_db_setup: None, django_db_blocker: Any) -> Iterator[User]:
    """An agent in an inbox with 20,000 conversations, which is gone after this module."""
    with django_db_blocker.unblock(), transaction.atomic():
        agent = make_agent("busy@example.com", date_joined=now() - timedelta(days=400))
        Seeder().fill(threads=THREADS, messages=MESSAGES, contacts=THREADS)
        # Checked once here, not again at the end of each test.
        connection.check_constraints()
        yield agent
        transaction.set_rollback(True)


def hold(
    ask: Callable[[], object], *, most_rows: int = 1000, tables: Collection[str] = BIG
) -> None:
    """Fail where a query of `ask` reads one of these tables as a whole, or more rows of it than
    that, counting those that it throws away.
    """
    with CaptureQueriesContext(connection) as captured:
        ask()
    scanned = 0
    for query in captured.captured_queries:
        with connection.cursor() as cursor:
            cursor.execute(f"EXPLAIN (ANALYZE, TIMING OFF, FORMAT JSON) {query['sql']}")
            plan = cursor.fetchone()[0]
        plan = json.loads(plan) if isinstance(plan, str) else plan
        for node in _nodes(plan[0]["Plan"]):
            if node.get("Relation Name") in tables:
                scanned += 1
                assert node["Node Type"] != "Seq Scan", json.dumps(plan, indent=1)
                read = node["Actual Rows"] + node.get("Rows Removed by Filter", 0)
                assert read * node["Actual Loops"] <= most_rows, json.dumps(plan, indent=1)
    assert scanned, "no query touched a big table"


def _nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for inner in plan.get("Plans", []):
        yield from _nodes(inner)


def deep() -> Place:
    """A place far down the list."""
    thread = Thread.objects.order_by("-last_message_at")[THREADS // 2]
    return Place(thread.last_message_at, thread.pk)


@pytest.mark.parametrize("view", ["open", "unread", "mine", "closed"])
@pytest.mark.parametrize("on_line", [False, True])
@pytest.mark.parametrize("is_deep", [False, True])
def test_a_page_of_the_list(agent: User, view: str, on_line: bool, is_deep: bool) -> None:
    line = Line.objects.order_by("pk")[3].pk if on_line else None
    before = deep() if is_deep else None
    filters = ThreadFilter(view=view, line=line)
    hold(
        lambda: thread_page(Thread.objects.all(), user=agent, filters=filters, before=before),
        most_rows=4000,  # a line is one of twenty, and some filters have no index of their own
    )


@pytest.mark.parametrize("view", ["open", "closed"])
@pytest.mark.parametrize("is_deep", [False, True])
def test_the_list_reads_little_more_than_it_shows(agent: User, view: str, is_deep: bool) -> None:
    before = deep() if is_deep else None
    filters = ThreadFilter(view=view)
    hold(
        lambda: thread_page(Thread.objects.all(), user=agent, filters=filters, before=before),
        most_rows=5 * THREADS_A_PAGE,
        tables={"inbox_thread", "inbox_reader", "inbox_line", "contacts_contact"},
    )


@pytest.mark.parametrize("query", ["+1555", "0123", "zoë", "ada pat", "northside", "no such name"])
def test_a_search_by_name_or_any_part_of_a_number(agent: User, query: str) -> None:
    filters = ThreadFilter(query=query)
    hold(
        lambda: thread_page(Thread.objects.all(), user=agent, filters=filters),
        most_rows=THREADS,  # "+1555" is in every number
    )


def test_a_search_for_a_whole_number(agent: User) -> None:
    thread = Thread.objects.select_related("contact")[4321]
    filters = ThreadFilter(query=thread.contact.number)
    page = thread_page(Thread.objects.all(), user=agent, filters=filters)
    assert page.threads == [thread]
    hold(lambda: thread_page(Thread.objects.all(), user=agent, filters=filters))


@pytest.mark.parametrize("kind", ["", "failed", "unknown"])
@pytest.mark.parametrize("is_deep", [False, True])
def test_the_list_of_what_failed(agent: User, kind: str, is_deep: bool) -> None:
    ours = Message.objects.filter(is_outbound=True).order_by("pk").values_list("pk", flat=True)
    for at, state in enumerate([SendState.REJECTED, SendState.UNKNOWN]):
        Message.objects.filter(pk__in=list(ours[at:20_000:20])).update(
            send_state=state, trouble_settled_at=None
        )
    before = None
    for _ in range(8 if is_deep else 0):
        _, before = trouble_page(messages_of(agent), kind=kind, line=None, before=before)
    hold(
        lambda: trouble_page(messages_of(agent), kind=kind, line=None, before=before),
        # Of one kind it may read all that are in trouble, of which there are 2,000 here.
        most_rows=2_500 if kind else 4 * TROUBLES_A_PAGE,
    )
    the_account()
    hold(lambda: account(HttpRequest())["account"].trouble_total, most_rows=3000)


def test_the_pages_of_a_long_thread(agent: User) -> None:
    thread = Thread.objects.order_by("-revision")[0]
    assert thread.revision > 2000
    first, older = message_page(thread)[0], message_page(thread, limit=900)[0]
    hold(lambda: message_page(thread), most_rows=100)
    hold(lambda: message_page(thread, before=place_of(first)), most_rows=100)
    hold(lambda: message_page(thread, after=place_of(older)), most_rows=100)


def test_what_changed_in_a_long_thread(agent: User) -> None:
    thread = Thread.objects.order_by("-revision")[0]
    assert changes_since(thread, thread.revision - 5).added
    hold(lambda: changes_since(thread, thread.revision - 5), most_rows=5 * 5)
    hold(lambda: changes_since(thread, 0))


def test_tapbacks_and_messages_find_each_other_in_their_thread(agent: User) -> None:
    thread = Thread.objects.order_by("-revision")[0]
    message = thread.messages.exclude(message_handle="").order_by("date_sent")[100]
    hold(lambda: attach(thread, message, None), tables={"inbox_message"})
    before = sight_of(message)
    message.send_state, message.content = "", "Loved “Words that nobody wrote”"
    read_tapback(message)
    hold(lambda: attach(thread, message, before), tables={"inbox_message"})


@pytest.mark.parametrize("sort", CONTACT_SORTS)
def test_a_page_of_people(agent: User, sort: str) -> None:
    asked = ContactFilter(sort=sort)
    hold(lambda: contact_page(asked), most_rows=2 * A_PAGE)
    for page in (deep_in_people(asked, back=False), deep_in_people(asked, back=True)):
        hold(page, most_rows=2 * A_PAGE)


# Everybody, very many, some, few, hardly anybody, nobody.
PEOPLE = (
    *("q=%2B1555", "opted_out=no", "tag=newsletter", "tag=vip", "verified=yes", "sendblue=missing"),
    *("line=%2B15559000003", "assignee=none", "q=zo%C3%AB", "q=ada+pat", "q=northside"),
    *("opted_out=yes", "tag=wholesale", "verified=no", "sendblue=refused", "q=5550001234"),
    *("q=nobody", "tag=nobody", "sendblue=conflict", "sendblue=waiting", "assignee=x%40y.test"),
)


@pytest.mark.parametrize(("query", "sort"), list(zip(PEOPLE, cycle(CONTACT_SORTS), strict=False)))
def test_a_narrowed_page_of_people(agent: User, query: str, sort: str) -> None:
    asked = ContactFilter.parse(f"{query}&sort={sort}")
    # Who matches is walked to, or they are so few that all can be taken.
    hold(lambda: contact_page(asked), most_rows=2 * WALKED)
    for page in (deep_in_people(asked, back=False), deep_in_people(asked, back=True)):
        hold(page, most_rows=2 * WALKED)


def deep_in_people(asked: ContactFilter, *, back: bool) -> Callable[[], object]:
    """Asks for a page from the middle of the list on."""
    middle = Contact.objects.order_by("sort_name", "pk")[THREADS // 2]
    keys = {
        "name": middle.sort_name,
        "newest": middle.created_at,
        "company": f"{middle.company_name.lower() or chr(0xFFFF)}\x01{middle.sort_name}",
    }
    place = ContactPlace(keys[asked.sort], middle.pk)
    return lambda: contact_page(asked, **{"before" if back else "after": place})
