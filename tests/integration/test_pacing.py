"""When messages leave: by the database’s clock alone, within every window, in the right order."""

from __future__ import annotations

import queue
import random
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from django.db import connection

from inbox.actions.claiming import claim_next
from inbox.actions.opening import plan_openings
from inbox.actions.queueing import Refused, cancel_queued, queue_message
from inbox.allowance import HOUR, day_around
from inbox.models import Line, Message, SendState
from sendblue_inbox import ring as doorbell
from sendblue_inbox.clock import database_now
from tests.factories import make_agent, make_line, make_thread, receive

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sendblue_inbox.models import User

pytestmark = pytest.mark.django_db(transaction=True)
CLOCKS = ("clock_timestamp", "statement_timestamp")
SECOND = timedelta(seconds=1)
MESSAGES = 120
# Three weeks before anybody’s own clock, on the evening before New York puts its clocks back.
EVENING = datetime(2026, 10, 31, 22, tzinfo=UTC)


class Clock:
    """The database’s clock, in the hands of the test; the clocks of the workers stay true."""

    def advance(self, seconds: float) -> None:
        """Let that much time pass, or take it back."""
        self._run("UPDATE clock.hand SET at = at + %s::interval", f"{seconds} seconds")

    def _run(self, sql: str, value: str) -> None:
        with connection.cursor() as cursor:
            cursor.execute(sql, [value])


@pytest.fixture
def clock() -> Iterator[Clock]:
    """A clock that stands still until it is advanced, for every connection of the test."""
    name = connection.settings_dict["NAME"]
    with connection.cursor() as cursor:
        cursor.execute("CREATE SCHEMA clock; CREATE TABLE clock.hand (at timestamptz)")
        cursor.execute("INSERT INTO clock.hand VALUES (%s)", [EVENING])
        for function in CLOCKS:
            cursor.execute(
                f"CREATE FUNCTION clock.{function}() RETURNS timestamptz LANGUAGE sql STABLE"
                " AS 'SELECT at FROM clock.hand'"
            )
        # Functions of PostgreSQL come first unless its schema is named after others.
        cursor.execute(f'ALTER DATABASE "{name}" SET search_path = clock, public, pg_catalog')
    reconnect()
    yield Clock()
    with connection.cursor() as cursor:
        cursor.execute(f'ALTER DATABASE "{name}" RESET search_path; DROP SCHEMA clock CASCADE')
    reconnect()


def reconnect() -> None:
    """New sessions take what was set for the database."""
    connection.close()
    connection.close_pool()


@pytest.fixture
def agent() -> User:
    return make_agent()


def write(line: Line, number: str, agent: User, content: str = "Hello") -> Message:
    thread = make_thread(line, number)
    return queue_message(thread, author=agent, content=content, client_ref=uuid.uuid4())


def leave(line: Line) -> list[Message]:
    """What a worker would hand over on the line at this moment, all of it accepted."""
    sender, left = uuid.uuid4(), []
    Line.objects.filter(pk=line.pk).update(sender=sender)
    while message := claim_next(line.pk, sender):
        Message.objects.filter(pk=message.pk).update(send_state=SendState.ACCEPTED)
        left.append(message)
    return left


def fresh(message: Message) -> Message:
    return Message.objects.get(pk=message.pk)


def person(number: int) -> str:
    return f"+1415556{number:04}"


def test_sixteen_workers_keep_the_pace_of_every_line_and_use_it(clock: Clock, agent: User) -> None:
    numbers = [f"+1415555020{n}" for n in range(4)]
    lines = [make_line(number, messages_before_reply=1000) for number in numbers]
    for at in range(MESSAGES):
        write(lines[at % 3], person(at % 18), agent, f"message {at}")
    write(lines[3], person(0), agent)
    lines[3].blocked_at = EVENING
    lines[3].save()
    chance, began = random.Random(6), EVENING
    with ThreadPoolExecutor(16) as crew:
        for _ in range(20):
            clock.advance(chance.choice([0.05, 0.3, 1, 1, 2.5, 4]))
            list(crew.map(work, [line for line in lines for _ in range(4)]))
    passed = (database_now() - began).total_seconds()
    for line in lines[:3]:
        sent = Message.objects.filter(line=line, attempted_at__isnull=False)
        times = sorted(filter(None, sent.values_list("attempted_at", flat=True)))
        for first, eleventh in zip(times, times[line.burst :], strict=False):
            assert eleventh - first >= SECOND, "more than the burst within a second"
        for place, start in enumerate(times):
            for more, end in enumerate(times[place:], start=1):
                assert more <= line.burst + (end - start).total_seconds(), "the line is too fast"
        assert len(times) >= 0.95 * min(passed, MESSAGES / 3), "the line is too slow"
    assert not Message.objects.filter(line=lines[3], attempted_at__isnull=False).exists()


def work(line: Line) -> None:
    """One worker of several on a line: no lease keeps them apart, only the turns do."""
    sender = uuid.UUID(int=line.pk)
    Line.objects.filter(pk=line.pk).update(sender=sender)
    try:
        while message := claim_next(line.pk, sender):
            Message.objects.filter(pk=message.pk).update(send_state=SendState.ACCEPTED)
    finally:
        connection.close()


def test_new_people_go_in_the_windows_of_the_line_through_the_night_of_the_change(
    clock: Clock, agent: User
) -> None:
    line = make_line(new_contacts_per_hour=3, new_contacts_per_day=8)
    waiting = []
    with pytest.raises(Refused, match="for the next 24 hours"):
        for at in range(40):
            waiting.append(write(line, person(at), agent))
    planned = [message.send_after for message in waiting if message.send_after]
    assert planned == sorted(planned)
    assert 16 <= len(waiting) <= 24
    chance = random.Random(7)
    for _ in range(26 * 6):
        clock.advance(600 + chance.choice([-60, 0, 60]))
        plan_openings()
        leave(line)
    sent = Message.objects.filter(attempted_at__isnull=False)
    times = sorted(filter(None, sent.values_list("attempted_at", flat=True)))
    assert len(times) == len(waiting)
    for first, fourth in zip(times, times[3:], strict=False):
        assert fourth - first >= HOUR
    days = [day_around(at) for at in times]
    assert max(days.count(day) for day in days) == 8, "a day is not used, or used too much"
    assert timedelta(hours=25) in {end - start for start, end in days}
    assert {message.stage for message in Message.objects.all()} == {"accepted"}


def test_who_waits_for_an_answer_comes_first_and_threads_take_turns(
    clock: Clock, agent: User
) -> None:
    line = make_line(seconds_per_message=60, burst=2)
    anna, ben, carl = person(1), person(2), person(3)
    for content in ("a1", "a2", "a3"):
        write(line, anna, agent, content)
    write(line, ben, agent, "b1")
    clock.advance(1)
    left = leave(line)
    receive(number=carl)
    write(line, carl, agent, "answer to Carl")
    write(line, carl, agent, "and more")
    for _ in range(6):
        clock.advance(60)
        left += leave(line)
    order = [message.content for message in left]
    assert order == ["a1", "answer to Carl", "and more", "b1", "a2", "a3"]


def test_what_is_over_the_cap_waits_and_moves_up_when_room_appears(
    clock: Clock, agent: User
) -> None:
    line = make_line(new_contacts_per_hour=1)
    first, second, third = (write(line, person(at), agent) for at in range(3))
    assert first.send_after == EVENING
    assert second.send_after - first.send_after == timedelta(minutes=61)
    assert third.send_after - second.send_after == timedelta(minutes=61)
    assert cancel_queued(first) == "Hello"
    plan_openings()
    assert fresh(second).send_after == EVENING
    assert fresh(third).send_after == second.send_after
    # Who writes to us is new no longer.
    receive(number=person(2))
    plan_openings()
    assert (fresh(third).send_after, fresh(third).opens_contact) == (EVENING, False)
    assert [message.number for message in leave(line)] == [person(1), person(2)]
    # The plan is not the law: what was moved by hand waits all the same.
    fourth = write(line, person(4), agent)
    Message.objects.filter(pk=fourth.pk).update(send_after=EVENING, opens_contact=False)
    assert leave(line) == []
    assert fresh(fourth).send_after == EVENING + timedelta(minutes=61)


def test_a_full_queue_takes_no_more(agent: User) -> None:
    line = make_line(queue_limit=2)
    for at in range(2):
        write(line, person(at), agent)
    with pytest.raises(Refused, match="already has 2 messages waiting"):
        write(line, person(3), agent)


def test_a_later_bell_rings_once_and_the_earlier_one_counts(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rung: queue.Queue[tuple[str, float]] = queue.Queue()
    monkeypatch.setattr(doorbell, "_publish", lambda kind: rung.put((kind, time.monotonic())))
    began = time.monotonic()
    for seconds in (30, 0.3, 20, 0.5):
        doorbell.ring("looking", after=timedelta(seconds=seconds))
    kind, at = rung.get(timeout=5)
    assert kind == "looking"
    assert at - began >= 0.3
    doorbell.ring("groups", after=timedelta(seconds=0.4))  # by then a second one had rung
    assert rung.get(timeout=5)[0] == "groups"
    assert rung.empty()
