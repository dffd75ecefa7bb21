"""The list of what failed: its pages, its cost, and what is done with many at once."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from inbox.actions.queueing import mark_as_sent
from inbox.models import Message, SendState
from inbox.queries import TROUBLES_A_PAGE
from sendblue_inbox.clock import now
from tests.factories import BEN, make_agent, make_contact, make_line, receive

if TYPE_CHECKING:
    from django.test import Client

    from sendblue_inbox.models import User

pytestmark = pytest.mark.django_db


@pytest.fixture
def agent(client: Client) -> User:
    agent = make_agent(name="Ana Lima")
    client.force_login(agent)
    return agent


def troubled(count: int, *, state: str = SendState.REJECTED, **fields: Any) -> list[Message]:
    """So many sends of ours that went wrong, each to somebody else, the newest first."""
    made = []
    for at in range(count):
        number = f"+1415{uuid.uuid4().int % 10**7:07d}"
        message = receive(
            is_outbound=True, number=number, status="QUEUED", content=f"{state} {at}", **fields
        )
        sent = now() - timedelta(minutes=at // 3)  # some at the same time
        Message.objects.filter(pk=message.pk).update(
            send_state=state, status="", date_sent=sent, attempted_at=now() - timedelta(hours=1)
        )
        made.append(message)
    return made


def listed(client: Client, address: str) -> list[str]:
    answer = client.get(address)
    assert answer.status_code == 200
    return [row.message.content for row in answer.context["rows"]]


def test_every_page_once_and_nothing_settled(agent: User, client: Client) -> None:
    make_line()
    messages = troubled(2 * TROUBLES_A_PAGE + 7)
    Message.objects.filter(pk=messages[3].pk).update(trouble_settled_at=now())
    receive(content="They wrote")
    seen: list[str] = []
    address = "/trouble/"
    while address:
        seen += listed(client, address)
        older = client.get(address).context["older"]
        address = f"/trouble/?before={older}".replace("+", "%2B") if older else ""
    expected = [f"rejected {at}" for at in range(len(messages)) if at != 3]
    assert sorted(seen) == sorted(expected)
    assert len(seen) == len(set(seen))


def test_the_list_costs_the_same_for_one_and_for_many(agent: User, client: Client) -> None:
    make_line()
    costs = []
    for count in (1, 60):
        troubled(count)
        with CaptureQueriesContext(connection) as captured:
            assert client.get("/trouble/").status_code == 200
        costs.append(len(captured))
    assert costs[0] == costs[1] <= 6


def test_filters(agent: User, client: Client) -> None:
    make_line()
    troubled(2)
    troubled(1, state=SendState.UNKNOWN)
    troubled(1, line="+14155550199")
    other = Message.objects.get(thread__line__number="+14155550199").thread.line_id
    assert len(listed(client, "/trouble/")) == 4
    assert listed(client, "/trouble/?kind=unknown") == ["unknown 0"]
    assert len(listed(client, "/trouble/?kind=failed")) == 3
    assert len(listed(client, f"/trouble/?line={other}")) == 1
    assert len(listed(client, "/trouble/?kind=nonsense&line=x&before=y")) == 4


def test_an_unknown_one_is_never_sent_again_unasked(agent: User, client: Client) -> None:
    make_line()
    failed, unknown = *troubled(1), *troubled(1, state=SendState.UNKNOWN)
    chosen = {"message": [failed.pk, unknown.pk, "9" * 30, "x"], "ref": str(uuid.uuid4())}
    asked = client.post("/trouble/attempts/", chosen)
    assert asked.templates[0].name == "inbox/trouble_attempts.html"
    assert not Message.objects.filter(again_of__isnull=False).exists()
    for _ in range(2):  # a double click
        client.post("/trouble/attempts/", chosen | {"confirmed": "yes"}, follow=True)
    again = Message.objects.filter(again_of__isnull=False)
    assert {message.again_of_id for message in again} == {failed.pk, unknown.pk}
    assert set(again.values_list("send_state", flat=True)) == {SendState.QUEUED}
    assert listed(client, "/trouble/") == []


def test_what_is_refused_stays_and_is_said(agent: User, client: Client) -> None:
    make_line()
    good, bad = troubled(2)
    make_contact(bad.number, first_name="Bea", opted_out=True)
    answer = client.post("/trouble/attempts/", {"message": [good.pk, bad.pk]}, follow=True)
    page = answer.content.decode()
    assert "1 message sent again." in page
    assert "Bea: Bea has opted out" in page
    assert listed(client, "/trouble/") == [Message.objects.get(pk=bad.pk).content]
    marked = client.post("/trouble/marks/", {"message": [bad.pk]}, follow=True)
    assert "What became of this message is known" in marked.content.decode()
    client.post("/trouble/dismissals/", {"only": bad.pk, "message": [good.pk]})
    assert listed(client, "/trouble/") == []
    assert "Choose at least one" in client.post("/trouble/marks/", follow=True).content.decode()


def test_being_looked_for_is_shown_and_cannot_be_decided(agent: User, client: Client) -> None:
    make_line()
    (unknown,) = troubled(1, state=SendState.UNKNOWN)
    Message.objects.filter(pk=unknown.pk).update(resolve_after=now())
    page = client.get("/trouble/").content.decode()
    assert "Checking whether it was sent" in page
    assert "disabled" in page
    Message.objects.filter(pk=unknown.pk).update(resolve_after=None)
    mark_as_sent(unknown, by=agent)
    receive(number=BEN)
    assert listed(client, "/trouble/") == []


def test_strangers_see_nothing(client: Client) -> None:
    for address in ("/trouble/", "/trouble/list/", "/trouble/badge/", "/messages/1/evidence/"):
        assert client.get(address).status_code in {302, 401, 403}, address
    for address in ("/trouble/attempts/", "/trouble/marks/", "/trouble/dismissals/"):
        assert client.post(address).status_code in {302, 401, 403}, address
