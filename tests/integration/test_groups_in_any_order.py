"""A new group is one thread with the same rows, whoever tells of it first and however often."""

from __future__ import annotations

import uuid
from datetime import timedelta
from itertools import permutations
from typing import TYPE_CHECKING, Any

import pytest
from django.db import transaction
from hypothesis import given
from hypothesis import strategies as st

from inbox.actions.claiming import claim_next
from inbox.actions.group_reading import record_group
from inbox.actions.grouping import start_group
from inbox.actions.membership import note_members
from inbox.actions.recording import TooEarly
from inbox.actions.touching import lock_thread
from inbox.models import Line, Message, Participant, Thread
from sendblue_inbox.sendblue.payloads import GroupPayload
from tests.factories import ANNA, BEN, OUR_LINE, make_agent, receive

from .test_order import (
    COUNTED,
    MADE_BY_US,
    OF_THREAD,
    RANDOM_ORDERS,
    TODAY,
    WORDS,
    Step,
    at,
    differences,
    facts,
    line,
    tell,
    told,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

pytestmark = pytest.mark.django_db
__all__ = ["line"]  # a fixture
CARLA, DORA = "+14155550125", "+14155550126"
GROUP = {"group_id": "sb_group_1", "message_type": "group"}
OF_US = GROUP | {"participants": [ANNA, BEN, OUR_LINE]}
SENT = told("own-1", True, content=WORDS, number=ANNA, **OF_US)
ANSWERED: list[Step] = [
    ("answer", SENT | {"status": "QUEUED", "date_sent": at(1)}),
    ("outbound", SENT | {"status": "SENT", "date_sent": at(1), "date_updated": at(3)}),
    ("status", {"message_handle": "own-1", "status": "DELIVERED", "date_updated": at(4)}),
    (
        "receive",
        told("in-1", False, content="Hi all", group_display_name="Class", number=BEN)
        | GROUP
        | {"participants": [ANNA, BEN, CARLA, OUR_LINE], "date_sent": at(5)},
    ),
    ("group", {"group_id": "sb_group_1", "group_name": "Lunch", "people": [CARLA, ANNA]}),
]
LOST: list[Step] = [("lost", {}), *ANSWERED[1:]]
READ_AT = TODAY + timedelta(seconds=7)


@pytest.fixture
def ours(line: Line) -> Message:
    """The first message of a new group, which a worker is handing over."""
    start_group(
        line=line,
        numbers=[ANNA, BEN],
        author=make_agent(),
        client_ref=uuid.uuid4(),
        content=WORDS,
    )
    sender = uuid.uuid4()
    Line.objects.update(sender=sender)
    message = claim_next(line.pk, sender)
    assert message and message.thread.awaits_group_id
    return message


def told_of_group(step: Step, ours: Message) -> None:
    """One thing that Sendblue tells; a group can be asked about once its id is known."""
    source, body = step
    if source != "group":
        tell(step, ours)
        return
    thread = Thread.objects.filter(group_id=body["group_id"]).first()
    if thread is None:
        raise TooEarly
    shown = {**body, "participant_numbers": body["people"]}
    record_group(thread, GroupPayload.parse(shown), asked_at=READ_AT, photo="")


def outcome(steps: Sequence[Step], ours: Message) -> tuple[Any, ...]:
    with transaction.atomic():
        waiting, patience = list(steps), 40
        while waiting:
            step = waiting.pop(0)
            try:
                told_of_group(step, ours)
            except TooEarly:
                patience -= 1
                assert patience, "it stays too early for ever"
                waiting.append(step)
        found = rows()
        transaction.set_rollback(True)
    return found


def rows() -> tuple[Any, ...]:
    names = {field.attname for field in Message._meta.concrete_fields} - COUNTED - MADE_BY_US
    messages = Message.objects.order_by("message_handle").values(*names)
    threads = Thread.objects.values(
        *OF_THREAD, "group_id", "group_display_name", "members_as_of", "named_as_of"
    )
    people = [
        {"number": row.contact.number, "is_in": row.left_at is None}
        for row in Participant.objects.order_by("contact__number").select_related("contact")
    ]
    return [*messages], [*threads], people, facts()


def all_agree(orders: Iterable[Sequence[Step]], ours: Message) -> tuple[Any, ...]:
    first: tuple[Any, ...] = ()
    for order in orders:
        found = outcome(order, ours)
        first = first or found
        assert found == first, (differences(first, found), [source for source, _ in order])
    return first


@pytest.mark.parametrize("steps", [ANSWERED, LOST], ids=["answered", "lost"])
def test_every_order_ends_in_one_thread(ours: Message, steps: list[Step]) -> None:
    orders = [order for n, order in enumerate(permutations(steps)) if n % 3 == 0]
    messages, (thread,), people, _ = all_agree(orders, ours)
    assert [message["message_handle"] for message in messages] == ["in-1", "own-1"]
    assert (thread["group_id"], thread["group_display_name"]) == ("sb_group_1", "Lunch")
    assert (thread["last_content"], thread["trouble_count"]) == ("Hi all", 0)
    assert people == [
        {"number": ANNA, "is_in": True},
        {"number": BEN, "is_in": False},
        {"number": CARLA, "is_in": True},
    ]
    assert outcome([*steps, *steps[1:]], ours) == outcome(steps, ours)


lists_of_people = st.lists(
    st.tuples(
        st.integers(0, 3),
        st.lists(st.sampled_from([ANNA, BEN, CARLA, DORA]), min_size=1, max_size=4, unique=True),
    ),
    min_size=1,
    max_size=6,
)


@RANDOM_ORDERS
@given(lists_of_people.flatmap(lambda told: st.tuples(st.just(told), st.permutations(told))))
def test_the_newest_list_says_who_is_in_the_group(
    orders: tuple[list[tuple[int, list[str]]], list[tuple[int, list[str]]]],
) -> None:
    def people(lists: list[tuple[int, list[str]]]) -> dict[str, bool]:
        with transaction.atomic():
            thread = lock_thread(receive(**GROUP, participants=[], number=ANNA).thread_id)
            for second, numbers in lists:
                moment = TODAY + timedelta(days=1, seconds=second)
                note_members(thread, numbers, as_of=moment)
            found = {row.contact.number: row.left_at is None for row in thread.members}
            transaction.set_rollback(True)
        return found

    made, other = orders
    newest = max(made, key=lambda one: (one[0], sorted(one[1])))
    assert people(made) == people([*other, *other])
    assert {number for number, is_in in people(made).items() if is_in} == set(newest[1])


def test_a_group_that_was_there_takes_in_what_was_begun(ours: Message) -> None:
    there = receive(**OF_US, number=BEN, message_handle="old-1").thread
    begun = ours.thread
    for step in [*ANSWERED, *ANSWERED]:
        told_of_group(step, ours)
    thread = Thread.objects.get()
    assert (thread.pk, thread.group_id) == (there.pk, "sb_group_1")
    handles = thread.messages.order_by("revision").values_list("message_handle", flat=True)
    assert set(handles) == {"old-1", "own-1", "in-1"}
    assert lock_thread(begun.pk).pk == there.pk
