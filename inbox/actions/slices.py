"""One worker's hold on one kind of sync, and the progress that it commits.

The row is the queue: `next_run_at` says when a kind is due, the lease says who works on it. The
lease is also the proof of ownership: whoever finds another one there has lost the row and stops.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import Case, Exists, F, Q, Value, When

from inbox.models import SyncState
from sendblue_inbox.clock import now

if TYPE_CHECKING:
    from collections.abc import Collection

    from sendblue_inbox.sendblue.client import Client

Kind = SyncState.Kind
# Longer than one page may take (45 s for the read alone). A killed worker's row waits this long.
LEASE = timedelta(seconds=60)
# The order of a first contact. Changes are asked for before the long walks through everything,
# so that nothing that happens during those is missed.
FIRST_CONTACT = (Kind.LINES, Kind.WEBHOOKS, Kind.MESSAGES, Kind.CONTACTS, Kind.HISTORY)
# Who is who in a message is decided by our lines.
NEED_LINES = (Kind.MESSAGES, Kind.CONTACTS, Kind.HISTORY)


class LeaseLost(Exception):
    """Another worker has taken the row over; what was committed so far stays."""


@dataclass(slots=True)
class Slice:
    """A bounded piece of work on one claimed row. `ends_at` is of the monotonic clock."""

    state: SyncState
    client: Client
    ends_at: float

    @property
    def is_over(self) -> bool:
        """Whether no new page may be taken."""
        return time.monotonic() >= self.ends_at

    def save(self, **progress: object) -> None:
        """Commit progress and hold the row for another page. Raises LeaseLost."""
        _write(self.state, lease_until=now() + LEASE, **progress)


def ensure_states() -> None:
    """Make the row of every kind where there is none yet, due in the order of a first contact."""
    if SyncState.objects.count() == len(FIRST_CONTACT):
        return
    start = now()
    SyncState.objects.bulk_create(
        [
            SyncState(kind=kind, next_run_at=start + timedelta(milliseconds=place))
            for place, kind in enumerate(FIRST_CONTACT)
        ],
        ignore_conflicts=True,
    )


def claim(kinds: Collection[str], *, even_if_not_due: bool = False) -> SyncState | None:
    """The row of these kinds that is due longest, leased to the caller; None for none."""
    have_lines = SyncState.objects.filter(kind=Kind.LINES, finished_at__isnull=False)
    free = SyncState.objects.filter(
        Q(lease_until__isnull=True) | Q(lease_until__lt=now()),
        Exists(have_lines) | ~Q(kind__in=NEED_LINES),
        kind__in=kinds,
    )
    due = free if even_if_not_due else free.filter(next_run_at__lte=now())
    with transaction.atomic():
        state = due.select_for_update(skip_locked=True).order_by("next_run_at").first()
        if state:
            state.lease_until = now() + LEASE
            state.save(update_fields=["lease_until"])
    return state


def release(state: SyncState, *, next_run_at: datetime | None, **outcome: object) -> None:
    """Give the row back. Whoever asked for another run meanwhile (wake) gets it at once."""
    unchanged = Q(next_run_at=state.next_run_at) if state.next_run_at else Q(next_run_at=None)
    later = Case(When(unchanged, then=Value(next_run_at)), default=F("next_run_at"))
    SyncState.objects.filter(pk=state.pk, lease_until=state.lease_until).update(
        lease_until=None, next_run_at=later, **outcome
    )


def wake(*kinds: str) -> None:
    """Make these kinds due now."""
    SyncState.objects.filter(kind__in=kinds).update(next_run_at=now())


def _write(state: SyncState, **fields: object) -> None:
    held = SyncState.objects.filter(pk=state.pk, lease_until=state.lease_until)
    if not held.update(**fields):
        raise LeaseLost
    for name, value in fields.items():
        setattr(state, name, value)
