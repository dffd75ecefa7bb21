"""Questions about comparisons: each costs the same however many contacts differ."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db.models import Count, Q

from contacts.models import DriftItem, DriftReport

if TYPE_CHECKING:
    from collections.abc import Sequence

A_PAGE = 50
FIRST = 10  # of each group, on the page of all
REPORTS = 14
UNDER_WAY = (DriftReport.State.READING, DriftReport.State.COMPARING)


@dataclass(frozen=True, slots=True)
class Tally:
    """How many differences there are of one kind and cause, and how far they are settled."""

    kind: str
    cause: str
    count: int
    open: int
    asked: int


def reports() -> Sequence[DriftReport]:
    """The newest reports, newest first."""
    found = DriftReport.objects.select_related("author").order_by("-created_at", "-pk")
    return list(found[:REPORTS])


def tallies_of(report: DriftReport) -> list[Tally]:
    """The differences of a report, counted by kind and cause."""
    is_open = Q(settled_at=None) & (Q(settled_as="") | ~Q(error=""))
    is_asked = Q(settled_at=None, error="") & ~Q(settled_as="")
    rows = report.items.order_by().values_list("kind", "cause")
    counted = rows.annotate(
        count=Count("pk"), open=Count("pk", filter=is_open), asked=Count("pk", filter=is_asked)
    )
    return [Tally(*row) for row in counted]


def first_items(report: DriftReport, tallies: Sequence[Tally]) -> list[DriftItem]:
    """The first few differences of each of these kinds and causes; two queries."""
    firsts = [
        report.items.filter(kind=tally.kind, cause=tally.cause).order_by("pk").values("pk")[:FIRST]
        for tally in tallies
    ]
    if not firsts:
        return []
    named = firsts[0].union(*firsts[1:], all=True) if firsts[1:] else firsts[0]
    found = DriftItem.objects.filter(pk__in={row["pk"] for row in named})
    return list(found.select_related("contact", "settled_by").order_by("pk"))


def items_page(
    report: DriftReport, *, kind: str, cause: str, after: int
) -> tuple[list[DriftItem], int | None]:
    """A page of one kind and cause, and the place at which the next one begins."""
    rows = report.items.filter(kind=kind, cause=cause, pk__gt=after).order_by("pk")
    found = list(rows.select_related("contact", "settled_by")[: A_PAGE + 1])
    return found[:A_PAGE], found[A_PAGE - 1].pk if len(found) > A_PAGE else None
