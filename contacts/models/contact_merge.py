"""Two contacts that turned out to be one person."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from .contact import Contact


class ContactMerge(models.Model):
    """What both had before, and what the person has since, so that it can be undone."""

    contact = models.ForeignKey(Contact, on_delete=models.CASCADE, related_name="merges")
    other = models.ForeignKey(Contact, on_delete=models.CASCADE, related_name="+")
    contact_before = models.JSONField()
    other_before = models.JSONField()
    after = models.JSONField()
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    at = models.DateTimeField(auto_now_add=True)
    undone_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"merge {self.pk}"
