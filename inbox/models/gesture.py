"""What is shown to a person if it reaches them at once, and never otherwise."""

from __future__ import annotations

from django.db import models

from .thread import Thread


class Gesture(models.Model):
    """Our typing, or a read receipt, for one thread. Dropped when it is late, never repeated.

    Nothing confirms a gesture (contract 2.3): `requested_at` says that Sendblue took it, not that
    a phone showed it.
    """

    class Kind(models.TextChoices):
        """What the person would see."""

        TYPING = "typing"
        READ = "read"

    thread = models.ForeignKey(Thread, on_delete=models.CASCADE, related_name="gestures")
    kind = models.CharField(max_length=16, choices=Kind.choices)
    # For typing: start or stop.
    state = models.CharField(max_length=16, blank=True)
    wanted_at = models.DateTimeField()
    is_due = models.BooleanField(default=True)
    requested_at = models.DateTimeField(null=True, blank=True)
    error = models.CharField(max_length=300, blank=True)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["thread", "kind"], name="gesture_once"),)
        indexes = (
            models.Index(fields=["wanted_at"], condition=models.Q(is_due=True), name="gesture_due"),
        )

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"
