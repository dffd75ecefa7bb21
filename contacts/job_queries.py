"""Questions about bulk jobs."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from django.db.models import Count, Q

from contacts.models import BulkItem, BulkJob, Contact

if TYPE_CHECKING:
    from collections.abc import Sequence

PAGE = 50
JOBS_PAGE = 30


class Pushes(NamedTuple):
    """Of the contacts that a job changed: how many Sendblue does not have so."""

    waiting: int
    refused: int


def pushes_of(job: BulkJob) -> Pushes:
    """How far what the job changed has come on its way to Sendblue."""
    states = Contact.Push
    found = job.items.filter(outcome=BulkItem.Outcome.DONE).aggregate(
        waiting=Count("pk", filter=Q(contact__push_state=states.WAITING)),
        refused=Count("pk", filter=Q(contact__push_state=states.REFUSED)),
    )
    return Pushes(**found)


def items_page(
    job: BulkJob, *, outcome: str = "", after: int = 0
) -> tuple[Sequence[BulkItem], int | None]:
    """(a page of the job's contacts, in their order; where the next one begins)."""
    items = job.items.filter(contact_id__gt=after).select_related("contact")
    if outcome:
        items = items.filter(outcome=outcome)
    found = list(
        items.order_by("contact_id").defer("contact__search_text", "contact__search_pieces")[
            : PAGE + 1
        ]
    )
    return found[:PAGE], found[PAGE - 1].contact_id if len(found) > PAGE else None


def jobs_page(*, before: int | None = None) -> tuple[Sequence[BulkJob], int | None]:
    """(a page of jobs, newest first; where the next one begins)."""
    jobs = BulkJob.objects.select_related("author", "undoes")
    if before:
        jobs = jobs.filter(pk__lt=before)
    found = list(jobs.order_by("-pk")[: JOBS_PAGE + 1])
    return found[:JOBS_PAGE], found[JOBS_PAGE - 1].pk if len(found) > JOBS_PAGE else None
