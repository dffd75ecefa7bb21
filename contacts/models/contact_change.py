"""What was changed of a contact, field by field."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from .contact import Contact


class ContactChange(models.Model):
    """One field of one contact at one moment: what it was, what it became, who and from where.

    Written by the hundred thousand when a file is imported, and contacts are never deleted, hence
    no foreign keys that the database checks. What an import made anew has no changes: its rows
    tell (ImportRow).
    """

    class Source(models.TextChoices):
        """Where the change came from."""

        AGENT = "agent", "An agent"
        CSV = "csv", "A CSV file"
        SENDBLUE = "sendblue", "Sendblue"
        MERGE = "merge", "A merge"

    contact = models.ForeignKey(
        Contact,
        on_delete=models.CASCADE,
        related_name="changes",
        db_constraint=False,
        db_index=False,  # the index below begins with it
    )
    field = models.CharField(max_length=64)
    before = models.JSONField(null=True, blank=True)
    after = models.JSONField(null=True, blank=True)
    source = models.CharField(max_length=16, choices=Source.choices)
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        db_constraint=False,
        db_index=False,
    )
    # The import that made it.
    run = models.ForeignKey(
        "contacts.ContactImport",
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        db_constraint=False,
        db_index=False,
    )
    # The bulk job that made it.
    job = models.ForeignKey(
        "contacts.BulkJob",
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        db_constraint=False,
        db_index=False,
    )
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        indexes = (
            models.Index(fields=["contact", "-id"], name="contactchange_newest"),
            models.Index(
                fields=["run", "id"],
                condition=models.Q(run__isnull=False),
                name="contactchange_of_run",
            ),
            models.Index(
                fields=["job", "contact"],
                condition=models.Q(job__isnull=False),
                name="contactchange_of_job",
            ),
        )

    def __str__(self) -> str:
        return f"change {self.pk}"
