"""One act on many contacts."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from .run import Run


class BulkJob(Run):
    """What an agent asked for a selection, or for all that a filter showed; confirmed by its count.

    `query` is the filter (contacts/filtering.py) or empty for a selection that was written down as
    items at once. Who is in it is settled once, when it is collected; what the others become later
    is no matter of the job.
    """

    class Kind(models.TextChoices):
        """What is done to each."""

        TAG = "tag", "Add a tag"
        UNTAG = "untag", "Remove a tag"
        ASSIGN = "assign", "Assign"
        OPT_OUT = "opt_out", "Opt out"
        DELETE = "delete", "Delete"
        PUSH = "push", "Save at Sendblue"
        UNDO = "undo", "Undo"

    class State(models.TextChoices):
        """Where it stands."""

        COLLECTING = "collecting", "Being collected"
        RECOUNTED = "recounted", "To be confirmed again"
        RUNNING = "running", "Under way"
        DONE = "done", "Done"
        CANCELLED = "cancelled", "Cancelled"

    kind = models.CharField(max_length=16, choices=Kind.choices)
    # The tag, or the address of whom they are assigned to.
    argument = models.CharField(max_length=254, blank=True)
    state = models.CharField(max_length=16, choices=State.choices, default=State.COLLECTING)
    query = models.TextField(blank=True)
    # How many the agent was told and agreed to.
    confirmed_count = models.BigIntegerField()
    # How many came out how: {outcome: count}.
    counts = models.JSONField(default=dict, blank=True)
    # Made with the question, so that an answer given twice starts one job.
    token = models.UUIDField(unique=True, null=True, blank=True)
    undoes = models.ForeignKey(
        "self", on_delete=models.CASCADE, null=True, blank=True, related_name="undone_by"
    )

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=["undoes"], condition=~Q(state="cancelled"), name="bulkjob_undone_once"
            ),
        )
        indexes = (
            models.Index(
                fields=["created_at"],
                condition=Q(state__in=["collecting", "running"]),
                name="bulkjob_due",
            ),
        )

    def __str__(self) -> str:
        return f"job {self.pk}"


class BulkItem(models.Model):
    """One contact of a job and what came of it; written by the hundred thousand (see ImportRow)."""

    class Outcome(models.TextChoices):
        """What came of it."""

        WAITING = "waiting", "Waiting"
        DONE = "done", "Done"
        UNCHANGED = "unchanged", "Already so"
        REFUSED = "refused", "Refused"

    job = models.ForeignKey(
        BulkJob, on_delete=models.CASCADE, related_name="items", db_constraint=False
    )
    contact = models.ForeignKey(
        "contacts.Contact", on_delete=models.CASCADE, related_name="+", db_constraint=False
    )
    outcome = models.CharField(max_length=16, choices=Outcome.choices, default=Outcome.WAITING)
    reason = models.CharField(max_length=300, blank=True)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["job", "contact"], name="bulkitem_once"),)
        indexes = (models.Index(fields=["job", "outcome", "contact"], name="bulkitem_outcome"),)

    def __str__(self) -> str:
        return f"contact {self.contact_id} of job {self.job_id}"
