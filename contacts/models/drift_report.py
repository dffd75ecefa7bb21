"""How far our contacts and Sendblue's are apart, looked up at one moment."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from .run import Run


class DriftReport(Run):
    """One complete comparison. `counts` are {here, there, counted, same, only_here, only_there,
    differs, looked, unlooked}; `counted` is what Sendblue's own count says at the end,
    `counted_before` at the beginning. `author` is null for the nightly one.

    While Sendblue's list is read, `position` is the time from which reading goes on, in
    milliseconds; while what differs is looked at again, the last item that was.
    """

    class State(models.TextChoices):
        """Where it stands."""

        READING = "reading", "Reading Sendblue’s contacts"
        COMPARING = "comparing", "Comparing"
        DONE = "done", "Done"
        FAILED = "failed", "Not finished"

    state = models.CharField(max_length=16, choices=State.choices, default=State.READING)
    counts = models.JSONField(default=dict, blank=True)

    class Meta:
        indexes = (
            models.Index(
                fields=["created_at"],
                condition=Q(state__in=["reading", "comparing"]),
                name="driftreport_due",
            ),
        )

    def __str__(self) -> str:
        return f"report {self.pk}"


class DriftItem(models.Model):
    """One contact that is not the same on both sides."""

    class Kind(models.TextChoices):
        """In which way."""

        ONLY_HERE = "only_here", "Only here"
        ONLY_THERE = "only_there", "Only at Sendblue"
        DIFFERS = "differs", "Differs"

    report = models.ForeignKey(
        DriftReport, on_delete=models.CASCADE, related_name="items", db_constraint=False
    )
    kind = models.CharField(max_length=16, choices=Kind.choices)
    number = models.CharField(max_length=254)
    contact = models.ForeignKey(
        "contacts.Contact",
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="+",
        db_constraint=False,
    )
    # {field: [ours, theirs]}; what only one side has, with null for the other.
    fields = models.JSONField(default=dict, blank=True)
    # Why, as far as can be told: a key of contacts/presenting/drift.py.
    cause = models.CharField(max_length=32, blank=True)
    settled_at = models.DateTimeField(null=True, blank=True)
    # What was asked to be done about it: a key as well. Done when `settled_at` is set, and refused
    # when `error` says why.
    settled_as = models.CharField(max_length=32, blank=True)
    settled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    error = models.CharField(max_length=300, blank=True)
    # When Sendblue was asked about this one contact alone, and it still differed.
    looked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["report", "number"], name="driftitem_once"),)
        indexes = (
            models.Index(fields=["report", "kind", "cause", "id"], name="driftitem_kind"),
            models.Index(
                fields=["id"],
                condition=Q(settled_at__isnull=True, error="") & ~Q(settled_as=""),
                name="driftitem_asked",
            ),
        )

    def __str__(self) -> str:
        return f"difference {self.pk}"


class DriftSighting(models.Model):
    """A number that a report which is being made has read at Sendblue; gone when it is done."""

    report = models.ForeignKey(
        DriftReport, on_delete=models.CASCADE, related_name="sightings", db_constraint=False
    )
    number = models.CharField(max_length=254)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["report", "number"], name="driftsighting_once"),
        )

    def __str__(self) -> str:
        return f"sighting {self.pk}"
