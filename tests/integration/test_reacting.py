"""Our tapbacks and replies: queued like all we send, honest on the bubble, never on SMS."""

from __future__ import annotations

import re
import uuid
from html import unescape
from typing import TYPE_CHECKING, Any

import pytest

from inbox.actions.queueing import Refused, dismiss, queue_message, send_again
from inbox.actions.reacting import react
from inbox.actions.sending import drain_sending
from inbox.models import Kind, Message, SendState, Thread
from sendblue_inbox.clock import now
from sendblue_inbox.sendblue.terms import REACTIONS
from tests.factories import ANNA, OUR_LINE, make_agent, make_line, make_thread, receive

if TYPE_CHECKING:
    from django.test import Client
    from pytest_django import Settings
    from pytest_django.live_server_helper import LiveServer

    from sendblue_inbox.models import User
    from tests.conftest import Simulator

pytestmark = pytest.mark.django_db(transaction=True)
REACT = "/api/send-reaction"


@pytest.fixture
def agent() -> User:
    return make_agent(name="Ana Lima")


@pytest.fixture
def site(simulator: Simulator, live_server: LiveServer, settings: Settings) -> Simulator:
    """The simulator, calling back the running site."""
    settings.SITE_URL = live_server.url
    simulator.reset(lines=[OUR_LINE], contacts=[], messages=[])
    make_line(seconds_per_message=0)
    return simulator


def theirs(site: Simulator, content: str = "Do you ship to Oslo?", **fields: Any) -> Message:
    """A message of theirs that both sides have."""
    handle, *_ = site.inbound(from_=ANNA, to=OUR_LINE, content=content, **fields)
    return receive(content=content, message_handle=handle, **fields)


def put(target: Message, agent: User, reaction: str = "love", **fields: Any) -> Message:
    given: dict[str, Any] = {"client_ref": uuid.uuid4()} | fields
    return react(target, author=agent, reaction=reaction, **given)


def drain() -> None:
    Message.objects.filter(send_state=SendState.QUEUED).update(send_after=now())
    drain_sending()


def fresh(message: Message) -> Message:
    return Message.objects.get(pk=message.pk)


def bodies(site: Simulator) -> list[dict[str, Any]]:
    return [entry["body"] for entry in site.ledger(REACT)]


def marks(client: Client, thread: Thread) -> list[str]:
    page = client.get(f"/threads/{thread.pk}/messages/").content.decode()
    return [unescape(title) for title in re.findall(r'<li class="mark [^>]*title="([^"]*)"', page)]


def test_all_six_on_theirs_and_on_ours(site: Simulator, agent: User, client: Client) -> None:
    client.force_login(agent)
    target = theirs(site)
    ours = queue_message(target.thread, author=agent, content="We do.", client_ref=uuid.uuid4())
    drain()
    ours = fresh(ours)
    for number, reaction in enumerate(REACTIONS):
        for message, part in ((target, 0), (ours, number)):
            made = put(message, agent, reaction, part_index=part)
            assert made.stage == "waiting"
            assert any("on its way" in words for words in marks(client, target.thread))
            drain()
            assert fresh(made).send_state == SendState.ACCEPTED
    expected = [
        {"from_number": OUR_LINE, "message_handle": handle, "reaction": word, "part_index": part}
        for number, word in enumerate(REACTIONS)
        for handle, part in ((target.message_handle, 0), (ours.message_handle, number))
    ]
    assert bodies(site) == expected
    # The newest of ours replaces the older ones, on each part by itself.
    first, *others = marks(client, target.thread)
    assert first == "Questioned by you"
    assert len(others) == len(REACTIONS)
    assert not Thread.objects.get().trouble_count


def test_what_we_did_already_is_not_done_twice(site: Simulator, agent: User) -> None:
    target, ref = theirs(site), uuid.uuid4()
    first = put(target, agent, client_ref=ref)
    assert put(target, agent, client_ref=ref) == first
    assert put(target, agent) == first
    drain()
    assert put(target, agent) == first
    assert put(target, agent, "like") != first
    drain()
    assert [body["reaction"] for body in bodies(site)] == ["love", "like"]


@pytest.mark.parametrize(
    "fault",
    [
        {"mode": "timeout_after", "delay_s": 0.5},
        {"mode": "reset_after"},
        {"mode": "error_after"},
        {"mode": "empty_200"},
        {"mode": "html_200"},
    ],
    ids=lambda fault: fault["mode"],
)
def test_a_lost_answer_repeats_the_identical_one(
    site: Simulator, agent: User, fault: dict[str, Any]
) -> None:
    site.fault(method="POST", path=REACT, times=1, **fault)
    made = put(theirs(site), agent, "laugh", part_index=1)
    drain()
    assert fresh(made).send_state == SendState.QUEUED
    assert fresh(made).send_after > now()
    drain()
    assert fresh(made).send_state == SendState.ACCEPTED
    first, second = bodies(site)
    assert first == second


def test_after_some_attempts_a_person_decides(site: Simulator, agent: User, client: Client) -> None:
    client.force_login(agent)
    site.fault(method="POST", path=REACT, mode="reset_after", times=9)
    made = put(theirs(site), agent)
    for _ in range(5):
        drain()
    made = fresh(made)
    assert (made.send_state, made.resolve_after) == (SendState.UNKNOWN, None)
    assert len(bodies(site)) == 3
    assert made.thread.trouble_count == 1
    page = client.get(f"/threads/{made.thread_id}/").content.decode()
    assert "Tapback “Love”: Nobody knows whether this was sent" in page
    assert marks(client, made.thread) == []

    site.control("DELETE", "faults")
    again = send_again(made, author=agent, client_ref=uuid.uuid4())
    assert (again.kind, again.reaction, again.reacts_to) == (Kind.REACTION, "love", made.reacts_to)
    drain()
    assert marks(client, made.thread) == ["Loved by you"]
    assert bodies(site)[-1] == bodies(site)[0]


def test_a_refusal_is_told_and_can_be_let_be(site: Simulator, agent: User, client: Client) -> None:
    client.force_login(agent)
    refusal = {"status": "ERROR", "error_message": "Message not found"}
    site.fault(method="POST", path=REACT, mode={"status": 404, "body": refusal})
    made = put(theirs(site), agent)
    drain()
    assert fresh(made).send_state == SendState.REJECTED
    page = client.get(f"/threads/{made.thread_id}/").content.decode()
    assert "Message not found" in page
    assert f"/messages/{made.pk}/again/" in page
    client.post(f"/messages/{made.pk}/dismissal/")
    page = client.get(f"/threads/{made.thread_id}/").content.decode()
    assert "Message not found" not in page
    assert not Thread.objects.get().trouble_count
    with pytest.raises(Refused):
        dismiss(made, by=agent)


@pytest.mark.parametrize("service", ["SMS", "RCS"])
def test_what_did_not_come_by_imessage_takes_neither_tapback_nor_reply(
    site: Simulator, agent: User, client: Client, service: str
) -> None:
    client.force_login(agent)
    target = theirs(site, service=service)
    reason = f"Tapbacks and replies need iMessage. This message came as {service}."
    with pytest.raises(Refused, match=reason):
        put(target, agent)
    with pytest.raises(Refused, match=reason):
        queue_message(
            target.thread, author=agent, content="Hi", reply_to=target, client_ref=uuid.uuid4()
        )
    address = f"/threads/{target.thread_id}/reactions/"
    form = {"message": target.pk, "reaction": "love", "client_ref": uuid.uuid4()}
    answer = client.post(address, form, headers={"HX-Request": "true"})
    assert answer.status_code == 409
    assert reason in answer["HX-Trigger"]
    assert (
        f'data-lacks="{reason}"'
        in client.get(address.replace("reactions", "messages")).content.decode()
    )
    assert list(Message.objects.values_list("kind", flat=True)) == [Kind.MESSAGE]
    drain()
    assert bodies(site) == []


def test_a_message_that_sendblue_does_not_have_yet_must_wait(site: Simulator, agent: User) -> None:
    thread = make_thread()
    waiting = queue_message(thread, author=agent, content="Hi", client_ref=uuid.uuid4())
    with pytest.raises(Refused, match="once Sendblue has this message"):
        put(waiting, agent)


def test_without_scripts_a_message_has_a_page_with_all_of_it(
    site: Simulator, agent: User, client: Client
) -> None:
    client.force_login(agent)
    target = theirs(site)
    page = client.get(f"/messages/{target.pk}/").content.decode()
    for reaction in REACTIONS:
        assert f'value="{reaction}"' in page
    assert "cannot be taken back" in page
    form = {"message": target.pk, "reaction": "like", "client_ref": uuid.uuid4()}
    answer = client.post(f"/threads/{target.thread_id}/reactions/", form)
    assert answer.headers["Location"] == f"/threads/{target.thread_id}/"
    drain()
    assert marks(client, target.thread) == ["Liked by you"]
    reply = client.get(f"/threads/{target.thread_id}/?reply_to={target.pk}").content.decode()
    assert f'name="reply_to" value="{target.pk}"' in reply


@pytest.mark.parametrize(
    "fields",
    [
        {"reply_to": {"message_handle": "root", "part_index": 2}},
        {"thread_originator": {"message_handle": "root", "part": "0"}},
    ],
    ids=["reply_to", "thread_originator"],
)
def test_a_reply_shows_what_it_answers(agent: User, client: Client, fields: dict[str, Any]) -> None:
    client.force_login(agent)
    reply = receive(content="That one", message_handle="reply", **fields)
    assert reply.reply_to_handle == "root"
    address = f"/threads/{reply.thread_id}/messages/"
    assert "An earlier message" in client.get(address).content.decode()
    receive(content="The blue or the green vase?", message_handle="root")
    page = client.get(address).content.decode()
    assert re.search(r"data-jump=.*The blue or the green vase\?</span></a>", page)


def test_a_reply_names_its_message_and_part(site: Simulator, agent: User) -> None:
    target = theirs(site)
    queue_message(
        target.thread,
        author=agent,
        content="We do.",
        reply_to=target,
        part_index=1,
        client_ref=uuid.uuid4(),
    )
    drain()
    (entry,) = site.ledger("/api/send-message")
    expected = {"message_handle": target.message_handle, "part_index": 1}
    assert entry["body"]["reply_to"] == expected


def test_a_thread_opens_around_any_of_its_messages(agent: User, client: Client) -> None:
    client.force_login(agent)
    for at in range(120):
        found = receive(content=f"Message {at}")
    middle = Message.objects.get(content="Message 60")
    for address in (f"/threads/{found.thread_id}/", f"/threads/{found.thread_id}/messages/"):
        page = client.get(f"{address}?at={middle.pk}").content.decode()
        assert f'id="message-{middle.pk}"' in page
        assert 'id="older"' in page
        assert 'id="newer"' in page
        assert "Message 119</p>" not in page
    for nonsense in ("0", "x", "9" * 30, "-1"):
        page = client.get(f"/threads/{found.thread_id}/messages/?at={nonsense}").content.decode()
        assert "Message 119</p>" in page
