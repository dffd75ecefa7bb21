"""What a page asks of the database: a fixed number of questions, however full the inbox is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from inbox.actions.triaging import mark_read
from inbox.models import Message, Thread
from sendblue_inbox.models import User
from tests.factories import BEN, make_agent, make_contact, make_thread, receive

if TYPE_CHECKING:
    from django.test import Client

pytestmark = pytest.mark.django_db
GROUP = {"group_id": "group-1", "group_display_name": "Class"}


@pytest.fixture
def agent_client(client: Client) -> Client:
    """A logged-in browser."""
    client.force_login(make_agent(name="Ana Lima"))
    return client


def queries(client: Client, address: str) -> int:
    """How many queries a page takes; the page must be there."""
    with CaptureQueriesContext(connection) as captured:
        answer = client.get(address)
    assert answer.status_code == 200, address
    return len(captured)


def a_conversation(messages: int) -> Thread:
    """A conversation in which a person wrote so often."""
    for at in range(messages):
        receive(content=f"Message {at}")
    Message.objects.update(is_outbound=True, author=User.objects.first())
    return make_thread()


def a_busy_day() -> None:
    """Many people, a second line, a group."""
    for at in range(30):
        receive(number=f"+1415666{at:04d}", line=f"+1415555020{at % 2}")
    for at in range(20):
        receive(**GROUP, number=f"+1415777{at:04d}", participants=[f"+1415777{at:04d}", BEN])
    Thread.objects.update(assignee=User.objects.first())


def test_the_list_costs_the_same_however_long_it_is(agent_client: Client) -> None:
    a_conversation(1)
    receive(**GROUP, participants=[BEN])
    quiet = queries(agent_client, "/threads/")
    a_busy_day()
    assert queries(agent_client, "/threads/") == quiet <= 8
    assert queries(agent_client, "/threads/list/") <= 7


def test_a_thread_costs_the_same_however_long_it_is(agent_client: Client) -> None:
    thread = a_conversation(2)
    receive(**GROUP, participants=[BEN])
    agent = make_agent("other@example.com")
    agent_client.force_login(agent)
    mark_read(thread, user=agent)
    # The first look has the number looked up.
    assert queries(agent_client, f"/threads/{thread.pk}/") <= 23
    short = queries(agent_client, f"/threads/{thread.pk}/")
    a_busy_day()
    a_conversation(60)
    mark_read(thread, user=agent)
    assert queries(agent_client, f"/threads/{thread.pk}/") == short <= 20
    assert queries(agent_client, f"/threads/{thread.pk}/messages/") <= 6
    assert queries(agent_client, f"/threads/{thread.pk}/typing/") <= 4


def test_a_group_costs_the_same_however_many_speak(agent_client: Client) -> None:
    first = receive(**GROUP, participants=[BEN])
    few = queries(agent_client, f"/threads/{first.thread_id}/changes/?since=0")
    a_busy_day()
    assert queries(agent_client, f"/threads/{first.thread_id}/changes/?since=0") == few <= 12


def test_changes_cost_the_same_for_one_and_for_many(agent_client: Client) -> None:
    thread = a_conversation(1)
    one = queries(agent_client, f"/threads/{thread.pk}/changes/?since=0")
    a_conversation(50)
    assert queries(agent_client, f"/threads/{thread.pk}/changes/?since=0") == one <= 12


def test_search_costs_no_more_than_the_list(agent_client: Client) -> None:
    a_busy_day()
    make_contact(BEN, first_name="Ben")
    assert queries(agent_client, "/threads/?q=666") <= 8
