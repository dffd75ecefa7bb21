"""Sendblue's lists alone bring everything here, once, whatever fails on the way."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from django.db.models import Q

from contacts.models import Contact
from inbox.actions.slices import ensure_states
from inbox.actions.syncing import JOBS, drain_syncing, start_over
from inbox.models import Account, Line, Message, SyncState, Thread
from sendblue_inbox.clock import now
from tests.factories import ANNA, OUR_LINE

if TYPE_CHECKING:
    from tests.conftest import Simulator

pytestmark = pytest.mark.django_db(transaction=True)
MESSAGES = "/api/v2/messages"
NOW = datetime.now(UTC).replace(microsecond=0)


def ago(seconds: float) -> str:
    """A time in the past as Sendblue writes it."""
    moment = NOW - timedelta(seconds=seconds)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def said(n: int, seconds_ago: float, **fields: Any) -> dict[str, Any]:
    """A message for the simulator's memory."""
    number = f"+1312200{n % 40:04d}"
    return {
        "number": number,
        "sendblue_number": OUR_LINE,
        "content": f"message {n}",
        "message_handle": f"handle-{n:06d}",
        "is_outbound": n % 3 == 0,
        "date_sent": ago(seconds_ago),
    } | fields


def sync() -> None:
    """Let the workers come round until nothing is left to do, as if no time passed meanwhile."""
    ensure_states()
    for _ in range(100):
        # Waiting for the next attempt is not what these tests are about.
        SyncState.objects.filter(failures__gt=0).update(next_run_at=NOW)
        drain_syncing()
        due = Q(failures__gt=0) | Q(kind__in=JOBS, next_run_at__lte=now())
        if not SyncState.objects.filter(due).exists():
            return
    raise AssertionError(list(SyncState.objects.values("kind", "failures", "error")))


def poll() -> None:
    """The next look at what changed."""
    SyncState.objects.filter(kind="messages").update(next_run_at=NOW)
    sync()


def contents() -> Counter[str]:
    return Counter(Message.objects.values_list("content", flat=True))


def everything() -> list[Any]:
    """All rows that a sync may write, except when it ran."""
    return [
        sorted(model.objects.values_list(*fields))
        for model, fields in (
            (Message, ("message_handle", "status", "revision", "first_revision", "is_news")),
            (Thread, ("pk", "revision", "last_content", "last_message_at", "trouble_count")),
            (Contact, ("number", "first_name", "last_name", "opted_out", "updated_at")),
            (Line, ("number", "is_ours", "status", "assignment", "new_contacts_per_hour")),
        )
    ]


def big_history() -> list[dict[str, Any]]:
    """2,500 messages: 650 one by one, 1,200 at one and the same moment, 650 one by one."""
    times = [*range(60, 710), *[800] * 1200, *range(900, 1550)]
    return [said(n, seconds) for n, seconds in enumerate(times)]


def test_2500_messages_of_which_1200_share_one_timestamp_arrive_once(simulator: Simulator) -> None:
    simulator.reset(contacts=[], messages=big_history(), options={"requests_per_10_s": 0})
    sync()
    assert contents() == Counter(f"message {n}" for n in range(2500))
    assert SyncState.objects.get(kind="history").finished_at
    # No page shifted: offsets never went further than the group of equal times.
    offsets = [int(entry["query"].get("offset", 0)) for entry in simulator.ledger(path=MESSAGES)]
    assert max(offsets) < 1300
    thread = Thread.objects.latest("last_message_at")
    newest = thread.messages.latest("date_sent")
    assert (thread.last_message_at, thread.last_content) == (newest.date_sent, newest.content)
