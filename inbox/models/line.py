"""One of our Sendblue numbers."""

from __future__ import annotations

from django.db import models

from sendblue_inbox.phone import national


class Line(models.Model):
    """A line that we send from and receive on, with its limits and its place in time.

    The limits start at the strictest published figures (contract, section 1.6) and are data, so
    that an account with others needs no new release. `busy_until` is the theoretical arrival time
    of a leaky bucket: when the line has rested from all that left on it.
    """

    class Status(models.TextChoices):
        """Sendblue's words for the state of a line (contract, section 4.9)."""

        ONLINE = "ONLINE"
        DEGRADED = "DEGRADED"
        OFFLINE = "OFFLINE"
        UNKNOWN = "UNKNOWN"

    number = models.CharField(max_length=32, unique=True)
    name = models.CharField(max_length=80, blank=True)
    status = models.CharField(max_length=16, choices=Status.choices, default=Status.UNKNOWN)
    status_changed_at = models.DateTimeField(null=True, blank=True)
    assignment = models.CharField(max_length=16, blank=True)
    # False once Sendblue no longer lists the line; its threads stay readable.
    is_ours = models.BooleanField(default=True)
    blocked_at = models.DateTimeField(null=True, blank=True)

    seconds_per_message = models.FloatField(default=1.0)
    burst = models.PositiveIntegerField(default=10)
    new_contacts_per_hour = models.PositiveIntegerField(default=15)
    new_contacts_per_day = models.PositiveIntegerField(default=50)
    messages_before_reply = models.PositiveIntegerField(default=5)
    queue_limit = models.PositiveIntegerField(default=1500)
    # What Sendblue last said of the line's use: new contacts used, left, when more (contract 2.8).
    usage = models.JSONField(null=True, blank=True)
    usage_sampled_at = models.DateTimeField(null=True, blank=True)
    # Sendblue refused a new contact and named this time; nobody new is written to before it.
    new_contacts_after = models.DateTimeField(null=True, blank=True)

    sends_read_receipts = models.BooleanField(default=False, db_default=False)
    # Why Sendblue would not do it on this line; empty where it was not asked or went well.
    read_receipts_refused = models.CharField(max_length=300, blank=True, db_default="")
    facetime_refused = models.CharField(max_length=300, blank=True, db_default="")

    busy_until = models.DateTimeField(null=True, blank=True)
    # The worker that sends on this line right now, and until when it may.
    sender = models.UUIDField(null=True, blank=True)
    sender_until = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return self.name or national(self.number)

    @property
    def trouble(self) -> str:
        """Why nothing can be sent on this line now, as a sentence; empty when it can."""
        if not self.is_ours:
            return f"{self} is no longer one of your lines. Choose another line."
        if self.blocked_at:
            return f"Sendblue has blocked {self}. Choose another line, or ask Sendblue support."
        return ""

    @property
    def is_away(self) -> bool:
        """Whether what is queued waits for the line to come back."""
        return bool(self.trouble) or self.status == self.Status.OFFLINE
