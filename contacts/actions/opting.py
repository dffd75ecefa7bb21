"""What agents note of consent: the ledger here at once, and Sendblue through the push queue."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction

from contacts.models import ConsentChange, Contact
from sendblue_inbox.clock import now
from sendblue_inbox.ring import ring

from .consenting import record_consent
from .editing import save_and_push

if TYPE_CHECKING:
    from sendblue_inbox.models import User


def note_opt_out(contact: Contact, *, author: User, note: str = "") -> Contact:
    """The person wants nothing more: nothing is sent to them, and what waits is held back."""
    return _note(contact, opted_out=True, author=author, note=note)


def note_opt_in(contact: Contact, *, author: User, note: str) -> Contact:
    """The person wants to be written to again; `note` says how we know.

    Sendblue may see it otherwise: a STOP from a phone ends only with a START from it (contract
    2.6). Then it refuses the next message, and that is a word about consent again.
    """
    return _note(contact, opted_out=False, author=author, note=note)


def _note(contact: Contact, *, opted_out: bool, author: User, note: str) -> Contact:
    with transaction.atomic():
        record_consent(
            contact,
            opted_out=opted_out,
            as_of=now(),
            source=ConsentChange.Source.AGENT,
            author=author,
            note=note,
        )
        fresh = Contact.objects.select_for_update().get(pk=contact.pk)
        save_and_push(fresh)
        ring("sending")  # which refuses what waits for somebody who opted out
    return fresh
