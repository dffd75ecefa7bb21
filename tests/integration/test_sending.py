"""Each message leaves at most once, and the row says only what is known."""

from __future__ import annotations

import time
import uuid
from datetime import timedelta
from threading import Thread as Worker
from typing import TYPE_CHECKING, Any

import pytest
from django.db import connection
from django.db.models import F
from django.test.utils import CaptureQueriesContext

from inbox.actions.accounts import is_sending_paused, pause_sending, resume_sending
from inbox.actions.queueing import Refused, cancel_queued, mark_as_sent, queue_message, send_again
from inbox.actions.resolving import drain_resolving
from inbox.actions.sending import drain_sending
from inbox.models import Line, Message, SendState, SyncState, Thread
from sendblue_inbox.clock import now
from sendblue_inbox.roles import Role
from tests.factories import (
    ANNA,
    OUR_LINE,
    make_agent,
    make_contact,
    make_line,
    make_thread,
    receive,
)
from webhooks_admin.actions.dispatching import drain_events

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.test import Client
    from pytest_django import Settings
    from pytest_django.live_server_helper import LiveServer

    from sendblue_inbox.models import User
    from tests.conftest import Simulator

pytestmark = pytest.mark.django_db(transaction=True)
SEND = "/api/send-message"


@pytest.fixture
def agent() -> User:
    return make_agent()


@pytest.fixture
def site(simulator: Simulator, live_server: LiveServer, settings: Settings) -> Simulator:
    """The simulator, calling back the running site."""
    settings.SITE_URL = live_server.url
    simulator.reset(lines=[OUR_LINE], contacts=[], messages=[])
    return simulator


def wait_for(condition: Callable[[], bool], seconds: float = 10) -> None:
    """Process what comes in until the condition holds."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        drain_events()
        time.sleep(0.02)


def write(thread: Thread, agent: User, content: str = "It ships today.", **fields: Any) -> Message:
    ref = fields.pop("client_ref", None) or uuid.uuid4()
    return queue_message(thread, author=agent, content=content, client_ref=ref)


def fresh(message: Message) -> Message:
    return Message.objects.get(pk=message.pk)


def test_a_message_is_posted_once_and_delivered_by_its_callback(
    site: Simulator, agent: User
) -> None:
    message = write(make_thread(), agent)
    assert message.stage == "waiting"
    drain_sending()
    assert fresh(message).send_state == SendState.ACCEPTED
    assert fresh(message).message_handle
    wait_for(lambda: fresh(message).stage == "delivered")
    assert fresh(message).delivered_at
    drain_sending()
    assert len(site.ledger(SEND)) == 1
    assert Message.objects.count() == 1  # also after the account-wide outbound webhook


def test_a_double_click_is_one_message(site: Simulator, agent: User) -> None:
    thread, ref = make_thread(), uuid.uuid4()
    first = write(thread, agent, client_ref=ref)
    assert write(thread, agent, client_ref=ref) == first
    drain_sending()
    assert write(thread, agent, client_ref=ref) == first
    assert len(site.ledger(SEND)) == 1


@pytest.mark.parametrize(
    ("mode", "state", "accepted"),
    [
        ("reset_before", SendState.UNKNOWN, False),
        ("reset_after", SendState.UNKNOWN, True),
        ("error_before", SendState.UNKNOWN, False),
        ("error_after", SendState.UNKNOWN, True),
        ("truncated", SendState.UNKNOWN, True),
        ("html_200", SendState.UNKNOWN, None),
        ("empty_200", SendState.UNKNOWN, None),
        ("no_handle", SendState.UNKNOWN, None),
        ("redirect", SendState.UNKNOWN, None),
        ({"status": 408, "body": {}}, SendState.UNKNOWN, False),
        ({"status": 409, "body": {}}, SendState.UNKNOWN, False),
        ({"status": 500, "body": {"error_code": 5000}}, SendState.UNKNOWN, False),
        ({"status": 503, "body": {"error_code": 5503}}, SendState.UNKNOWN, False),
        ({"status": 200, "body": {"status": "ERROR", "error_code": 5003}}, "unknown", False),
        ({"status": 400, "body": {"status": "ERROR", "message": "bad"}}, "rejected", False),
        ({"status": 404, "body": {"status": "ERROR", "message": "gone"}}, "rejected", False),
        ({"status": 402, "body": {}}, "rejected", False),
        ({"status": 400, "body": {"error_code": 4002}}, "rejected", False),
        ({"status": 429, "body": {}}, "queued", False),
        ({"status": 400, "body": {"error_code": 429}}, "queued", False),
        ({"status": 200, "body": {"status": "ERROR", "error_code": 4001}}, "queued", False),
    ],
)
def test_every_way_to_fail_gets_its_class_and_is_never_posted_twice(
    site: Simulator, agent: User, mode: Any, state: str, accepted: bool | None
) -> None:
    site.control("POST", "deliveries", {"paused": True})
    message = write(make_thread(), agent)
    site.fault(method="POST", path=SEND, mode=mode, times=1)
    drain_sending()
    assert fresh(message).send_state == state
    drain_sending()
    assert len(site.ledger(SEND)) == 1
    if accepted is not None:
        assert site.state()["messages"] == (1 if accepted else 0)


def test_nobody_listening_is_not_sent_and_tried_again(
    site: Simulator, agent: User, settings: Settings
) -> None:
    message = write(make_thread(), agent)
    url, settings.SENDBLUE_API_BASE_URL = settings.SENDBLUE_API_BASE_URL, "http://127.0.0.1:9"
    drain_sending()
    assert (fresh(message).send_state, fresh(message).attempts) == (SendState.QUEUED, 1)
    settings.SENDBLUE_API_BASE_URL = url
    Message.objects.update(send_after=now())
    drain_sending()
    assert fresh(message).send_state == SendState.ACCEPTED


def test_wrong_keys_pause_the_account_until_a_person_lets_it_go_on(
    site: Simulator, agent: User
) -> None:
    thread = make_thread()
    first = write(thread, agent, "one")
    site.fault(method="POST", path=SEND, mode={"status": 401, "body": {}}, times=1)
    drain_sending()
    second = write(thread, agent, "two")
    drain_sending()
    assert fresh(first).stage == "failed"
    assert is_sending_paused()
    assert fresh(second).send_state == SendState.QUEUED
    resume_sending()
    drain_sending()
    assert fresh(second).send_state == SendState.ACCEPTED


def test_a_lost_answer_is_settled_by_the_callback(site: Simulator, agent: User) -> None:
    message = write(make_thread(), agent)
    site.fault(method="POST", path=SEND, mode="reset_after", times=1)
    drain_sending()
    wait_for(lambda: fresh(message).stage == "delivered")
    assert Message.objects.count() == 1
    assert len(site.ledger(SEND)) == 1


def test_a_lost_answer_without_callbacks_is_found_by_looking(site: Simulator, agent: User) -> None:
    site.control("POST", "deliveries", {"paused": True})
    message = write(make_thread(), agent)
    site.fault(method="POST", path=SEND, mode="reset_after", times=1)
    drain_sending()
    Message.objects.update(resolve_after=now())
    drain_resolving()
    assert fresh(message).send_state == SendState.ACCEPTED
    assert fresh(message).message_handle


def test_twins_in_doubt_are_left_to_a_person(site: Simulator, agent: User) -> None:
    site.control("POST", "deliveries", {"paused": True})
    thread = make_thread()
    receive()
    site.fault(method="POST", path=SEND, mode="reset_after", times=1)
    write(thread, agent, "ok")
    drain_sending()
    site.fault(method="POST", path=SEND, mode="reset_before", times=1)
    Message.objects.filter(is_outbound=True).update(attempted_at=now() - timedelta(seconds=61))
    write(thread, agent, "ok")
    drain_sending()
    for minutes in (1, 16):
        Message.objects.filter(is_outbound=True).update(
            resolve_after=now(), attempted_at=now() - timedelta(minutes=minutes)
        )
        drain_resolving()
    ours = Message.objects.filter(is_outbound=True)
    assert {message.send_state for message in ours} == {SendState.UNKNOWN}
    assert all(message.resolve_after is None for message in ours)
    assert len(site.ledger(SEND)) == 2


def test_what_nobody_knows_can_be_marked_or_sent_again(site: Simulator, agent: User) -> None:
    site.control("POST", "deliveries", {"paused": True})
    thread = make_thread()
    site.fault(method="POST", path=SEND, mode="reset_before", times=1)
    message = write(thread, agent)
    drain_sending()
    with pytest.raises(Refused):
        send_again(message, author=agent, client_ref=uuid.uuid4())  # still being looked for
    Message.objects.update(resolve_after=None)
    thread.refresh_from_db()
    assert thread.trouble_count == 1
    ref = uuid.uuid4()
    again = send_again(message, author=agent, client_ref=ref)
    assert send_again(message, author=agent, client_ref=ref) == again
    assert again.again_of == message
    thread.refresh_from_db()
    assert thread.trouble_count == 0
    with pytest.raises(Refused):
        mark_as_sent(again, by=agent)


def test_a_dead_worker_leaves_doubt_never_a_second_post(site: Simulator, agent: User) -> None:
    message = write(make_thread(), agent)
    Message.objects.update(
        send_state=SendState.SENDING, attempted_at=now(), lease_until=now() - timedelta(seconds=1)
    )
    drain_sending()
    drain_resolving()
    assert fresh(message).send_state == SendState.UNKNOWN
    drain_sending()
    assert site.ledger(SEND) == []


def test_a_send_in_doubt_holds_its_thread_back_for_a_minute_but_no_other(
    site: Simulator, agent: User
) -> None:
    site.control("POST", "deliveries", {"paused": True})
    thread, other = make_thread(), make_thread(number="+14155550177")
    site.fault(method="POST", path=SEND, mode="reset_before", times=1)
    write(thread, agent, "first")
    drain_sending()
    later, elsewhere = write(thread, agent, "second"), write(other, agent, "elsewhere")
    drain_sending()
    assert fresh(elsewhere).send_state == SendState.ACCEPTED
    assert fresh(later).send_state == SendState.QUEUED
    Message.objects.filter(content="first").update(attempted_at=now() - timedelta(seconds=61))
    drain_sending()
    assert fresh(later).send_state == SendState.ACCEPTED


def test_messages_leave_in_the_order_of_the_clicks_at_the_pace_of_the_line(
    site: Simulator, agent: User
) -> None:
    thread = make_thread()
    receive()
    Line.objects.update(seconds_per_message=60, burst=4)
    for number in range(6):
        write(thread, agent, f"message {number}")
    for sent in (3, 4, 5, 6):
        drain_sending()
        drain_sending()  # looking again makes nothing faster
        assert len(site.ledger(SEND)) == sent
        Line.objects.update(busy_until=F("busy_until") - timedelta(minutes=1))
    assert [entry["body"]["content"] for entry in site.ledger(SEND)] == [
        f"message {number}" for number in range(6)
    ]


def test_refusals_say_what_to_do_and_write_nothing(agent: User) -> None:
    line = make_line(messages_before_reply=2)
    anna = make_thread(line, ANNA)
    for content, words in (("", "Write something"), (" \n ", "Write"), ("x" * 18_996, "18,995")):
        with pytest.raises(Refused, match=words):
            write(anna, agent, content)
    write(anna, agent, "x" * 18_995)
    write(anna, agent, "second")
    with pytest.raises(Refused, match="without an answer"):
        write(anna, agent, "third")
    receive(number=ANNA)
    write(anna, agent, "third")
    make_contact(ANNA, opted_out=True)
    with pytest.raises(Refused, match="opted out"):
        write(anna, agent, "fourth")
    make_contact(ANNA, opted_out=False)
    Line.objects.update(blocked_at=now())
    with pytest.raises(Refused, match="blocked"):
        write(anna, agent, "fourth")
    assert Message.objects.filter(is_outbound=True).count() == 3


def test_an_opt_out_at_sendblue_is_mirrored(site: Simulator, agent: User) -> None:
    thread = make_thread()
    body = {"status": "ERROR", "error_message": "OPTED_OUT", "error_reason": "SpamRule"}
    site.fault(method="POST", path=SEND, mode={"status": 400, "body": body}, times=1)
    message = write(thread, agent)
    drain_sending()
    assert fresh(message).stage == "failed"
    thread.contact.refresh_from_db()
    assert thread.contact.opted_out


def test_a_waiting_message_can_be_taken_back_until_it_leaves(site: Simulator, agent: User) -> None:
    thread = make_thread()
    assert cancel_queued(write(thread, agent, "oops")) == "oops"
    gone = write(thread, agent, "too late")
    drain_sending()
    with pytest.raises(Refused):
        cancel_queued(gone)
    assert [entry["body"]["content"] for entry in site.ledger(SEND)] == ["too late"]


def test_a_slow_post_holds_no_database_connection(site: Simulator, agent: User) -> None:
    message = write(make_thread(), agent)
    site.fault(method="POST", path=SEND, mode="slow", delay_s=2)
    worker = Worker(target=drain_sending)
    worker.start()
    try:
        # The only connection in use is the one that asks here.
        wait_for(lambda: fresh(message).stage == "sending" and connections_in_use() == 1)
    finally:
        worker.join()
    assert fresh(message).message_handle


def connections_in_use() -> int:
    stats = connection.pool.get_stats()
    return stats["pool_size"] - stats["pool_available"]


def test_queueing_costs_a_fixed_number_of_queries(agent: User) -> None:
    thread = make_thread()
    receive()
    with CaptureQueriesContext(connection) as queries:
        write(thread, agent)
    assert len(queries) <= 22


def test_a_refused_line_stops_itself_and_a_refused_account_stops_all(
    site: Simulator, agent: User
) -> None:
    thread = make_thread()
    SyncState.objects.create(kind="lines", next_run_at=now() + timedelta(hours=1))
    for status, stops_all in ((403, False), (402, True)):
        site.fault(method="POST", path=SEND, mode={"status": status, "body": {}}, times=1)
        message = write(thread, agent, f"refused with {status}")
        drain_sending()
        assert fresh(message).stage == "failed"
        assert is_sending_paused() is stops_all
    assert SyncState.objects.get().next_run_at <= now()  # what may we still do?


def test_a_person_lets_sending_go_on(client: Client) -> None:
    pause_sending("A backup was restored.")
    client.force_login(make_agent("manager@example.com", role=Role.MANAGER))
    page = client.get("/threads/").content.decode()
    assert "A backup was restored." in page
    assert "Let sending go on" in page
    client.post("/resumption/")
    assert not is_sending_paused()
