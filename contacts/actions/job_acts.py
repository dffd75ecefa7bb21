"""What a bulk job does to each of its contacts, a batch at a time, by the rules of editing.

An act looks at locked contacts, changes those that it can, and says of each what came of it.
"""

from __future__ import annotations

from collections import defaultdict
from copy import deepcopy
from typing import TYPE_CHECKING, Any, NamedTuple

from contacts.models import BulkItem, BulkJob, ConsentChange, Contact, ContactChange
from sendblue_inbox.clock import now
from sendblue_inbox.ring import ring

from .editing import COUNTED, count_edit
from .merging import NOTHING, values_of
from .push_answers import consent_to_tell, difference
from .saving import changes_between
from .writing import copy_changes, update_contacts

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

Kind, Outcome = BulkJob.Kind, BulkItem.Outcome
GONE = "Deleted meanwhile"
UNITED = "Joined with another contact meanwhile"
CHANGED_SINCE = "Changed again since"
KEPT = "Changed again since and left so: {}"


class Verdict(NamedTuple):
    """What came of one contact, and why where that needs words."""

    outcome: str
    reason: str = ""


DONE, UNCHANGED = Verdict(Outcome.DONE), Verdict(Outcome.UNCHANGED)


def act_on(job: BulkJob, contacts: Sequence[Contact]) -> dict[int, Verdict]:
    """Do what the job is about to these contacts, which are locked; the verdicts by key."""
    verdicts = {contact.pk: _standing(contact, job) for contact in contacts}
    able = [contact for contact in contacts if verdicts[contact.pk] is DONE]
    return verdicts | ACTS[job.kind](job, able)


def _standing(contact: Contact, job: BulkJob) -> Verdict:
    """DONE for a contact to which something may be done."""
    if contact.merged_into_id:
        return Verdict(Outcome.REFUSED, UNITED)
    if contact.removed_at is None or _brings_back(job):
        return DONE
    return UNCHANGED if job.kind == Kind.DELETE else Verdict(Outcome.REFUSED, GONE)


def _brings_back(job: BulkJob) -> bool:
    return bool(job.undoes and job.undoes.kind == Kind.DELETE)


# --- what changes fields --------------------------------------------------------------------------


def _tag(job: BulkJob, contacts: Sequence[Contact]) -> dict[int, Verdict]:
    return _edit(
        job,
        {
            contact: {"tags": [*contact.tags, job.argument]}
            for contact in contacts
            if job.argument not in contact.tags
        },
        contacts,
    )


def _untag(job: BulkJob, contacts: Sequence[Contact]) -> dict[int, Verdict]:
    return _edit(
        job,
        {
            contact: {"tags": [tag for tag in contact.tags if tag != job.argument]}
            for contact in contacts
            if job.argument in contact.tags
        },
        contacts,
    )


def _assign(job: BulkJob, contacts: Sequence[Contact]) -> dict[int, Verdict]:
    return _edit(
        job,
        {
            contact: {"assigned_to_email": job.argument}
            for contact in contacts
            if contact.assigned_to_email != job.argument
        },
        contacts,
    )


def _delete(job: BulkJob, contacts: Sequence[Contact]) -> dict[int, Verdict]:
    for contact in contacts:
        contact.removed_at, contact.conflicts = now(), {}
    return _edit(job, {contact: deepcopy(NOTHING) for contact in contacts}, contacts)


def _edit(
    job: BulkJob, edits: dict[Contact, dict[str, Any]], contacts: Iterable[Contact]
) -> dict[int, Verdict]:
    """Give the contacts new values; those without are as they should be."""
    changes: list[ContactChange] = []
    for contact, after in edits.items():
        changes += changes_between(
            contact, values_of(contact), after, source=ContactChange.Source.AGENT, author=job.author
        )
        for name, value in after.items():
            setattr(contact, name, value)
        contact.conflicts = {
            name: value
            for name, value in contact.conflicts.items()
            if name.partition(".")[0] not in after
        }
        count_edit(contact)
    for change in changes:
        change.job = job
    fields = {name for after in edits.values() for name in after}
    update_contacts(list(edits), [*fields, *COUNTED, "conflicts", "removed_at"])
    copy_changes(changes)
    return _verdicts(contacts, done=edits)


# --- what does not --------------------------------------------------------------------------------


def _opt_out(job: BulkJob, contacts: Sequence[Contact]) -> dict[int, Verdict]:
    at = now()
    stopped = [contact for contact in contacts if not contact.opted_out]
    ConsentChange.objects.bulk_create(
        ConsentChange(
            contact=contact,
            opted_out=True,
            as_of=at,
            source=ConsentChange.Source.AGENT,
            author=job.author,
        )
        for contact in stopped
    )
    for contact in stopped:
        # The newest word: the contact is locked, and nobody speaks from the future.
        contact.opted_out, contact.opted_out_as_of = True, at
        count_edit(contact)
    update_contacts(stopped, [*COUNTED, "opted_out", "opted_out_as_of"])
    if stopped:
        ring("sending")  # which refuses what waits for them
    return _verdicts(contacts, done=stopped)


def _push(job: BulkJob, contacts: Sequence[Contact]) -> dict[int, Verdict]:
    unsaved = [contact for contact in contacts if _is_unsaved(contact)]
    Contact.objects.filter(pk__in=[contact.pk for contact in unsaved]).update(
        push_state=Contact.Push.WAITING, push_error="", push_after=now(), push_attempts=0
    )
    return _verdicts(contacts, done=unsaved)


def _is_unsaved(contact: Contact) -> bool:
    """Whether Sendblue has, for all we know, something else, and no push is on its way."""
    states = Contact.Push
    if contact.push_state in {states.WAITING, states.REFUSED}:
        return contact.push_state == states.REFUSED
    known = contact.at_sendblue
    if known is None or difference(values_of(contact), known):
        return True
    return consent_to_tell(contact) is not None


# --- and back -------------------------------------------------------------------------------------


def _undo(job: BulkJob, contacts: Sequence[Contact]) -> dict[int, Verdict]:
    """Take back what another job changed, but for what was changed again since."""
    done: dict[int, list[ContactChange]] = defaultdict(list)
    for change in ContactChange.objects.filter(job=job.undoes, contact__in=contacts).order_by("pk"):
        done[change.contact_id].append(change)
    edits: dict[Contact, dict[str, Any]] = {}
    verdicts: dict[int, Verdict] = {}
    for contact in contacts:
        back, kept = _before(contact, done[contact.pk])
        was_removed = _brings_back(job) and contact.removed_at is not None
        if was_removed:
            contact.removed_at = None
        if back or was_removed:
            edits[contact] = back
            verdicts[contact.pk] = Verdict(
                Outcome.DONE, KEPT.format(", ".join(kept)) if kept else ""
            )
        elif kept:
            verdicts[contact.pk] = Verdict(Outcome.REFUSED, CHANGED_SINCE)
    return _edit(job, edits, contacts) | verdicts


def _before(contact: Contact, changes: Iterable[ContactChange]) -> tuple[dict[str, Any], list[str]]:
    """(the values to give back, the names of the fields that have another value by now)."""
    back: dict[str, Any] = {}
    kept: list[str] = []
    for change in changes:
        value: Any = getattr(contact, change.field)
        before: Any = change.before
        after: Any = change.after
        if value in (before, after):
            wanted = before
        elif isinstance(value, list):
            # Other tags may have come and gone: only what the job did is taken back.
            rest = [tag for tag in value if tag in before or tag not in after]
            wanted = [*rest, *(tag for tag in before if tag not in after and tag not in rest)]
        elif isinstance(value, dict):
            wanted = {label: text for label, text in before.items() if label not in after} | value
        else:
            kept.append(change.field.replace("_", " "))
            continue
        if wanted != value:
            back[change.field] = wanted
    return back, kept


def _verdicts(contacts: Iterable[Contact], *, done: Iterable[Contact]) -> dict[int, Verdict]:
    """DONE for those that were changed, and are now to be saved at Sendblue."""
    changed = {contact.pk for contact in done}
    if changed:
        ring("pushing")
    return {contact.pk: DONE if contact.pk in changed else UNCHANGED for contact in contacts}


ACTS: dict[str, Callable[[BulkJob, Sequence[Contact]], dict[int, Verdict]]] = {
    Kind.TAG: _tag,
    Kind.UNTAG: _untag,
    Kind.ASSIGN: _assign,
    Kind.OPT_OUT: _opt_out,
    Kind.DELETE: _delete,
    Kind.PUSH: _push,
    Kind.UNDO: _undo,
}
