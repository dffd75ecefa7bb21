"""A person at the other end of a line."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models

from sendblue_inbox.phone import national


class Contact(models.Model):
    """A person, known by a phone number in E.164 or an iMessage e-mail address.

    Field names are Sendblue's (contract, section 2.6).
    """

    number = models.CharField(max_length=254, unique=True)
    first_name = models.CharField(max_length=200, blank=True)
    last_name = models.CharField(max_length=200, blank=True)
    company_name = models.CharField(max_length=200, blank=True)
    assigned_to_email = models.CharField(max_length=254, blank=True)
    sendblue_number = models.CharField(max_length=32, blank=True)
    tags = ArrayField(models.CharField(max_length=100), default=list, blank=True)
    custom_variables = models.JSONField(default=dict, blank=True)
    verified = models.BooleanField(null=True)
    opted_out = models.BooleanField(default=False)
    # When the newest word about consent was written; older words that come later change nothing.
    opted_out_as_of = models.DateTimeField(null=True, blank=True)
    # Folded name, company and number, and their three-letter pieces (sendblue_inbox/fragments.py).
    search_text = models.TextField(blank=True, editable=False)
    search_pieces = ArrayField(models.TextField(), default=list, blank=True, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        indexes = (GinIndex(fields=["search_pieces"], name="contact_search_pieces"),)

    def __str__(self) -> str:
        return self.name or national(self.number)

    @property
    def name(self) -> str:
        """First and last name, or the company, or nothing."""
        return f"{self.first_name} {self.last_name}".strip() or self.company_name

    @property
    def initials(self) -> str:
        """One or two letters for the person's avatar; empty where only a number is known."""
        words = self.name.split()
        return "".join(word[0] for word in (*words[:1], *words[1:][-1:])).upper()
