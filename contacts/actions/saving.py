"""Keeping contacts: the only writer of contact rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.db.models import Q

from contacts.models import Contact, ContactChange
from sendblue_inbox import live
from sendblue_inbox.clock import now

from .consenting import note_listed
from .indexing import index_for_search
from .merging import SYNCED, merged, still_open, values_of, values_told

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from sendblue_inbox.models import User
    from sendblue_inbox.sendblue.payloads import ContactPayload

WRITTEN_BY_PULL = [
    *SYNCED,
    *("verified", "opted_out", "at_sendblue", "seen_at_sendblue", "missed_sweeps", "conflicts"),
    *("sort_name", "search_text", "search_pieces"),
]


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


def record_contacts(payloads: Iterable[ContactPayload]) -> int:
    """Write what Sendblue knows of these people, a page at a time; how many of them it changed.

    An edit made here is never lost: where both sides changed a field, ours stays and Sendblue's
    value waits in `conflicts` for a person to pick.
    """
    rows = {payload.number: payload for payload in payloads if payload.number}
    if not rows:
        return 0
    with transaction.atomic():
        Contact.objects.bulk_create(
            [_indexed(Contact(number=number)) for number in rows], ignore_conflicts=True
        )
        found = list(Contact.objects.select_for_update().filter(number__in=rows).order_by("number"))
        said = {contact.pk: contact.opted_out for contact in found}
        is_first_sight = any(contact.at_sendblue is None for contact in found)
        changes = [
            change for contact in found for change in take_over(contact, rows[contact.number])
        ]
        # An upsert of known rows: as one statement a batch, where bulk_update needs minutes.
        Contact.objects.bulk_create(
            found,
            batch_size=500,
            update_conflicts=True,
            unique_fields=["id"],
            update_fields=WRITTEN_BY_PULL,
        )
        ContactChange.objects.bulk_create(changes, batch_size=1000)
        note_listed(contact for contact in found if contact.opted_out != said[contact.pk])
        if changes or is_first_sight:
            live.notify("contacts")
    return len({change.contact_id for change in changes})


def take_over(contact: Contact, payload: ContactPayload) -> list[ContactChange]:
    """Merge what Sendblue says into the row, which is not saved; the changes of its fields."""
    ours, theirs = values_of(contact), values_told(payload)
    is_new = contact.at_sendblue is None
    kept, conflicts = merged(ours, contact.at_sendblue, theirs)
    if contact.merged_into_id:
        # It follows its person: what Sendblue has else is overwritten (following.py).
        kept, conflicts = ours, {}
    contact.conflicts = still_open(contact.conflicts, kept, theirs) | conflicts
    contact.at_sendblue, contact.seen_at_sendblue, contact.missed_sweeps = theirs, now(), 0
    if contact.removed_at:
        # Our removal is still on its way there.
        return []
    for name, value in kept.items():
        setattr(contact, name, value)
    if payload.verified is not None:
        contact.verified = payload.verified
    if payload.opted_out is not None and contact.opted_out_as_of is None:
        contact.opted_out = payload.opted_out
    if not contact.merged_into_id:
        index_for_search(contact)
    if is_new and not any(ours.values()):
        return []  # the first sight of somebody is no change
    return changes_between(contact, ours, kept, source=ContactChange.Source.SENDBLUE)


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


def _indexed(contact: Contact) -> Contact:
    index_for_search(contact)
    return contact
