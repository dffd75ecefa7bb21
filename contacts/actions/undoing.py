"""Taking back what an import has saved, from its last row to its first.

People whom it made are removed, here and at Sendblue, unless somebody has given them anything
since. Of the others each field gets its former value where it still has the one of the file.
Opt-outs stay: nobody is written to again because a file was undone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import transaction

from contacts.csv.applying import taken_back
from contacts.models import Contact, ContactChange, ContactImport, ImportRow
from sendblue_inbox import live
from sendblue_inbox.clock import now
from sendblue_inbox.crashpoints import reached
from sendblue_inbox.ring import ring

from .merging import NOTHING, SYNCED, values_of
from .running import checkpoint, release
from .writing import copy_changes, update_contacts

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sendblue_inbox.rows import Turn

BATCH = 2_000
WRITTEN = (
    *SYNCED,
    *("conflicts", "version", "push_state", "push_error", "push_after", "push_attempts"),
    "removed_at",
)

State = ContactImport.State
Verdict = ImportRow.Verdict


def undo(run: ContactImport, turn: Turn) -> None:
    """Take back the rows of a run that we hold, until the turn is over or none is left."""
    while run.position > 0:
        _undo_batch(run)
        if turn.is_over and run.position > 0:
            return _leave(run)
    return _leave(run, state=State.UNDONE, undone_at=now(), finished_at=now())


def _undo_batch(run: ContactImport) -> None:
    first = max(0, run.position - BATCH)
    rows = ImportRow.objects.filter(run=run, row__gt=first, row__lte=run.position).order_by("-row")
    saved = rows.filter(verdict__in=[Verdict.NEW, Verdict.CHANGED])
    with transaction.atomic():
        due = list(saved.values_list("contact_id", "verdict", "values", "changes"))
        locked = Contact.objects.select_for_update().filter(pk__in=[key for key, *_ in due])
        people = {person.pk: person for person in locked.order_by("number")}
        counts = {"removed": 0, "restored": 0, "kept": 0, **run.counts}
        changed: dict[int, Contact] = {}
        history: list[ContactChange] = []
        for key, verdict, values, changes in due:
            if key and (person := people.get(key)):
                is_new = verdict == Verdict.NEW
                wrote = _written(values) if is_new else changes
                history += _take_back(run, person, wrote, counts, changed, is_new=is_new)
        update_contacts(list(changed.values()), WRITTEN)
        copy_changes(history)
        reached("importing.undoing")
        checkpoint(run, position=first, counts=counts)
        live.notify(f"import-{run.pk}", "contacts")
        ring("pushing")
    reached("importing.undone")


def _written(values: Mapping[str, Any]) -> dict[str, tuple[Any, Any]]:
    """What an import has given to somebody who was nobody before."""
    return {name: (NOTHING[name], after) for name, after in values.items() if name in NOTHING}


def _take_back(
    run: ContactImport,
    person: Contact,
    wrote: Mapping[str, Any],
    counts: dict[str, int],
    changed: dict[int, Contact],
    *,
    is_new: bool,
) -> list[ContactChange]:
    if person.removed_at or person.merged_into_id:
        return []
    wrote = {name: pair for name, pair in wrote.items() if name in NOTHING}
    before = values_of(person)
    values, kept = taken_back(wrote, before)
    counts["kept"] += kept
    is_removed = is_new and {**before, **values} == NOTHING
    if not (values or is_removed):
        return []
    counts["removed" if is_removed else "restored"] += 1
    for name, value in values.items():
        setattr(person, name, value)
    if is_removed:
        person.removed_at, person.conflicts = now(), {}
    person.version += 1
    person.push_state, person.push_error = Contact.Push.WAITING, ""
    person.push_after, person.push_attempts = now(), 0
    changed[person.pk] = person
    if is_removed:
        return []  # nothing personal is kept of whom we forget
    return [
        ContactChange(
            contact=person,
            field=name,
            before=before[name],
            after=value,
            source=ContactChange.Source.CSV,
            author_id=run.author_id,
            run=run,
        )
        for name, value in values.items()
    ]


def _leave(run: ContactImport, **columns: Any) -> None:
    with transaction.atomic():
        release(run, **columns)
        live.notify(f"import-{run.pk}", "contacts")
        ring("importing" if run.state == State.UNDOING else "pushing")
