"""The pace at which contacts are saved at Sendblue."""

from __future__ import annotations

from django.db import models


class PushPace(models.Model):
    """The only row says from when on the next request has its place; all workers keep to it."""

    free_at = models.DateTimeField()

    def __str__(self) -> str:
        return "pace of pushing"
