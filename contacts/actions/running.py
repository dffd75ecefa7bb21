"""Long runs over many contacts: one worker at a time holds one, by a lease that each batch renews.

A run that its worker left (killed, deployed) is taken up by the next one after the lease, from its
last checkpoint. Whoever comes back to a run that another has taken loses it and changes nothing.
"""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import TYPE_CHECKING, Any, TypeVar

from django.db import transaction
from django.db.models import Q

from contacts.models.run import Run
from sendblue_inbox.clock import now

if TYPE_CHECKING:
    from django.db.models import QuerySet

R = TypeVar("R", bound=Run)
# Longer than the longest batch takes, a call to Sendblue included.
LEASE = timedelta(seconds=60)


class Lost(Exception):
    """Another worker has taken the run over; what was committed so far stays."""


def free(runs: QuerySet[R]) -> QuerySet[R]:
    """Of these runs those that nobody works on, oldest first."""
    return runs.filter(Q(lease_until=None) | Q(lease_until__lt=now())).order_by("created_at", "pk")


def claim(runs: QuerySet[R]) -> R | None:
    """The oldest of these runs that nobody works on, ours for the time of a lease."""
    with transaction.atomic():
        run = free(runs).select_for_update(skip_locked=True, of=("self",)).first()
        if run:
            run.attempts += 1
            run.lease, run.lease_until = uuid.uuid4(), now() + LEASE
            run.started_at = run.started_at or now()
            run.save(update_fields=["attempts", "lease", "lease_until", "started_at"])
    return run


def checkpoint(run: Run, **columns: Any) -> None:
    """Write these columns of a run that we hold, and hold it on.

    Called last in the transaction of the batch, so that the rows and their count are one commit.
    Looks whether somebody asked to stop meanwhile. Raises Lost, which undoes the batch.
    """
    _write(run, lease_until=now() + LEASE, attempts=0, **columns)
    run.refresh_from_db(fields=["is_cancelled"])


def release(run: Run, **columns: Any) -> None:
    """Write these columns and give the run back. Raises Lost."""
    _write(run, lease=None, lease_until=None, **columns)


def cancel(run: Run) -> None:
    """Ask whoever works on the run to stop after the batch at hand."""
    type(run)._default_manager.filter(pk=run.pk).update(is_cancelled=True)


def later(run: Run, wait: timedelta, **columns: Any) -> None:
    """Give the run back, not to be taken up before so long. Raises Lost."""
    _write(run, lease=None, lease_until=now() + wait, **columns)


def _write(run: Run, **columns: Any) -> None:
    held = type(run)._default_manager.filter(pk=run.pk, lease=run.lease)
    if not held.update(**columns):
        raise Lost
    for name, value in columns.items():
        setattr(run, name, value)
