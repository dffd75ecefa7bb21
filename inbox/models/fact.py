"""What is known about one message, fact by fact, each with its source."""

from __future__ import annotations

from django.db import models

from .message import Message


class Fact(models.Model):
    """One thing that happened to a message or was told of it; never changed, only counted again.

    `body` is what came over the wire, with secrets removed; it is dropped after some weeks, the
    fact itself stays. The same fact told twice is one row.
    """

    class Source(models.TextChoices):
        """Who says so."""

        AGENT = "agent", "An agent"
        INBOX = "inbox", "This inbox"
        ANSWER = "answer", "The answer to our request"
        CALLBACK = "callback", "The status callback"
        WEBHOOK = "webhook", "A webhook"
        STREAM = "stream", "The event stream"
        POLL = "poll", "A look at Sendblue’s list"

    # The unique constraint is its index.
    message = models.ForeignKey(
        Message, on_delete=models.CASCADE, related_name="facts", db_index=False
    )
    # When we learnt of it, and the time that Sendblue itself gives.
    seen_at = models.DateTimeField()
    told_at = models.DateTimeField(null=True, blank=True)
    source = models.CharField(max_length=16, choices=Source.choices)
    # What happened, in one word: written, claimed, posted, accepted, refused, lost, status, …
    name = models.CharField(max_length=24)
    status = models.CharField(max_length=32, blank=True)
    error_code = models.CharField(max_length=64, blank=True)
    words = models.CharField(max_length=300, blank=True)
    body = models.JSONField(null=True, blank=True)
    times = models.PositiveIntegerField(default=1)
    digest = models.CharField(max_length=64)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["message", "digest"], name="fact_once"),)
        indexes = (
            models.Index(
                fields=["seen_at"], condition=models.Q(body__isnull=False), name="fact_with_body"
            ),
        )

    def __str__(self) -> str:
        return f"fact {self.pk}"
