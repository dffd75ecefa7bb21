"""The words in use for people."""

from __future__ import annotations

from django.db import models


class Label(models.Model):
    """A tag or the name of a custom variable that some contact has, so that it can be offered.

    Reading them off 100,000 contacts takes long; they are noted when contacts are saved.
    """

    class Kind(models.TextChoices):
        """What it names."""

        TAG = "tag", "Tag"
        VARIABLE = "variable", "Custom variable"

    kind = models.CharField(max_length=16, choices=Kind.choices)
    name = models.CharField(max_length=200)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["kind", "name"], name="label_once"),)

    def __str__(self) -> str:
        return self.name
