"""What holds for the whole Sendblue account."""

from __future__ import annotations

from django.db import models
from django.db.models import Q


class Account(models.Model):
    """The one row about our Sendblue account; a migration makes it.

    While `sending_paused_at` is set nothing leaves: the keys were refused, or a backup was
    restored. A person lets it go on.
    """

    sending_paused_at = models.DateTimeField(null=True, blank=True)
    sending_paused_reason = models.CharField(max_length=300, blank=True)
    keys_checked_at = models.DateTimeField(null=True, blank=True)
    keys_refused = models.CharField(max_length=300, blank=True)
    # How often evaluate-service may be asked (contract 1.6, 2026-10); support grants more.
    service_checks_per_hour = models.PositiveIntegerField(default=30, db_default=30)
    service_checks_per_day = models.PositiveIntegerField(default=100, db_default=100)

    class Meta:
        constraints = (models.CheckConstraint(condition=Q(pk=1), name="one_account"),)

    def __str__(self) -> str:
        return "The Sendblue account"
