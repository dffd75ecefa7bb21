"""A group is begun, its people write at once, and everything may end suddenly: it is begun once."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from django.db import connection

from inbox.models import Message, SendState, Thread
from tests.factories import ANNA, BEN, OUR_LINE, make_agent, make_line

from .test_crash_points import (
    GROUP_POINTS,
    KILLED,
    LIFE,
    ORDINARY,
    driver,
    is_something_open,
    minutes_pass,
    office,
    parcel,
)

if TYPE_CHECKING:
    from .test_crash_points import Office

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.chaos]
__all__ = ["driver", "office"]  # fixtures
SEND = "/api/send-group-message"
UNSENT = ("claiming.after", "posting.before")
SENT = ("queueing.after", "claiming.inside", "posting.after", "recording.inside", *GROUP_POINTS)
MOST_LIVES = 10


@pytest.mark.parametrize("point", [*UNSENT, *SENT])
def test_a_group_is_begun_once(point: str, office: Office) -> None:
    make_agent()
    make_line()
    office.numbers = (ANNA, BEN)
    (handle,) = office.simulator.inbound(
        from_=BEN, participants=[ANNA], to=OUR_LINE, content="Shall we?"
    )
    told = office.simulator.control("POST", "status", {"message_handle": handle})
    theirs = [parcel("/hooks/sendblue/receive/", told)] * 2
    # Whether we hear of it before the answer makes it two threads that are to become one.
    heard_first = point == "joining.inside"
    scene = replace(ORDINARY, drains=("events", *LIFE, "groups"))
    office.waiting += theirs if heard_first else []
    codes: list[int] = []
    while codes[-2:] != [0, 0] or office.waiting or is_something_open():
        assert len(codes) < MOST_LIVES, codes
        codes.append(office.live(scene, Thread(pk=0), point))
        minutes_pass(8)
        with connection.cursor() as cursor:
            cursor.execute("UPDATE inbox_thread SET group_due_at = group_due_at - interval '8 min'")
        office.report()
        if len(codes) == 1 and not heard_first:
            office.waiting += theirs
    assert (set(codes), codes.count(KILLED)) == ({0, KILLED}, 1), f"{point} was never reached"
    posts = [post["body"]["numbers"] for post in office.simulator.ledger(SEND)]
    assert posts == ([] if point in UNSENT else [[ANNA, BEN]])
    ours = Message.objects.get(is_outbound=True)
    assert Message.objects.get(is_outbound=False).message_handle == handle
    if point in UNSENT:
        assert ours.send_state == SendState.UNKNOWN and ours.thread.awaits_group_id
        return
    (group,) = office.simulator.state()["groups"]
    thread = Thread.objects.get()
    assert (ours.thread, thread.group_id, thread.group_due_at) == (thread, group["group_id"], None)
    assert (ours.send_state, ours.stage) == (SendState.ACCEPTED, "delivered")
    assert {person.number for person in thread.people} == {ANNA, BEN}
