"""A file that came with a message or goes out with one."""

from __future__ import annotations

import secrets

from django.conf import settings
from django.db import models
from django.db.models import Q

from .message import Message
from .thread import Thread


def random_key() -> str:
    """What names the file in addresses and in the storage; cannot be guessed."""
    return secrets.token_urlsafe(24)


class MediaFile(models.Model):
    """A file of a thread and what is known about our copy of it.

    Inbound files lie at Sendblue (`source_url`) for 30 days and are copied here. Outbound files
    are here first and are handed to Sendblue (`media_url`) before their message is sent; until an
    agent sends them they belong to a draft and have no message.
    """

    class State(models.TextChoices):
        """How safe our copy is."""

        WAITING = "waiting", "is to be copied"
        SAFE = "safe", "is in our storage"
        REFUSED = "refused", "must not or need not be copied"
        LOST = "lost", "Sendblue no longer has it"

    key = models.CharField(max_length=64, unique=True, default=random_key, editable=False)
    thread = models.ForeignKey(Thread, on_delete=models.CASCADE, related_name="files")
    message = models.ForeignKey(
        Message, on_delete=models.SET_NULL, null=True, blank=True, related_name="files"
    )
    position = models.PositiveSmallIntegerField(default=0)
    is_outbound = models.BooleanField(default=False)
    uploader = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    source_url = models.TextField(blank=True)
    media_url = models.TextField(blank=True)

    name = models.CharField(max_length=200, blank=True)
    content_type = models.CharField(max_length=100, blank=True)
    size = models.BigIntegerField(null=True, blank=True)
    sha256 = models.CharField(max_length=64, blank=True)
    width = models.PositiveIntegerField(null=True, blank=True)
    height = models.PositiveIntegerField(null=True, blank=True)
    # What a contact card or a voice note holds, read once.
    details = models.JSONField(default=dict, blank=True)
    # Names in the storage: the file itself, and a small picture of it.
    stored_as = models.CharField(max_length=200, blank=True)
    preview_as = models.CharField(max_length=200, blank=True)

    state = models.CharField(max_length=16, choices=State.choices, default=State.WAITING)
    error = models.CharField(max_length=300, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    fetch_after = models.DateTimeField(null=True, blank=True)
    lease_until = models.DateTimeField(null=True, blank=True)
    fetched_at = models.DateTimeField(null=True, blank=True)
    # When Sendblue deletes its copy of a received file.
    expires_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=["message", "position"],
                condition=Q(message__isnull=False),
                name="file_once_a_place",
            ),
        )
        indexes = (
            models.Index(
                fields=["fetch_after"], condition=Q(state="waiting"), name="mediafile_due"
            ),
            models.Index(fields=["sha256"], condition=~Q(sha256=""), name="mediafile_same"),
            models.Index(
                fields=["created_at"], condition=Q(message__isnull=True), name="mediafile_drafts"
            ),
        )

    def __str__(self) -> str:
        return f"file {self.pk}"
