"""A list of people that went out."""

from __future__ import annotations

from django.conf import settings
from django.db import models


class ContactExport(models.Model):
    """Who took which contacts out as a file: its rows and digest are known when all was sent."""

    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    query = models.TextField(blank=True)
    row_count = models.BigIntegerField(null=True, blank=True)
    sha256 = models.CharField(max_length=64, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"export {self.pk}"
