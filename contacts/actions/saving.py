"""Keeping contacts: the only writer of contact rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import Q

from contacts.models import Contact
from sendblue_inbox.fragments import fold, pieces

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from sendblue_inbox.sendblue.payloads import ContactPayload

SYNCED_FIELDS = (
    "first_name",
    "last_name",
    "company_name",
    "assigned_to_email",
    "sendblue_number",
    "tags",
    "custom_variables",
    "verified",
)


def ensure_contact(number: str) -> Contact:
    """The contact with that number; made now where there is none yet."""
    found = Contact.objects.filter(number=number).first()
    if found:
        return found
    contact = Contact(number=number)
    index_for_search(contact)
    # Two messages of a new person may be recorded at once: the unique number decides.
    Contact.objects.bulk_create([contact], ignore_conflicts=True)
    return Contact.objects.get(number=number)


def index_for_search(contact: Contact) -> None:
    """Set what the contact can be found by. Call before saving a changed name or number."""
    words = (contact.first_name, contact.last_name, contact.company_name, contact.number)
    contact.search_text = fold(" ".join(filter(None, words)))
    contact.search_pieces = pieces(contact.search_text)


def record_contacts(payloads: Iterable[ContactPayload]) -> int:
    """Write what Sendblue knows of these people, a page at a time; how many rows were written.

    Sendblue's empty values leave ours alone: a name that was typed here first is not lost.
    """
    rows = {payload.number: payload for payload in payloads if payload.number}
    if not rows:
        return 0
    with transaction.atomic():
        Contact.objects.bulk_create(
            [_indexed(Contact(number=number)) for number in rows], ignore_conflicts=True
        )
        found = list(Contact.objects.select_for_update().filter(number__in=rows).order_by("number"))
        changed = [contact for contact in found if _merge(contact, rows[contact.number])]
        Contact.objects.bulk_update(
            changed,
            [*SYNCED_FIELDS, "opted_out", "search_text", "search_pieces"],
            batch_size=500,
        )
    return len(changed)


def record_consent(contact: Contact, *, opted_out: bool, as_of: datetime) -> bool:
    """Note what the person wants, unless something newer is known; whether it was news."""
    return bool(
        Contact.objects.filter(pk=contact.pk)
        .filter(Q(opted_out_as_of__isnull=True) | Q(opted_out_as_of__lt=as_of))
        .update(opted_out=opted_out, opted_out_as_of=as_of)
    )


def _indexed(contact: Contact) -> Contact:
    index_for_search(contact)
    return contact


def _merge(contact: Contact, payload: ContactPayload) -> bool:
    before = [getattr(contact, field) for field in (*SYNCED_FIELDS, "opted_out")]
    for field in SYNCED_FIELDS:
        value = getattr(payload, field)
        if value not in (None, "", (), [], {}):
            setattr(contact, field, list(value) if field == "tags" else value)
    if payload.opted_out is not None and contact.opted_out_as_of is None:
        contact.opted_out = payload.opted_out
    index_for_search(contact)
    return before != [getattr(contact, field) for field in (*SYNCED_FIELDS, "opted_out")]
