"""Each message's facts: all of them, each once, in order, with their source and no secret."""

from __future__ import annotations

import json
import time
import uuid
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from inbox.actions.deleting import ask_deletion, drain_deleting
from inbox.actions.noting import KEEP_BODIES_FOR, note, prune_bodies
from inbox.actions.pulling import pull_changes, pull_history
from inbox.actions.queueing import Refused, dismiss, mark_as_sent, queue_message, send_again
from inbox.actions.recording import record_message
from inbox.actions.resolving import drain_resolving
from inbox.actions.sending import drain_sending
from inbox.actions.slices import Slice, ensure_states
from inbox.models import Fact, Message, SendState, SyncState
from inbox.presenting.evidence import Evidence
from inbox.redaction import GONE, MOST_BYTES, redacted
from sendblue_inbox.clock import now
from sendblue_inbox.sendblue.client import client_from_settings
from sendblue_inbox.sendblue.payloads import MessagePayload
from tests.factories import OUR_LINE, make_agent, make_line, make_thread, receive, report
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
    return make_agent(name="Ana Lima")


@pytest.fixture
def site(simulator: Simulator, live_server: LiveServer, settings: Settings) -> Simulator:
    """The simulator, calling back the running site."""
    settings.SITE_URL = live_server.url
    simulator.reset(lines=[OUR_LINE], contacts=[], messages=[])
    return simulator


def write(agent: User, content: str = "It ships today.") -> Message:
    thread = make_thread()
    return queue_message(thread, author=agent, content=content, client_ref=uuid.uuid4())


def until(condition: Callable[[], object]) -> None:
    """Process what comes in until the condition holds."""
    deadline = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        drain_events()
        time.sleep(0.02)


def facts(message: Message) -> list[tuple[str, str, str]]:
    found = message.facts.order_by("seen_at", "pk")
    return [(fact.source, fact.name, fact.status) for fact in found]


def proved(message: Message) -> list[str]:
    message = Message.objects.get(pk=message.pk)
    found = Evidence(message, list(message.facts.order_by("seen_at", "pk")), [message])
    return [rung.words for rung in found.rungs if rung.is_proved]


def pull(kind: str) -> None:
    ensure_states()
    state = SyncState.objects.get(kind=kind)
    work = Slice(state, client_from_settings(), time.monotonic() + 20)
    assert (pull_history if kind == SyncState.Kind.HISTORY else pull_changes)(work)


def history_is_complete() -> None:
    ensure_states()
    SyncState.objects.update(finished_at=now(), watermark=now() - timedelta(minutes=5))


def test_a_send_leaves_every_step_with_its_source(site: Simulator, agent: User) -> None:
    message = write(agent)
    drain_sending()
    until(lambda: message.facts.filter(source="callback", status="DELIVERED").exists())
    found = facts(message)
    assert found[:4] == [
        ("agent", "written", ""),
        ("inbox", "claimed", ""),
        ("inbox", "posted", ""),
        ("answer", "accepted", "QUEUED"),
    ]
    assert {source for source, name, _ in found[4:]} <= {"callback", "webhook"}
    assert ("callback", "status", "DELIVERED") in found
    assert proved(message)[:4] == ["Written", "Taken up", "Posted", "Accepted by Sendblue"]
    assert proved(message)[-1] == "Delivered"


def test_without_callbacks_the_ladder_stops_until_a_poll_fills_it(
    site: Simulator, agent: User
) -> None:
    history_is_complete()
    site.control("POST", "deliveries", {"drop": 1.0})
    message = write(agent)
    drain_sending()
    handle = Message.objects.get(pk=message.pk).message_handle
    site.control("POST", "status", {"message_handle": handle, "status": "DELIVERED"})
    drain_events()
    assert proved(message)[-1] == "Accepted by Sendblue"
    assert Message.objects.get(pk=message.pk).stage == "accepted"
    pull(SyncState.Kind.MESSAGES)
    assert facts(message)[-1] == ("poll", "status", "DELIVERED")
    assert proved(message)[-1] == "Delivered"
    count = Fact.objects.count()
    pull(SyncState.Kind.MESSAGES)
    assert Fact.objects.count() == count  # a list that says nothing new is no fact
    site.control("POST", "deliveries", {"drop": 0})


def test_a_lost_answer_is_looked_for_and_found(site: Simulator, agent: User) -> None:
    site.control("POST", "deliveries", {"paused": True})
    site.fault(method="POST", path=SEND, mode="reset_after", times=1)
    message = write(agent)
    drain_sending()
    assert facts(message)[-1][:2] == ("inbox", "lost")
    Message.objects.update(resolve_after=now())
    drain_resolving()
    assert [fact[:2] for fact in facts(message)[-2:]] == [("poll", "looked"), ("poll", "status")]
    assert Message.objects.get().send_state == SendState.ACCEPTED
    site.control("POST", "deliveries", {"paused": False})


def test_history_leaves_no_facts_but_what_it_changes_does(site: Simulator, agent: User) -> None:
    site.control("POST", "deliveries", {"drop": 1.0})
    site.inbound(from_="+14155550123", to=OUR_LINE, content="Long ago")
    message = write(agent)
    drain_sending()
    handle = Message.objects.get(pk=message.pk).message_handle
    site.control("POST", "status", {"message_handle": handle, "status": "DELIVERED"})
    pull(SyncState.Kind.HISTORY)
    assert Message.objects.filter(content="Long ago").exists()
    assert not Fact.objects.filter(message__content="Long ago").exists()
    assert facts(message)[-1] == ("poll", "status", "DELIVERED")
    site.control("POST", "deliveries", {"drop": 0})


def test_a_fact_is_one_statement_and_history_none(db: None) -> None:
    make_line()
    known = receive()
    for is_history, count in ((False, 1), (True, 0)):
        for handle in (known.message_handle, f"new-{is_history}"):
            body = report(message_handle=handle, date_sent=known.date_sent)
            payload = MessagePayload.parse(body, lines=[OUR_LINE])
            with CaptureQueriesContext(connection) as captured:
                record_message(payload, seen_at=now(), is_history=is_history)
            told = [query for query in captured if "inbox_fact" in query["sql"]]
            assert len(told) == count


def test_the_same_fact_told_again_is_counted(db: None) -> None:
    make_line()
    message = receive(message_handle="twice")
    late, early = now(), now() - timedelta(seconds=5)
    for seen_at in (late, early, late):
        note(message, "status", "poll", status="SENT", seen_at=seen_at, body={"a": 1})
    note(message, "status", "poll", status="SENT", seen_at=late, body={"a": 2})
    counted = message.facts.get(source="poll", body={"a": 1})
    assert (counted.times, counted.seen_at) == (3, early)
    assert message.facts.filter(source="poll").count() == 2


def test_what_people_decide_is_a_fact_with_their_name(site: Simulator, agent: User) -> None:
    refusal = {"status": "ERROR", "error_code": 4002, "error_message": "Blacklisted number"}
    site.fault(method="POST", path=SEND, mode={"status": 400, "body": refusal}, times=2)
    refused = write(agent)
    drain_sending()
    assert facts(refused)[-1] == ("answer", "refused", "HTTP 400")
    again = send_again(refused, author=agent, client_ref=uuid.uuid4())
    assert facts(refused)[-1][:2] == ("agent", "sent_again")
    drain_sending()
    dismiss(again, by=agent)
    assert facts(again)[-1][:2] == ("agent", "dismissed")
    assert Message.objects.get(pk=again.pk).thread.trouble_count == 0
    with pytest.raises(Refused):
        dismiss(again, by=agent)
    site.fault(method="POST", path=SEND, mode="reset_before", times=1)
    unknown = write(agent)
    drain_sending()
    Message.objects.filter(pk=unknown.pk).update(resolve_after=None)
    mark_as_sent(unknown, by=agent)
    assert facts(unknown)[-1][:2] == ("agent", "marked_sent")
    assert {fact.words for fact in Fact.objects.filter(source="agent")} == {"Ana Lima"}


def test_no_secret_is_ever_kept(
    site: Simulator, agent: User, settings: Settings, client: Client
) -> None:
    settings.SENDBLUE_WEBHOOK_SECRETS = ["canary-hook-secret"]
    canaries = {
        "canary-hook-secret": {"deep": [{"echo": "you sent canary-hook-secret to us"}]},
        "canary-token": {"callback_token": "canary-token", "said": "of canary-token"},
        "canary-header": {"headers": {"sb-signing-secret": "canary-header", "Date": "today"}},
        "canary@owner.test": {"accountEmail": "canary@owner.test"},
        "canary-signature": {"media_url": "https://x.test/a.png?X-Goog-Signature=canary-signature"},
        settings.SENDBLUE_API_SECRET_KEY: {"error_message": settings.SENDBLUE_API_SECRET_KEY},
    }
    for body in canaries.values():
        receive(**body)
    message = write(agent)
    drain_sending()
    until(lambda: message.facts.filter(source="callback").exists())
    token = Message.objects.get(pk=message.pk).callback_token or ""
    posted: Any = message.facts.get(name="posted").body
    assert posted["json"]["status_callback"].endswith(f"/hooks/sendblue/status/{GONE}/")
    with connection.cursor() as cursor:
        cursor.execute("SELECT string_agg(row_to_json(inbox_fact)::text, '') FROM inbox_fact")
        dump = cursor.fetchone()[0]
    client.force_login(agent)
    page = client.get(f"/messages/{message.pk}/evidence/").content.decode()
    assert "curl -X POST" in page
    for canary in [*canaries, token, settings.SENDBLUE_API_KEY_ID]:
        assert canary not in dump + page, canary


def test_what_is_kept_is_bounded() -> None:
    deep: Any = "end"
    for _ in range(500):
        deep = {"a": [deep]}
    bodies = [deep, {"a": "x" * 10**6}, {str(n): "y" * 1900 for n in range(500)}, [10**400, 1e308]]
    for body in bodies:
        assert len(json.dumps(redacted(body))) <= MOST_BYTES + 2_000
    assert redacted({"a": "\x00\ud800", "n": float("nan")}) == {"a": "\ufffd", "n": None}


def test_bodies_go_after_thirty_days_and_facts_stay(db: None) -> None:
    make_line()
    message = receive()
    old = now() - KEEP_BODIES_FOR - timedelta(days=1)
    note(message, "status", "poll", seen_at=old, status="SENT", body={"a": 1})
    assert prune_bodies() == 1
    assert message.facts.get(status="SENT").body is None
    assert message.facts.get(name="received").body


def test_deleting_at_sendblue_keeps_it_here(site: Simulator, agent: User) -> None:
    history_is_complete()
    message = write(agent)
    drain_sending()
    until(lambda: message.facts.filter(source="callback", status="DELIVERED").exists())
    site.fault(method="DELETE", path="/api/message/*", mode="error_before", times=1)
    ask_deletion(message, by=agent)
    ask_deletion(message, by=agent)
    drain_deleting()
    assert facts(message)[-1][:2] == ("answer", "deletion_failed")
    Message.objects.update(delete_after=now())
    drain_deleting()
    kept = Message.objects.get(pk=message.pk)
    assert kept.deleted_at_sendblue
    assert kept.delete_after is None
    assert [name for _, name, _ in facts(message)].count("deletion_asked") == 1
    listed = client_from_settings().list_messages(lines=[OUR_LINE]).items
    assert message.pk and not [row for row in listed if row.message_handle == kept.message_handle]
    pull(SyncState.Kind.MESSAGES)
    assert Message.objects.get(pk=message.pk).content == "It ships today."
    with pytest.raises(Refused):
        ask_deletion(message, by=agent)


def test_the_drawer_costs_the_same_for_many_facts(
    agent: User, client: Client, django_assert_max_num_queries: Any
) -> None:
    make_line()
    message = receive(is_outbound=True, status="SENT", service="SMS")
    for number in range(40):
        note(message, "status", "callback", status="PENDING", body={"n": number})
    client.force_login(agent)
    with django_assert_max_num_queries(7):
        page = client.get(f"/messages/{message.pk}/evidence/").content.decode()
    assert page.count('class="fact"') == 41
    assert "On SMS this is the last word" in page
    assert "SMS gives no proof of delivery" in page
    assert client.get("/messages/999999/evidence/").status_code == 404
