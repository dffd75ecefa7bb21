"""The dry run of an import: every row judged against the contacts, which are only read."""

from __future__ import annotations

from typing import IO, TYPE_CHECKING, Any

from django.db import transaction

from contacts.csv.applying import changes_of
from contacts.csv.judging import Judge
from contacts.csv.reading import Place, Unusable, batches
from contacts.models import Contact, ContactImport, ImportRow
from sendblue_inbox import live
from sendblue_inbox.clock import now
from sendblue_inbox.crashpoints import reached
from sendblue_inbox.ring import ring

from .importing import columns_of, dialect_of, opened
from .judged_rows import (
    JudgedRow,
    count_rows,
    forget_rows,
    keep_rows,
    mark_duplicates,
    reserve_keys,
)
from .merging import SYNCED
from .running import checkpoint, release

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from contacts.csv import Record
    from sendblue_inbox.rows import Turn

BATCH = 5_000
MOST_ROWS = 2_000_000
MOST_MERGES = 5  # one after the other, of one person
CONSENT = "opted_out"
# What a row is judged by.
LOOKED_AT = ("id", "number", *SYNCED, CONSENT, "opted_out_as_of", "removed_at", "merged_into_id")

State = ContactImport.State
Existing = ContactImport.Existing
Verdict = ImportRow.Verdict
REFUSED = Verdict.REFUSED.value


def check(run: ContactImport, turn: Turn) -> None:
    """Judge the rows of a run that we hold, until the turn is over or all is known."""
    if not run.counts:
        forget_rows(run)
    try:
        with opened(run) as file:
            judge = Judge(columns_of(run), country=run.country)
            start = Place(*run.counts.get("place", ()))
            for records, place in batches(file, dialect_of(run), size=BATCH, start=start):
                _check_batch(run, judge, records, place, file)
                if run.is_cancelled:
                    return _leave(run, state=State.CANCELLED, finished_at=now(), counts={})
                if turn.is_over:
                    return _leave(run)
    except Unusable as refusal:
        with transaction.atomic():
            forget_rows(run)
            _leave(run, state=State.REFUSED, error=str(refusal)[:300], finished_at=now(), counts={})
        return None
    return _finish(run)


def _check_batch(
    run: ContactImport, judge: Judge, records: Sequence[Record], place: Place, file: IO[bytes]
) -> None:
    if place.row > MOST_ROWS:
        raise Unusable(f"The file has more than {MOST_ROWS:,} rows. Split it into several files.")
    judged = [(record, judge.judge(record.cells)) for record in records]
    with transaction.atomic():
        people = people_by_number({one.number for _record, one in judged if one.number})
        keys = iter(reserve_keys(len(records)))
        rows = []
        for record, one in judged:
            row, line, cells, error = record
            if error or not one.number:
                column, reason = (None, error) if error else (one.column, one.reason)
                refused = JudgedRow(row, line, REFUSED, cells=cells, column=column, reason=reason)
                rows.append(refused)
                continue
            person = people.get(one.number)
            verdict, changes = verdict_of(
                one.values, person, existing=run.existing, as_of=run.created_at
            )
            judged_row = JudgedRow(row, line, verdict.value, one.number, one.values, changes)
            rows.append(judged_row._replace(contact_id=person["id"] if person else next(keys)))
        keep_rows(run, rows)
        counts = {"place": [place.row, place.line, place.mark], "bytes": file.tell()}
        reached("importing.checking")
        checkpoint(run, position=place.row, counts=counts)
        live.notify(f"import-{run.pk}")
    reached("importing.checked")


def verdict_of(
    said: Mapping[str, Any],
    person: Mapping[str, Any] | None,
    *,
    existing: str,
    as_of: datetime,
) -> tuple[ImportRow.Verdict, dict[str, tuple[Any, Any]]]:
    """What saving does with a row about this person, who may be unknown, and what it changes.

    Who has opted out stays as they are. An opt-out in the file is heard in every mode, unless the
    person has said something newer.
    """
    if person is None:
        return Verdict.NEW, {}
    if person[CONSENT]:
        return Verdict.OPTED_OUT, {}
    if person["removed_at"]:
        return Verdict.NEW, {}
    if existing == Existing.SKIP:
        said = {CONSENT: True} if CONSENT in said else {}
    if CONSENT in said and person["opted_out_as_of"] and person["opted_out_as_of"] > as_of:
        said = {name: value for name, value in said.items() if name != CONSENT}
    changes = changes_of(said, person, overwrites=existing == Existing.OVERWRITE)
    if changes:
        return Verdict.CHANGED, changes
    return (Verdict.SKIPPED if existing == Existing.SKIP else Verdict.SAME), {}


def people_by_number(numbers: set[str]) -> dict[str, dict[str, Any]]:
    """Who has these numbers, with what a row is judged by; of another number of theirs as well."""
    # As one array: thousands of parameters take longer to write down than to look up.
    known = Contact.objects.extra(where=["number = ANY(%s)"], params=[list(numbers)])
    found = {row["number"]: row for row in known.values(*LOOKED_AT)}
    for _ in range(MOST_MERGES):
        others = {row["merged_into_id"] for row in found.values()} - {None}
        if not others:
            break
        people = {
            row["id"]: row for row in Contact.objects.filter(pk__in=others).values(*LOOKED_AT)
        }
        for number, row in found.items():
            found[number] = people.get(row["merged_into_id"], row)
    return found


def _finish(run: ContactImport) -> None:
    with transaction.atomic():
        mark_duplicates(run)
        counts = count_rows(run)
        _leave(run, state=State.CHECKED, checked_at=now(), total=run.position, counts=counts)


def _leave(run: ContactImport, **columns: Any) -> None:
    with transaction.atomic():
        release(run, **columns)
        live.notify(f"import-{run.pk}")
        if run.state == State.CHECKING:
            ring("importing")
