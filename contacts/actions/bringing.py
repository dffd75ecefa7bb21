"""Saving what an import has judged: new people, and what changes of those who are there.

Each batch looks again at the people it is about, under their locks: what was edited since the dry
run counts, and a row says afterwards what was really saved. While PostgreSQL writes one batch, a
thread beside prepares the next one.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, NamedTuple

import orjson
from django.db import connection, connections, transaction

from contacts.csv.applying import VARIABLES
from contacts.models import ConsentChange, Contact, ContactChange, ContactImport, ImportRow
from sendblue_inbox import live
from sendblue_inbox.clock import now
from sendblue_inbox.crashpoints import reached
from sendblue_inbox.ring import ring

from .checking import CONSENT, people_by_number, verdict_of
from .indexing import search_columns
from .judged_rows import count_rows
from .merging import NOTHING, SYNCED
from .running import checkpoint, release
from .writing import copy_changes, insert_rows, update_contacts

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from concurrent.futures import Future

    from sendblue_inbox.rows import Turn

BATCH = 5_000
# JSON as text: orjson reads it three times as fast as what Django brings.
DUE = """
    SELECT id, number, verdict, contact_id, "values"::text, changes::text FROM contacts_importrow
    WHERE run_id = %s AND row > %s AND row <= %s AND verdict IN ('new', 'changed') ORDER BY row"""
# The search index takes many new people at once far quicker than one by one; what it has put aside
# is put in at the end of a turn, so that no search and no other writer has to.
PUT_ASIDE = "SET LOCAL gin_pending_list_limit = '32MB'"
PUT_IN = """
    SELECT gin_clean_pending_list(oid) FROM pg_class
    WHERE relname = 'contact_search_pieces' AND pg_has_role(relowner, 'USAGE')"""
CHANGED = (
    *SYNCED,
    *("conflicts", "version", "push_state", "push_error", "push_after", "push_attempts"),
    *("removed_at", CONSENT, "opted_out_as_of", "last_import"),
)

State = ContactImport.State
Verdict = ImportRow.Verdict
NEW = Verdict.NEW.value


class Due(NamedTuple):
    """A row that is to be saved, as it was judged."""

    id: int
    number: str
    verdict: str
    contact_id: int | None
    values: dict[str, Any]
    changes: dict[str, list[Any]]


class Prepared(NamedTuple):
    """A batch: all of its rows, and the columns of those who are new, by number."""

    rows: list[Due]
    columns: dict[str, dict[str, Any]]


def save(run: ContactImport, turn: Turn) -> None:
    """Save the rows of a run that we hold, until the turn is over or all are saved."""
    total = run.total or 0
    with ThreadPoolExecutor(1, "import") as beside:
        try:
            coming: Future[Prepared] = beside.submit(_prepare, run, run.position)
            while run.position < total:
                batch, after = coming.result(), run.position + BATCH
                coming = beside.submit(_prepare, run, after)
                _save_batch(run, batch, min(after, total))
                if run.is_cancelled or turn.is_over:
                    break
        finally:
            beside.submit(connections.close_all).result()
    _execute(PUT_IN)
    if run.position >= total:
        _leave(run, state=State.DONE, finished_at=now(), counts=count_rows(run))
    elif run.is_cancelled:
        _leave(run, state=State.CANCELLED, finished_at=now(), counts=count_rows(run))
    else:
        _leave(run)


def _prepare(run: ContactImport, after: int) -> Prepared:
    """The next rows, read and computed without holding anything."""
    with connection.cursor() as cursor:
        cursor.execute(DUE, [run.pk, after, after + BATCH])
        found = [
            Due(pk, number, verdict, key, orjson.loads(values), orjson.loads(changes))
            for pk, number, verdict, key, values, changes in cursor
        ]
    edited = _edited(run)
    return Prepared(
        found,
        {row.number: _columns(row, edited, run) for row in found if row.verdict == NEW},
    )


def _edited(run: ContactImport) -> dict[str, Any]:
    """What every contact that an import has written says of it, but for its version."""
    return {
        "last_import_id": run.pk,
        "push_state": Contact.Push.WAITING.value,
        "push_error": "",
        "push_after": now(),
        "push_attempts": 0,
    }


def _columns(row: Due, edited: Mapping[str, Any], run: ContactImport) -> dict[str, Any]:
    columns = {"id": row.contact_id, "number": row.number, "version": 1, **row.values, **edited}
    if CONSENT in row.values:
        columns["opted_out_as_of"] = run.created_at
    columns |= search_columns(columns)
    # Letters, digits and ^ alone: as PostgreSQL writes arrays it reads them faster than as JSON.
    columns["search_pieces"] = "{" + ",".join(columns["search_pieces"]) + "}"
    return columns


def _save_batch(run: ContactImport, batch: Prepared, position: int) -> None:
    with transaction.atomic():
        _execute(PUT_ASIDE)
        people = _locked_people(row.number for row in batch.rows)
        made = insert_rows(
            [columns for number, columns in batch.columns.items() if number not in people]
        )
        lost = {row.number for row in batch.rows} - people.keys() - made.keys()
        people |= _locked_people(lost)  # written by another worker since we looked
        _change_people(run, [row for row in batch.rows if row.number in people], people)
        _note_consent(run, [made[row.number] for row in batch.rows if _stops(row, made)])
        reached("importing.saving")
        checkpoint(run, position=position)
        live.notify(f"import-{run.pk}", "contacts")
        ring("pushing")
    reached("importing.saved")


def _execute(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)


def _stops(row: Due, made: Mapping[str, int]) -> bool:
    return CONSENT in row.values and row.number in made


def _change_people(run: ContactImport, rows: list[Due], people: Mapping[str, Contact]) -> None:
    changed: dict[int, Contact] = {}
    history: list[ContactChange] = []
    corrected: list[ImportRow] = []
    stopped: list[int] = []
    for row in rows:
        person = people[row.number]
        verdict, changes = verdict_of(
            row.values, vars(person), existing=run.existing, as_of=run.created_at
        )
        said = {name: list(pair) for name, pair in changes.items()}
        if (row.verdict, row.contact_id, row.changes) != (verdict, person.pk, said):
            corrected.append(
                ImportRow(pk=row.id, verdict=verdict, contact_id=person.pk, changes=said)
            )
        if verdict not in {Verdict.NEW, Verdict.CHANGED}:
            continue
        after = {name: new for name, (_before, new) in changes.items()}
        if verdict == Verdict.NEW:  # was removed, and is a contact again, without a past
            after = {**NOTHING, **row.values}
            person.removed_at = None
        if CONSENT in after:
            after["opted_out_as_of"] = run.created_at
            stopped.append(person.pk)
        _change(person, {**after, **_edited(run)}, settled=changes)
        changed[person.pk] = person
        history += _history(run, person, changes)
    update_contacts(list(changed.values()), CHANGED)
    copy_changes(history)
    _note_consent(run, stopped)
    ImportRow.objects.bulk_update(corrected, ["verdict", "contact_id", "changes"], 500)


def _change(person: Contact, after: Mapping[str, Any], *, settled: Mapping[str, Any]) -> None:
    for name, value in after.items():
        setattr(person, name, value)
    person.version += 1
    person.conflicts = {
        field: theirs
        for field, theirs in person.conflicts.items()
        if not _settles(settled, *field.partition(".")[::2])
    }


def _settles(changes: Mapping[str, Any], name: str, label: str) -> bool:
    if name != VARIABLES:
        return name in changes
    before, after = changes.get(name, ({}, {}))
    return before.get(label) != after.get(label)


def _history(
    run: ContactImport, person: Contact, changes: Mapping[str, tuple[Any, Any]]
) -> list[ContactChange]:
    return [
        ContactChange(
            contact=person,
            field=name,
            before=before,
            after=after,
            source=ContactChange.Source.CSV,
            author_id=run.author_id,
            run=run,
        )
        for name, (before, after) in changes.items()
        if name != CONSENT  # which has a ledger of its own
    ]


def _locked_people(numbers: Iterable[str]) -> dict[str, Contact]:
    """Who has these numbers, locked in the order of all who lock many: by number."""
    keys = {number: row["id"] for number, row in people_by_number(set(numbers)).items()}
    if not keys:
        return {}
    locked = Contact.objects.select_for_update().filter(pk__in=set(keys.values()))
    people = {person.pk: person for person in locked.order_by("number")}
    return {number: people[key] for number, key in keys.items() if key in people}


def _note_consent(run: ContactImport, keys: Iterable[int]) -> None:
    """Put the opt-outs of the file into the ledger."""
    words = [
        ConsentChange(
            contact_id=key,
            opted_out=True,
            as_of=run.created_at,
            source=ConsentChange.Source.CSV,
            author_id=run.author_id,
        )
        for key in keys
    ]
    ConsentChange.objects.bulk_create(words, ignore_conflicts=True, batch_size=1_000)


def _leave(run: ContactImport, **columns: Any) -> None:
    with transaction.atomic():
        release(run, **columns)
        live.notify(f"import-{run.pk}", "contacts")
        ring("importing" if run.state == State.SAVING else "sending")
