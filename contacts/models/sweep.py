"""Complete readings of Sendblue's contacts, to know who is no longer there."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models


class Sweep(models.Model):
    """One walk through all of Sendblue's contacts, by the time at which they were made there.

    `place` is the bound at which it goes on; null: at the beginning. Only what a whole sweep did
    not show may be gone: one that showed fewer than Sendblue counts proves nothing.
    """

    started_at = models.DateTimeField()
    place = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    is_whole = models.BooleanField(default=False)
    # Contacts that it showed, that Sendblue counted, and that we knew and it did not show.
    seen = models.IntegerField(default=0)
    counted = models.IntegerField(null=True, blank=True)
    missed = models.IntegerField(default=0)

    def __str__(self) -> str:
        return f"sweep {self.pk}"


class SweepPage(models.Model):
    """Whom one page showed: kept while the sweep is under way.

    Each by number, a space and Sendblue's id, which tells apart what it lists twice.
    """

    sweep = models.ForeignKey(
        Sweep, on_delete=models.CASCADE, related_name="pages", db_constraint=False
    )
    shown = ArrayField(models.TextField())

    def __str__(self) -> str:
        return f"page {self.pk} of sweep {self.sweep_id}"
