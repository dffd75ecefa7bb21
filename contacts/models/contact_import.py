"""A list of people from a file, and what became of each of its rows."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from .run import Run


class ContactImport(Run):
    """One file on its way into the contacts: uploaded, checked without writing, saved, undone.

    `columns` says of each column of the file where its cells go: a list of {name, target, label}
    (contacts/csv/mapping.py). `counts` are those of the rows' verdicts once all were judged, and
    of what was really saved once it is; an undo adds `removed`, `restored` and `kept`. While a
    file is checked they hold the place where reading goes on. `total` is its number of rows, and
    `position` the last one that is judged or saved: an undo goes back from there to 0.
    """

    class State(models.TextChoices):
        """Where it stands. A person moves it on from UPLOADED, CHECKED and DONE."""

        UPLOADED = "uploaded", "Columns to confirm"
        CHECKING = "checking", "Being checked"
        CHECKED = "checked", "Checked, nothing written yet"
        SAVING = "saving", "Being saved"
        DONE = "done", "Saved here"
        CANCELLED = "cancelled", "Cancelled"
        UNDOING = "undoing", "Being undone"
        UNDONE = "undone", "Undone"
        REFUSED = "refused", "Cannot be read"

    class Existing(models.TextChoices):
        """What becomes of people who are contacts already."""

        FILL = "fill", "Fill in what is empty"
        OVERWRITE = "overwrite", "Overwrite with what the file says"
        SKIP = "skip", "Leave them as they are"

    state = models.CharField(max_length=16, choices=State.choices, default=State.UPLOADED)
    name = models.CharField(max_length=255)
    # Where the file lies in the storage; empty once it has been removed.
    stored_as = models.CharField(max_length=200, blank=True)
    size = models.BigIntegerField()
    sha256 = models.CharField(max_length=64, blank=True)
    encoding = models.CharField(max_length=16, blank=True)
    delimiter = models.CharField(max_length=1, blank=True)
    has_header = models.BooleanField(default=True)
    columns = models.JSONField(default=list, blank=True)
    country = models.CharField(max_length=2, default="US")
    existing = models.CharField(max_length=16, choices=Existing.choices, default=Existing.FILL)
    counts = models.JSONField(default=dict, blank=True)
    checked_at = models.DateTimeField(null=True, blank=True)
    undone_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = (
            models.Index(
                fields=["created_at"],
                condition=Q(state__in=["checking", "saving", "undoing"]),
                name="contactimport_due",
            ),
        )

    def __str__(self) -> str:
        return f"import {self.pk}"

    @property
    def can_be_undone(self) -> bool:
        """Whether it has saved something, of which the rows are still kept."""
        is_over = self.state in {self.State.DONE, self.State.CANCELLED}
        return is_over and self.checked_at is not None and self.position > 0


class ImportRow(models.Model):
    """One row of a file and what it means, known by (run, row), so judging it twice is once.

    `values` are the fields that the row gives, normalised; `changes` is {field: [before, after]}
    of a contact that exists. Rows are written by the hundred thousand, hence no foreign key that
    the database checks.
    """

    class Verdict(models.TextChoices):
        """What saving does with it."""

        NEW = "new", "New"
        CHANGED = "changed", "Changed"
        SAME = "same", "Already so"
        SKIPPED = "skipped", "Left as they are"
        DUPLICATE = "duplicate", "Twice in the file"
        OPTED_OUT = "opted_out", "Opted out"
        REFUSED = "refused", "Refused"

    run = models.ForeignKey(
        ContactImport, on_delete=models.CASCADE, related_name="rows", db_constraint=False
    )
    row = models.IntegerField()  # the first row of people is 1
    line = models.IntegerField()  # the last line of the file that belongs to it
    number = models.CharField(max_length=254, blank=True)
    verdict = models.CharField(max_length=16, choices=Verdict.choices)
    values = models.JSONField(default=dict, blank=True)
    changes = models.JSONField(default=dict, blank=True)
    # Of a refused row: its cells as they came, which one is wrong (from 0), and why.
    cells = ArrayField(models.TextField(), default=list, blank=True)
    column = models.SmallIntegerField(null=True, blank=True)
    reason = models.CharField(max_length=300, blank=True)
    # Of a row that stands twice in the file: the later one, which counts.
    duplicate_of = models.IntegerField(null=True, blank=True)
    # Of a new contact the key that it will get, from the check on.
    contact_id = models.BigIntegerField(null=True, blank=True)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["run", "row"], name="importrow_once"),)
        indexes = (
            models.Index(fields=["run", "verdict", "row"], name="importrow_verdict"),
            models.Index(
                fields=["contact_id", "-id"],
                condition=Q(contact_id__isnull=False),
                name="importrow_contact",
            ),
        )

    def __str__(self) -> str:
        return f"row {self.row} of import {self.run_id}"
