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

    class Meta:
        constraints = (models.CheckConstraint(condition=Q(pk=1), name="one_account"),)

    def __str__(self) -> str:
        return "The Sendblue account"
