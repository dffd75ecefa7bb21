"""What `/ready` asks of the inbox: does the work that is due get done?

A running worker proves nothing (it may have lost its broker), so the age of due rows is looked at.
The poll of Sendblue is due every half minute and so serves as the canary of a quiet night.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from django.db.models import Min, Q
from django.db.models.functions import Greatest

from inbox.actions.accounts import is_sending_paused
from inbox.actions.pacing import due_messages
from inbox.models import SyncState
from inbox.vault import oldest_unfetched
from sendblue_inbox.clock import now
from sendblue_inbox.readiness import Finding, register

if TYPE_CHECKING:
    from datetime import datetime

SENDS_MAY_WAIT = timedelta(seconds=90)
SYNC_MAY_WAIT = timedelta(seconds=120)
FILES_MAY_WAIT = timedelta(minutes=10)


def oldest_send() -> Finding:
    """How long the oldest message that could leave has been waiting for a worker."""
    if is_sending_paused():
        return Finding(ok=True, detail="sending is paused")
    # A long queue that leaves at the pace of its line is no trouble.
    waits_since = Greatest("send_after", "line__busy_until")
    oldest = due_messages().order_by().aggregate(oldest=Min(waits_since))["oldest"]
    return overdue(oldest, SENDS_MAY_WAIT)


def oldest_sync() -> Finding:
    """How long the most overdue pull has been waiting for a worker."""
    is_free = Q(lease_until__isnull=True) | Q(lease_until__lt=now())
    due = SyncState.objects.filter(is_free, next_run_at__lte=now())
    return overdue(due.aggregate(oldest=Min("next_run_at"))["oldest"], SYNC_MAY_WAIT)


def oldest_file() -> Finding:
    """How long the oldest file that could be copied has been waiting for a worker."""
    return overdue(oldest_unfetched(), FILES_MAY_WAIT)


def overdue(oldest: datetime | None, allowed: timedelta) -> Finding:
    """Whether the oldest due row has waited no longer than it may."""
    if oldest is None:
        return Finding(ok=True, detail="nothing waits")
    waited = now() - oldest
    return Finding(ok=waited <= allowed, detail=f"the oldest waits {waited.total_seconds():.0f} s")


register("sends", oldest_send)
register("sync", oldest_sync)
register("media", oldest_file)
