"""The ledger of what people agreed to, and the only writer of `opted_out`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import Case, IntegerField, When

from contacts.models import ConsentChange, Contact
from sendblue_inbox import live
from sendblue_inbox.clock import now

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from sendblue_inbox.models import User

Source = ConsentChange.Source


def record_consent(
    contact: Contact,
    *,
    opted_out: bool,
    as_of: datetime,
    source: str,
    message_handle: str = "",
    author: User | None = None,
    note: str = "",
) -> bool:
    """Put a word about consent into the ledger; whether the person now wants something else.

    The newest word counts, in whatever order they come; of two at one moment the opt-out.
    Whoever shows the contact is woken where it changes something.
    """
    with transaction.atomic():
        before = Contact.objects.select_for_update().get(pk=contact.pk).opted_out
        word = ConsentChange(
            contact=contact,
            opted_out=opted_out,
            as_of=as_of,
            source=source,
            message_handle=message_handle,
            author=author,
            note=note,
        )
        ConsentChange.objects.bulk_create([word], ignore_conflicts=True)
        has_changed = rebuild_consent(contact) != before
        if has_changed:
            live.notify("contacts", f"contact-{contact.pk}")
        return has_changed


def note_listed(contacts: Iterable[Contact]) -> None:
    """Keep that Sendblue's list gave these people, of whom nothing was said yet, another state."""
    at = now()
    ConsentChange.objects.bulk_create(
        ConsentChange(contact=contact, opted_out=contact.opted_out, as_of=at, source=Source.LIST)
        for contact in contacts
    )


def newest_word(contact: Contact) -> ConsentChange | None:
    """What decides whether anything may be sent to the person; None where nothing was said."""
    said = Case(When(source=Source.LIST, then=0), default=1, output_field=IntegerField())
    newest_first = contact.consent_changes.order_by(said.desc(), "-as_of", "-opted_out")
    return newest_first.select_related("author").first()


def rebuild_consent(contact: Contact) -> bool:
    """Make the contact say what the ledger says; returns whether they have opted out."""
    newest = newest_word(contact)
    opted_out = bool(newest and newest.opted_out)
    is_said = newest is not None and newest.source != Source.LIST
    Contact.objects.filter(pk=contact.pk).update(
        opted_out=opted_out, opted_out_as_of=newest.as_of if newest and is_said else None
    )
    return opted_out
