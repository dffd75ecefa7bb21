"""Many at once on one PostgreSQL: every fact is written once, and no request waits for a broker."""

from __future__ import annotations

import json
import os
import threading
import time
import uuid
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

import psycopg
import pytest
import redis
from django.db import connection, transaction
from psycopg import sql

from inbox.actions.queueing import queue_message
from inbox.actions.recording import TooEarly, record_answer, record_message
from inbox.actions.sending import claim_next, deliver_line, drain_sending
from inbox.models import Line, Message, SendState, Thread
from inbox.queries import changes_since
from sendblue_inbox.celery import app
from sendblue_inbox.ring import ring
from sendblue_inbox.rows import Turn
from sendblue_inbox.sendblue.payloads import MessagePayload
from tests.factories import OUR_LINE, make_agent, make_line, make_thread, moment, receive, report
from webhooks_admin.actions import dispatching
from webhooks_admin.actions.dispatching import drain_events
from webhooks_admin.models import WebhookEvent

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from django.http import HttpResponse
    from django.test import Client

    from sendblue_inbox.models import User
    from tests.conftest import Simulator
    from webhooks_admin.actions.handling import Outcome

pytestmark = pytest.mark.django_db(transaction=True)
SEND = "/api/send-message"
WRITERS = 8


def at_once(*works: Callable[[], Any]) -> list[Any]:
    """Run these in threads of their own that start together; their results, or raises."""
    start = threading.Barrier(len(works))

    def run(work: Callable[[], Any]) -> Any:
        start.wait(10)
        try:
            return work()
        finally:
            connection.close()

    with ThreadPoolExecutor(len(works)) as pool:
        return [future.result(60) for future in [pool.submit(run, work) for work in works]]


def payload(body: dict[str, Any]) -> MessagePayload:
    return MessagePayload.parse(body, lines=[OUR_LINE])


def write(agent: User, content: str = "It ships today.", number: str = "+14155550123") -> Message:
    thread = make_thread(Line.objects.get(), number)
    return queue_message(thread, author=agent, content=content, client_ref=uuid.uuid4())


def claimed(message: Message) -> Message:
    sender = uuid.uuid4()
    Line.objects.update(sender=sender)
    found = claim_next(message.line_id, sender)
    assert found == message
    return found


@pytest.fixture
def agent() -> User:
    make_line()
    return make_agent()


def test_eight_writers_of_the_same_twenty_messages_write_each_once() -> None:
    bodies = [report(content=f"{n}", number=f"+1415555{n % 3:04}") for n in range(20)]

    def record_all(order: Sequence[dict[str, Any]]) -> None:
        for body in order:
            record_message(payload(body), seen_at=moment())

    orders = [bodies[n:] + bodies[:n] for n in range(WRITERS)]
    at_once(*(lambda order=order: record_all(order) for order in orders))
    assert Counter(Message.objects.values_list("content", flat=True)) == Counter(
        map(str, range(20))
    )
    assert Thread.objects.count() == 3
    assert Line.objects.count() == 1
    for thread in Thread.objects.all():
        assert thread.revision == thread.messages.count()


def test_eight_clicks_on_one_button_are_one_message(agent: User) -> None:
    thread, ref = make_thread(Line.objects.get()), uuid.uuid4()
    ours = at_once(
        *[lambda: queue_message(thread, author=agent, content="ok", client_ref=ref)] * WRITERS
    )
    assert {message.pk for message in ours} == {Message.objects.get().pk}


@pytest.mark.parametrize("round_", range(5))
def test_a_callback_that_races_the_answer_leaves_one_delivered_row(
    agent: User, round_: int
) -> None:
    message = claimed(write(agent))
    told = {"message_handle": "h-1", "is_outbound": True, "content": message.content}
    answer, callback = (report(**told, status=status) for status in ("QUEUED", "DELIVERED"))
    at_once(
        lambda: record_answer(message, payload(answer)),
        lambda: record_answer(message, payload(callback)),
        lambda: record_answer(message, payload(callback)),
    )
    found = Message.objects.get()
    assert (found.send_state, found.status, found.message_handle) == (
        "accepted",
        "DELIVERED",
        "h-1",
    )


def test_an_outbound_webhook_waits_for_the_answer_that_it_races(
    client: Client, agent: User
) -> None:
    message = claimed(write(agent))
    told = report(message_handle="h-1", is_outbound=True, content=message.content)
    deliver(client, told, "outbound")
    with pytest.raises(TooEarly):
        record_message(payload(told), seen_at=moment())
    drain_events()
    event = WebhookEvent.objects.get()
    assert (event.processed_at, event.attempts) == (None, 0)
    record_answer(message, payload(told | {"status": "QUEUED"}))
    WebhookEvent.objects.update(process_after=moment())
    drain_events()
    found = Message.objects.get()
    assert (found.send_state, found.status) == ("accepted", "SENT")


def test_two_drains_of_a_line_post_each_message_once(simulator: Simulator, agent: User) -> None:
    unlimited(simulator)
    numbers = [f"+1415555{n:04}" for n in range(12)]
    ours = [write(agent, f"to {number}", number) for number in numbers]
    at_once(*[drain_sending] * 4)
    posted = [entry["body"]["content"] for entry in simulator.ledger(SEND)]
    assert posted == [message.content for message in ours]
    assert set(Message.objects.values_list("send_state", flat=True)) == {SendState.ACCEPTED}


def test_a_line_whose_lease_was_taken_over_still_posts_each_message_once(
    simulator: Simulator, agent: User
) -> None:
    unlimited(simulator)
    for n in range(12):
        write(agent, f"message {n}", f"+1415555{n:04}")
    line = Line.objects.get()

    def deliver_as_if_alone() -> None:
        Line.objects.update(sender=None, sender_until=None)
        deliver_line(line.pk, Turn())

    at_once(*[deliver_as_if_alone] * 4)
    drain_sending()
    posted = Counter(entry["body"]["content"] for entry in simulator.ledger(SEND))
    assert posted == Counter(f"message {n}" for n in range(12))


def test_a_screen_that_asks_by_cursor_misses_no_row_of_eight_writers(agent: User) -> None:
    thread = make_thread(Line.objects.get())
    each, over = 15, threading.Event()

    def record_some(name: int) -> None:
        for n in range(each):
            handle = f"{name}-{n}"
            receive(message_handle=handle, content="first")
            receive(message_handle=handle, content="second")

    def look() -> tuple[Counter[str], dict[str, str]]:
        added, content, since, last_look = Counter[str](), {}, 0, False
        while not last_look:
            last_look = over.is_set()
            found = changes_since(Thread.objects.get(pk=thread.pk), since)
            assert not found.is_reset
            added.update(message.message_handle for message in found.added)
            for message in (*found.added, *found.changed):
                content[message.message_handle] = message.content
            assert found.since >= since
            since = found.since
        return added, content

    def write_all() -> None:
        try:
            at_once(*(lambda name=name: record_some(name) for name in range(WRITERS)))
        finally:
            over.set()

    _, (added, content) = at_once(write_all, look)
    handles = {f"{name}-{n}" for name in range(WRITERS) for n in range(each)}
    assert added == Counter(handles)
    assert set(content.values()) == {"second"}
    assert Message.objects.count() == len(handles)


@pytest.fixture
def bells(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str]]:
    """Who talks to the broker, and about what: the name of the thread and of the task."""
    rung: list[tuple[str, str]] = []
    publish = app.send_task

    def noting(name: str, *args: Any, **kwargs: Any) -> Any:
        rung.append((threading.current_thread().name, name))
        return publish(name, *args, **kwargs)

    monkeypatch.setattr(app, "send_task", noting)
    return rung


def test_no_request_waits_for_a_broker_that_does_not_answer(
    client: Client, agent: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    talking, answered = [], threading.Event()

    def stall(*_args: Any, **_kwargs: Any) -> None:
        talking.append(threading.current_thread().name)
        answered.wait(30)

    monkeypatch.setattr(app, "send_task", stall)
    try:
        for n in range(120):
            assert deliver(client, report(content=f"{n}")).status_code == 200
        write(agent)
        wait_for(lambda: bool(talking))
        assert set(talking) == {"doorbell"}
    finally:
        answered.set()
    assert WebhookEvent.objects.count() == 120


def test_what_a_flushed_broker_forgets_is_in_the_rows(
    client: Client, agent: User, broker: str, bells: list[tuple[str, str]]
) -> None:
    for n in range(20):
        assert deliver(client, report(content=f"{n}")).status_code == 200
    wait_for(lambda: bool(bells))
    with queues(broker) as valkey:
        valkey.flushall()
    drain_events()  # what the beat rings for
    assert Message.objects.count() == 20


def test_a_bell_is_rung_after_the_commit_and_never_for_a_rollback(
    bells: list[tuple[str, str]],
) -> None:
    with transaction.atomic():
        ring("resolving")
        transaction.set_rollback(True)
    with transaction.atomic():
        ring("syncing")
        assert ("doorbell", "drain.syncing") not in bells
    wait_for(lambda: ("doorbell", "drain.syncing") in bells)
    assert ("doorbell", "drain.resolving") not in bells


def test_a_database_that_is_away_is_told_and_comes_back_by_itself(
    client: Client, agent: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its sessions are ended and new ones refused, as while it restarts."""
    monkeypatch.setattr(connection.pool, "timeout", 1)
    body, token = report(), write(agent).callback_token
    callback = f"status/{token}"
    assert answers(client, body) == answers(client, body, callback) == (200, None)
    with database_away():
        for kind in ("receive", callback):
            status, retry_after = answers(client, body, kind)
            assert (status, bool(retry_after)) == (503, True)
    wait_for(lambda: answers(client, body) == answers(client, body, callback) == (200, None))
    kept = WebhookEvent.objects.values_list("kind", "times_received")
    assert {kind: times >= 2 for kind, times in kept} == {"receive": True, "status": True}


def test_poison_is_put_aside_after_five_attempts_and_delays_nobody(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    handled = dispatching.HANDLERS["receive"]

    def explode(event: WebhookEvent, body: dict[str, Any]) -> Outcome:
        if body["content"] == "poison":
            raise RecursionError
        return handled(event, body)

    monkeypatch.setitem(dispatching.HANDLERS, "receive", explode)
    for content in ("one", "poison", "two"):
        deliver(client, report(content=content))
    for attempt in range(1, 8):
        drain_events()
        poison = WebhookEvent.objects.get(processed_at=None)
        assert poison.attempts == min(attempt, 5)
        assert bool(poison.quarantined_at) == (attempt >= 5)
        assert Message.objects.count() == 2
        WebhookEvent.objects.update(process_after=moment())
    assert poison.error == "RecursionError"


def test_an_event_that_kills_its_worker_is_put_aside_too(client: Client) -> None:
    """Attempts are counted before the work, so also a worker that dies in it counts."""
    deliver(client, report(content="deadly"))
    for _ in range(5):
        assert dispatching.claim_events()
        WebhookEvent.objects.update(process_after=moment())  # the lease of the dead ran out
    deliver(client, report(content="fine"))
    drain_events()
    assert Message.objects.get().content == "fine"
    assert WebhookEvent.objects.get(processed_at=None).quarantined_at


def unlimited(simulator: Simulator) -> None:
    names = ("new_contacts_per_hour", "new_contacts_per_day", "burst_per_s", "pre_reply_messages")
    simulator.control("POST", "options", dict.fromkeys(names, 0))
    Line.objects.update(
        seconds_per_message=0.001,
        burst=1000,
        new_contacts_per_hour=1000,
        new_contacts_per_day=1000,
    )


def answers(client: Client, body: dict[str, Any], kind: str = "receive") -> tuple[int, str | None]:
    """What a delivery in a thread of its own is answered: status and Retry-After."""
    (answer,) = at_once(lambda: deliver(client, body, kind))
    return answer.status_code, answer.headers.get("Retry-After")


def deliver(client: Client, body: dict[str, Any], kind: str = "receive") -> HttpResponse:
    return client.generic(
        "POST",
        f"/hooks/sendblue/{kind}/",
        json.dumps(body).encode(),
        content_type="application/json",
        headers={"sb-signing-secret": "test-webhook-secret"},
    )


def wait_for(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.02)


@contextmanager
def database_away() -> Iterator[None]:
    name = sql.Identifier(connection.settings_dict["NAME"])
    allow = sql.SQL("ALTER DATABASE {} ALLOW_CONNECTIONS {}")
    # Through another database of the same server: this one is away.
    with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as server:
        server.execute(allow.format(name, sql.SQL("false")))
        try:
            server.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s",
                [connection.settings_dict["NAME"]],
            )
            yield
        finally:
            server.execute(allow.format(name, sql.SQL("true")))
            connection.close()


def queues(broker: str) -> redis.Redis:
    parts = urlsplit(broker)
    if parts.scheme == "redis":
        return redis.Redis.from_url(broker)
    return redis.Redis(unix_socket_path=unquote(parts.netloc + parts.path))
