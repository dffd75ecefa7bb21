"""Whether everything that people sent is safe here: figures for people and for alarms."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from django.db.models import Count, Min, Q

from inbox.models import MediaFile
from sendblue_inbox.clock import now

if TYPE_CHECKING:
    from datetime import datetime

# A file that could not be copied for so long is worth a look.
MAY_WAIT = timedelta(minutes=10)
MOST_SHOWN = 100
State = MediaFile.State
_RECEIVED = ~Q(source_url="")


@dataclass(frozen=True, slots=True)
class Summary:
    """Files that came from Sendblue: all of them, what became of them, and how soon it deletes
    one that is not safe."""

    total: int
    safe: int
    waiting: int
    refused: int
    lost: int
    at_risk: int
    next_expiry: datetime | None

    @property
    def is_whole(self) -> bool:
        """Whether there is nothing to worry about."""
        return not self.at_risk


def vault_summary() -> Summary:
    """How it stands; one query."""
    counted = MediaFile.objects.filter(_RECEIVED).aggregate(
        total=Count("pk"),
        safe=Count("pk", filter=Q(state=State.SAFE)),
        waiting=Count("pk", filter=Q(state=State.WAITING)),
        refused=Count("pk", filter=Q(state=State.REFUSED)),
        lost=Count("pk", filter=Q(state=State.LOST)),
        at_risk=Count("pk", filter=_at_risk()),
        next_expiry=Min(
            "expires_at", filter=Q(state__in=[State.WAITING, State.SAFE]) & Q(expires_at__gt=now())
        ),
    )
    return Summary(**counted)


def files_at_risk() -> list[MediaFile]:
    """What is not safe and may never be, what runs out first on top."""
    found = MediaFile.objects.filter(_RECEIVED).exclude(state=State.SAFE)
    found = found.select_related("thread__contact", "thread__line")
    return list(found.order_by("state", "expires_at", "pk")[:MOST_SHOWN])


def oldest_unfetched() -> datetime | None:
    """Since when the oldest due file waits for a worker."""
    leased = Q(lease_until__gt=now())
    due = MediaFile.objects.filter(state=State.WAITING, fetch_after__lte=now()).exclude(leased)
    return due.aggregate(oldest=Min("fetch_after"))["oldest"]


def _at_risk() -> Q:
    late = Q(state=State.WAITING, created_at__lt=now() - MAY_WAIT)
    return late | Q(state=State.REFUSED) | Q(state=State.LOST)
