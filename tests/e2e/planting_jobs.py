"""Bulk jobs whose every text is a payload, about people who are payloads as well."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.http import urlencode

from contacts.job_queries import JOBS_PAGE, PAGE
from contacts.models import BulkItem, BulkJob, Contact
from tests.security.payloads import PAYLOADS

from .planting import planted

if TYPE_CHECKING:
    from sendblue_inbox.models import User

KINDS = (BulkJob.Kind.TAG, BulkJob.Kind.UNTAG, BulkJob.Kind.ASSIGN)


def plant_jobs(agent: User) -> BulkJob:
    """A page of jobs that are over, the newest with a page of people; that one."""
    for at in range(JOBS_PAGE):
        asked = urlencode({"q": PAYLOADS[at], "tag": PAYLOADS[-at], "assignee": PAYLOADS[at + 7]})
        job = BulkJob.objects.create(
            author=agent,
            kind=KINDS[at % len(KINDS)],
            state=BulkJob.State.DONE,
            confirmed_count=PAGE,
            total=PAGE,
            counts={"done": PAGE},
            **planted(BulkJob, query=asked),
        )
    newest = Contact.objects.order_by("-pk").values_list("pk", flat=True)[:PAGE]
    BulkItem.objects.bulk_create(
        BulkItem(job=job, contact_id=pk, outcome=BulkItem.Outcome.DONE) for pk in newest
    )
    return job
