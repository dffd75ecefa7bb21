"""What happened to a contact, newest first: edits, words about consent, and the file it came with.

Edits of one moment by one hand are one entry. Everything is placed by its time, so pages that
come from several tables neither lose nor repeat an entry.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from contacts.models import ConsentChange, ContactChange, ImportRow
from sendblue_inbox.keyset import Place

from .card import FIELDS, SAID

if TYPE_CHECKING:
    from datetime import datetime

    from contacts.models import Contact, ContactImport

A_PAGE = 20
# Whoever looks at a page that grew meanwhile gets all of it again, up to so many.
MOST_AGAIN = 200
# What one action writes is noted within this time.
AT_ONCE = timedelta(seconds=1)
FROM = {
    ContactChange.Source.AGENT: "Here",
    ContactChange.Source.CSV: "CSV file",
    ContactChange.Source.SENDBLUE: "Sendblue",
    ContactChange.Source.MERGE: "Merge",
}


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that changed: a name, and texts of before and after; empty texts are nothing."""

    name: str
    before: str = ""
    after: str = ""


@dataclass(slots=True)
class Entry:
    """What one hand did at one moment. `source` says from where, `run` names the import."""

    place: Place
    who: str
    source: str
    steps: list[Step] = field(default_factory=list)
    run: ContactImport | None = None
    words: str = ""
    note: str = ""
    message_handle: str = ""
    job_pk: int | None = None
    # A merge that can be undone.
    merge_pk: int | None = None

    @property
    def at(self) -> datetime:
        """When it happened."""
        return self.place.at


@dataclass(frozen=True, slots=True)
class HistoryPage:
    """Entries, newest first; `last` is the place of the oldest one, `older` where there is more."""

    entries: list[Entry]
    last: Place | None
    older: Place | None


def history_page(
    contact: Contact, *, before: Place | None = None, until: Place | None = None
) -> HistoryPage:
    """The newest rows, those older than `before`, or all that are not older than `until`."""
    limit = MOST_AGAIN if until else A_PAGE
    rows = [
        *_changes(contact, before, limit),
        *_consents(contact, before, limit),
        *_arrivals(contact, before),
    ]
    rows.sort(key=lambda entry: _order(entry.place), reverse=True)
    if until:
        shown = [entry for entry in rows if _order(entry.place) >= _order(until)]
        # Nothing is left on the page of somebody who went on while 200 things happened.
        shown = shown or rows[:A_PAGE]
    else:
        shown = rows[:A_PAGE]
    last = shown[-1].place if shown else None
    return HistoryPage(_joined(shown), last, last if len(rows) > len(shown) else None)


def _changes(contact: Contact, before: Place | None, limit: int) -> list[Entry]:
    found = contact.changes.select_related("author", "run").order_by("-at", "-pk")
    if before:
        found = found.filter(at__lte=before.at)
    kept = [row for row in found[: limit + A_PAGE] if _is_before(_change_place(row), before)]
    merges: dict[Any, int] = {}
    if any(row.field == "other_numbers" for row in kept):
        undoable = contact.merges.filter(undone_at=None, other__merged_into=contact)
        merges = dict(undoable.values_list("other__number", "pk"))
    return [
        Entry(
            _change_place(row),
            str(row.author) if row.author else "",
            FROM[ContactChange.Source(row.source)],
            _steps(row),
            row.run,
            job_pk=getattr(row, "job_id", None),
            merge_pk=merges.get(row.after) if row.field == "other_numbers" else None,
        )
        for row in kept[: limit + 1]
    ]


def _consents(contact: Contact, before: Place | None, limit: int) -> list[Entry]:
    found = contact.consent_changes.select_related("author").order_by("-as_of", "-pk")
    if before:
        found = found.filter(as_of__lte=before.at)
    kept = [row for row in found[: limit + A_PAGE] if _is_before(_consent_place(row), before)]
    return [
        Entry(
            _consent_place(row),
            str(row.author) if row.author else "",
            "",
            words=f"{'Opted out' if row.opted_out else 'Opted in'}: {_said(row)}",
            note=row.note,
            message_handle=row.message_handle,
        )
        for row in kept[: limit + 1]
    ]


def _arrivals(contact: Contact, before: Place | None) -> list[Entry]:
    """The files that made the contact: what they wrote anew has no changes of its own."""
    new = ImportRow.objects.filter(contact_id=contact.pk, verdict=ImportRow.Verdict.NEW)
    entries = [
        Entry(
            Place(max(contact.created_at, row.run.created_at), row.pk, "import"),
            str(row.run.author) if row.run.author else "",
            FROM[ContactChange.Source.CSV],
            run=row.run,
            words=f"Came with row {row.row} of a file",
        )
        for row in new.select_related("run__author").order_by("-pk")[:A_PAGE]
    ]
    return [entry for entry in entries if _is_before(entry.place, before)]


def _joined(entries: list[Entry]) -> list[Entry]:
    """Neighbours that one action wrote become one entry."""
    joined: list[Entry] = []
    for entry in entries:
        last = joined[-1] if joined else None
        if last and last.steps and entry.steps and _is_same_hand(last, entry):
            last.steps = [*entry.steps, *last.steps]
            last.merge_pk = last.merge_pk or entry.merge_pk
        else:
            joined.append(entry)
    return joined


def _is_same_hand(later: Entry, earlier: Entry) -> bool:
    hands = [(entry.who, entry.source, entry.run, entry.job_pk) for entry in (later, earlier)]
    names = [{step.name for step in entry.steps} for entry in (later, earlier)]
    # One action changes a field once.
    return hands[0] == hands[1] and later.at - earlier.at < AT_ONCE and not names[0] & names[1]


def _steps(row: ContactChange) -> list[Step]:
    if row.field == "tags":
        return _tag_steps(row.before or [], row.after or [])
    if row.field == "custom_variables":
        before, after = (
            value if isinstance(value, dict) else {} for value in (row.before, row.after)
        )
        labels = dict.fromkeys((*before, *after))
        return [
            Step(label, _text(before.get(label)), _text(after.get(label)))
            for label in labels
            if before.get(label) != after.get(label)
        ]
    return [
        Step(FIELDS.get(row.field, row.field.capitalize()), _text(row.before), _text(row.after))
    ]


def _tag_steps(before: list[str], after: list[str]) -> list[Step]:
    steps = [Step("Tag", "", tag) for tag in after if tag not in before]
    steps += [Step("Tag", tag, "") for tag in before if tag not in after]
    return steps or [Step("Tags", _text(before), _text(after))]


def _text(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(map(str, value))
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "" if value is None else str(value)


def _said(row: ConsentChange) -> str:
    words = SAID[ConsentChange.Source(row.source)]
    return (
        "noted here" if row.source == ConsentChange.Source.AGENT else words[0].lower() + words[1:]
    )


def _change_place(row: ContactChange) -> Place:
    return Place(row.at, row.pk, "change")


def _consent_place(row: ConsentChange) -> Place:
    return Place(row.as_of, row.pk, "consent")


def _is_before(place: Place, before: Place | None) -> bool:
    return before is None or _order(place) < _order(before)


def _order(place: Place) -> tuple[datetime, str, int]:
    return place.at, place.text, place.pk
