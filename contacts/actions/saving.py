"""Keeping contacts: the only writer of contact rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.db.models import Q

from contacts.models import Contact, ContactChange
from sendblue_inbox import live
from sendblue_inbox.clock import database_now

from .consenting import note_listed
from .indexing import index_for_search
from .merging import SYNCED, base_of, merged, still_open, told_by, values_of, values_told
from .writing import copy_changes, insert_contacts, update_contacts

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from sendblue_inbox.models import User
    from sendblue_inbox.sendblue.payloads import ContactPayload

LONGEST_NUMBER = 254
WRITTEN_BY_PULL = (
    *SYNCED,
    *("verified", "opted_out", "at_sendblue", "seen_at_sendblue", "missed_sweeps", "conflicts"),
    "removed_at",
)


def ensure_contact(number: str) -> Contact:
    """The contact with that number; made now where there is none yet."""
    found = Contact.objects.filter(number=number).first()
    if found:
        return found if found.removed_at is None else _back(found)
    contact = Contact(number=number)
    index_for_search(contact)
    # Two messages of a new person may be recorded at once: the unique number decides.
    Contact.objects.bulk_create([contact], ignore_conflicts=True)
    return Contact.objects.get(number=number)


def record_contacts(payloads: Iterable[ContactPayload], *, asked_at: datetime | None = None) -> int:
    """Write what Sendblue knows of these people, a page at a time; how many of them it changed.

    An edit made here is never lost: where both sides changed a field, ours stays and Sendblue's
    value waits in `conflicts` for a person to pick. `asked_at`, by the database's clock, is when
    Sendblue was asked: of whom we know something newer since, the old page says nothing.
    """
    rows = {one.number: one for one in payloads if 0 < len(one.number) <= LONGEST_NUMBER}
    with transaction.atomic():
        news, seen_at = _news(rows), database_now()
        made = [Contact(number=number) for number in sorted(rows) if number not in news]
        for contact in made:
            take_over(contact, rows[contact.number], seen_at=seen_at)
        insert_contacts(made)
        new = [contact for contact in made if contact.pk]
        due = {number for number, is_news in news.items() if is_news}
        due |= {contact.number for contact in made} - {contact.number for contact in new}
        found = Contact.objects.select_for_update().filter(number__in=due)
        found = found.defer("search_text", "search_pieces").order_by("number")
        known = [contact for contact in found if not _is_older(asked_at, contact)]
        said = {contact.pk: contact.opted_out for contact in known}
        changes = [
            change
            for contact in known
            for change in take_over(contact, rows[contact.number], seen_at=seen_at)
        ]
        update_contacts(known, WRITTEN_BY_PULL)
        copy_changes(changes)
        note_listed(contact for contact in new if contact.opted_out)
        note_listed(contact for contact in known if contact.opted_out != said[contact.pk])
        if new or known:
            live.notify("contacts", *(f"contact-{contact.pk}" for contact in known))
    return len({change.contact_id for change in changes})


def _news(rows: Mapping[str, ContactPayload]) -> dict[str, bool]:
    """Of the numbers that are contacts, whether Sendblue says anything of them that is new."""
    columns = ("at_sendblue", "verified", "opted_out", "opted_out_as_of", "missed_sweeps")
    found = Contact.objects.filter(number__in=rows).only("number", "push_state", *columns)
    return {contact.number: _says_news(rows[contact.number], contact) for contact in found}


def _says_news(payload: ContactPayload, contact: Contact) -> bool:
    known = contact.at_sendblue
    is_waiting = contact.push_state == Contact.Push.WAITING
    if contact.missed_sweeps or known != told_by(payload, known, is_waiting=is_waiting):
        return True
    is_open = contact.opted_out_as_of is None
    return (is_open and payload.opted_out not in {None, contact.opted_out}) or (
        payload.verified not in {None, contact.verified}
    )


def _is_older(asked_at: datetime | None, contact: Contact) -> bool:
    """Whether we know something of the contact that is newer than a page asked for then."""
    newest = max(filter(None, (contact.pushed_at, contact.seen_at_sendblue)), default=None)
    return bool(asked_at and newest and newest > asked_at)


def take_over(
    contact: Contact, payload: ContactPayload, *, seen_at: datetime
) -> list[ContactChange]:
    """Merge what Sendblue says into the row, which is not saved; the changes of its fields.

    The columns of search are set by whoever writes it (writing.py). `seen_at` is by the
    database's clock.
    """
    ours, theirs = values_of(contact), values_told(payload)
    is_new = contact.at_sendblue is None
    kept, conflicts = merged(ours, base_of(contact.at_sendblue, theirs), theirs)
    if contact.merged_into_id:
        # It follows its person: what Sendblue has else is overwritten (following.py).
        kept, conflicts = ours, {}
    contact.conflicts = still_open(contact.conflicts, kept, theirs) | conflicts
    is_waiting = contact.push_state == Contact.Push.WAITING
    contact.at_sendblue = told_by(payload, contact.at_sendblue, is_waiting=is_waiting)
    contact.seen_at_sendblue, contact.missed_sweeps = seen_at, 0
    if contact.removed_at and _is_made_anew(contact, payload):
        contact.removed_at = None
    if contact.removed_at:
        # Our removal is still on its way there.
        return []
    for name, value in kept.items():
        setattr(contact, name, value)
    if payload.verified is not None:
        contact.verified = payload.verified
    if payload.opted_out is not None and contact.opted_out_as_of is None:
        contact.opted_out = payload.opted_out
    if is_new and not any(ours.values()):
        return []  # the first sight of somebody is no change
    return changes_between(contact, ours, kept, source=ContactChange.Source.SENDBLUE)


def _is_made_anew(contact: Contact, payload: ContactPayload) -> bool:
    """Whether somebody made the contact at Sendblue again after it had gone on both sides."""
    is_gone = contact.push_state in {Contact.Push.NONE, Contact.Push.SAVED}
    made_at, removed_at = payload.created_at, contact.removed_at
    return is_gone and bool(made_at and removed_at and made_at > removed_at)


def changes_between(
    contact: Contact,
    before: Mapping[str, Any],
    after: Mapping[str, Any],
    *,
    source: str,
    author: User | None = None,
) -> list[ContactChange]:
    """The history rows for what differs, unsaved."""
    return [
        ContactChange(
            contact=contact,
            field=name,
            before=before[name],
            after=after[name],
            source=source,
            author=author,
        )
        for name in after
        if before[name] != after[name]
    ]


def _back(contact: Contact) -> Contact:
    """Somebody who was removed writes again, or is written to: a contact without a past.

    A number of a person who was removed too is a person of its own, and so are the others.
    """
    alone = Q(pk=contact.pk, merged_into__removed_at__isnull=False) | Q(merged_into=contact.pk)
    Contact.objects.filter(alone).update(merged_into=None)
    Contact.objects.filter(pk=contact.pk).update(removed_at=None)
    contact.refresh_from_db(fields=["removed_at", "merged_into"])
    return contact
