"""How far our copy of the account has come."""

from __future__ import annotations

from django.db import models


class SyncState(models.Model):
    """One kind of thing that is pulled from Sendblue: when next, and how far we are.

    `watermark` is the newest change that was committed here (the lower bound of the next pull,
    with some overlap). `backfilled_to` is the place of a walk through everything, to be resumed
    there: of messages the oldest moment reached, of contacts the newest. `next_run_at` is null
    when there is nothing more to do.
    """

    class Kind(models.TextChoices):
        """What is pulled, in the order of a first contact."""

        LINES = "lines"
        CONTACTS = "contacts"
        MESSAGES = "messages"
        HISTORY = "history"
        WEBHOOKS = "webhooks"

    kind = models.CharField(max_length=16, choices=Kind.choices, unique=True)
    next_run_at = models.DateTimeField(null=True, blank=True)
    lease_until = models.DateTimeField(null=True, blank=True)
    watermark = models.DateTimeField(null=True, blank=True)
    backfilled_to = models.DateTimeField(null=True, blank=True)
    rows_seen = models.PositiveBigIntegerField(default=0)
    # What Sendblue listed and could not be understood; the log says why.
    rows_skipped = models.PositiveBigIntegerField(default=0)
    finished_at = models.DateTimeField(null=True, blank=True)
    failures = models.PositiveIntegerField(default=0)
    error = models.CharField(max_length=300, blank=True)

    def __str__(self) -> str:
        return f"sync of {self.kind}"
