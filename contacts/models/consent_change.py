"""What a person wanted, when, and how we know."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from .contact import Contact


class ConsentChange(models.Model):
    """One word about consent, never changed and never removed: the ledger behind `opted_out`.

    The newest word counts; Sendblue's list of contacts gives no time, so it counts only where
    nobody ever said anything. `message_handle` names the message that proves it.
    """

    class Source(models.TextChoices):
        """How we know."""

        WORD = "word", "They texted it"
        FLAG = "flag", "Sendblue marked a message of theirs"
        REFUSAL = "refusal", "Sendblue refused a send"
        LIST = "list", "Sendblue’s list of contacts"
        AGENT = "agent", "An agent noted it"
        CSV = "csv", "A CSV file"

    contact = models.ForeignKey(Contact, on_delete=models.CASCADE, related_name="consent_changes")
    opted_out = models.BooleanField()
    as_of = models.DateTimeField()
    source = models.CharField(max_length=16, choices=Source.choices)
    message_handle = models.CharField(max_length=200, blank=True)
    # Who noted it here, and how they came to know: "they asked by phone".
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    note = models.CharField(max_length=300, blank=True, db_default="")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=["contact", "as_of", "source", "opted_out", "message_handle"],
                name="consent_once",
            ),
        )

    def __str__(self) -> str:
        return f"consent {self.pk}"
