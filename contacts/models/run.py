"""Work over many contacts that outlives every process that does it."""

from __future__ import annotations

from django.conf import settings
from django.db import models


class Run(models.Model):
    """A long piece of work: claimed by lease, done in batches, each batch with its checkpoint.

    The row is the queue. `position` is the last row (of whatever is walked) whose batch has been
    committed; `total` is how many there are, null while nobody knows. `lease` is the proof of who
    works on it: whoever finds another one there has lost the run and stops
    (contacts/actions/running.py).
    """

    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    position = models.BigIntegerField(default=0, db_default=0)
    total = models.BigIntegerField(null=True, blank=True)
    lease = models.UUIDField(null=True, blank=True)
    lease_until = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveIntegerField(default=0, db_default=0)
    # Asked to stop: looked at between batches.
    is_cancelled = models.BooleanField(default=False, db_default=False)
    # One sentence for people; empty where nothing is wrong.
    error = models.CharField(max_length=300, blank=True, db_default="")
    created_at = models.DateTimeField(auto_now_add=True)
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        abstract = True
