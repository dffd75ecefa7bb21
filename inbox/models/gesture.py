"""What is worth doing at once, and never otherwise."""

from __future__ import annotations

from django.db import models

from .thread import Thread


class Gesture(models.Model):
    """Our typing, a read receipt or a look at a shared place, for one thread.

    Dropped when it is late, never repeated. Nothing confirms typing and receipts (contract 2.3):
    `requested_at` says that Sendblue took it, not that a phone showed it.
    """

    class Kind(models.TextChoices):
        """What is asked of Sendblue."""

        TYPING = "typing"
        READ = "read"
        PLACE = "place"

    thread = models.ForeignKey(Thread, on_delete=models.CASCADE, related_name="gestures")
    kind = models.CharField(max_length=16, choices=Kind.choices)
    # For typing: start or stop. For a place: the row of the timeline that shows it.
    state = models.CharField(max_length=16, blank=True)
    wanted_at = models.DateTimeField()
    is_due = models.BooleanField(default=True)
    # While its request is under way.
    lease_until = models.DateTimeField(null=True, blank=True)
    requested_at = models.DateTimeField(null=True, blank=True)
    error = models.CharField(max_length=300, blank=True)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["thread", "kind"], name="gesture_once"),)
        indexes = (
            models.Index(fields=["wanted_at"], condition=models.Q(is_due=True), name="gesture_due"),
            models.Index(
                fields=["lease_until"],
                condition=models.Q(lease_until__isnull=False),
                name="gesture_under_way",
            ),
        )

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"
