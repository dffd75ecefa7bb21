"""What the page of exports says of each."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from contacts.filtering import ContactFilter
from contacts.lines import our_lines
from contacts.models import ContactExport
from sendblue_inbox.clock import now

MOST_SHOWN = 100
# A download that has said nothing for so long has ended with its process.
PATIENCE = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class ExportRow:
    """An export and how it went: a kind, and words."""

    export: ContactExport
    whom: str
    kind: str
    words: str


def export_rows() -> list[ExportRow]:
    """The newest exports."""
    found = ContactExport.objects.select_related("author").order_by("-pk")[:MOST_SHOWN]
    lines = our_lines()
    return [
        ExportRow(export, ContactFilter.parse(export.query).words(lines), *_state(export))
        for export in found
    ]


def _state(export: ContactExport) -> tuple[str, str]:
    if export.finished_at:
        return "done", "Whole"
    if export.row_count is not None:
        return "cut", "Cut off: not all of it was taken"
    if now() - export.created_at < PATIENCE:
        return "running", "Being taken"
    return "cut", "Not finished"
