"""Asking Sendblue which service a number has."""

from __future__ import annotations

from django.db import models
from django.db.models import Q


class ServiceCheck(models.Model):
    """One lookup by evaluate-service (contract 2.5): asked for, then answered or failed.

    The rows of the last hour and day are the budget that is used up: 30 and 100 (contract 1.6).
    """

    number = models.CharField(max_length=254)
    service = models.CharField(max_length=16, blank=True)
    asked_at = models.DateTimeField()
    # When the request left, which is what counts against the budget; null while it waits.
    posted_at = models.DateTimeField(null=True, blank=True)
    answered_at = models.DateTimeField(null=True, blank=True)
    error = models.CharField(max_length=300, blank=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=["number"], condition=Q(posted_at__isnull=True), name="one_waiting_check"
            ),
        )
        indexes = (
            models.Index(fields=["number", "-answered_at"], name="servicecheck_newest"),
            models.Index(fields=["posted_at"], name="servicecheck_posted"),
        )

    def __str__(self) -> str:
        return f"service check {self.pk}"
