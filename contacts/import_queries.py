"""Questions about an import: how far it is, what became of its rows, which people it saved."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypedDict

from django.db.models import Count

from contacts.csv.guarding import guard, unguard
from contacts.csv.mapping import REASON, plain
from contacts.models import Contact, ContactImport, ImportRow

if TYPE_CHECKING:
    from collections.abc import Iterator

PAGE = 50
_AT_ONCE = 2_000

State = ContactImport.State
Verdict = ImportRow.Verdict


class Sent(TypedDict):
    """How many people that an import saved are how far on their way to Sendblue."""

    waiting: int
    saved: int
    refused: int


def progress(run: ContactImport) -> float | None:
    """The share of the work at hand that is done, 0 to 1; None where no work is under way."""
    if run.state == State.CHECKING:
        return min(1.0, run.counts.get("bytes", 0) / max(run.size, 1))
    if run.state in {State.SAVING, State.UNDOING} and run.total:
        done = run.position / run.total
        return done if run.state == State.SAVING else 1 - done
    return None


def verdict_counts(run: ContactImport) -> dict[str, int]:
    """How many rows have which verdict, every verdict named; while a file is checked, so far."""
    rows = ImportRow.objects.filter(run=run).order_by()
    found = dict(rows.values_list("verdict").annotate(Count("pk")))
    if not found:  # they have been removed: what was counted then
        found = run.counts
    return {verdict.value: found.get(verdict.value, 0) for verdict in Verdict}


def saved_here(run: ContactImport) -> tuple[int, int]:
    """How many of the rows that are to be saved have been, and how many there are."""
    due = ImportRow.objects.filter(run=run, verdict__in=[Verdict.NEW, Verdict.CHANGED])
    return due.filter(row__lte=run.position).count(), due.count()


def at_sendblue(run: ContactImport, *, due: int | None = None) -> Sent:
    """The other half of the way. People whom a later import saved again count there.

    Where it is known how many are `due`, those who are saved are not counted: what an import of
    long ago costs to look at does not grow with it.
    """
    people = Contact.objects.filter(last_import=run).order_by()
    if due is not None:
        people = people.filter(push_state__in=[Contact.Push.WAITING, Contact.Push.REFUSED])
    found = dict(people.values_list("push_state").annotate(Count("pk")))
    waiting, refused = found.get(Contact.Push.WAITING, 0), found.get(Contact.Push.REFUSED, 0)
    saved = found.get(Contact.Push.SAVED, 0) if due is None else max(0, due - waiting - refused)
    return Sent(waiting=waiting, saved=saved, refused=refused)


def page_of_rows(
    run: ContactImport, verdict: str = "", after: int = 0, *, most: int = PAGE
) -> list[ImportRow]:
    """The next rows of the import with that verdict (of all, where it is empty), in their order.

    `after` is the `row` of the last one that was shown.
    """
    rows = ImportRow.objects.filter(run=run, row__gt=after).order_by("row")
    return list((rows.filter(verdict=verdict) if verdict else rows)[:most])


def rejected_rows(run: ContactImport) -> Iterator[list[str]]:
    """The refused rows as they came, for a CSV: a header, then their cells and the reason.

    Guarded against formulas, ready to be corrected and imported again: the reason is left out
    then. Read in short queries, so that a slow download holds no connection.
    """
    kept = [
        at
        for at, column in enumerate(run.columns)
        if column["target"] or plain(column["name"]) != REASON
    ]
    names = [run.columns[at]["name"] or f"Column {at + 1}" for at in kept]
    yield [*map(_guarded, names), REASON]
    after = 0
    while rows := page_of_rows(run, Verdict.REFUSED, after, most=_AT_ONCE):
        for row in rows:
            cells = [row.cells[at] if at < len(row.cells) else "" for at in kept]
            extra = row.cells[len(run.columns) :]
            yield [*map(_guarded, [*cells, *extra]), f"Line {row.line}: {row.reason}"]
        after = rows[-1].row


def _guarded(cell: str) -> str:
    return guard(unguard(cell))
