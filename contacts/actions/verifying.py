"""Saying at Sendblue that a person may be written to from a free account (contract 2.6)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import connection, transaction

from contacts.models import Contact, ContactChange
from sendblue_inbox import live
from sendblue_inbox.sendblue.client import client_from_settings
from sendblue_inbox.sendblue.errors import SendblueError
from sendblue_inbox.sendblue.transport import Limits

if TYPE_CHECKING:
    from sendblue_inbox.models import User

# Somebody waits for the answer.
SOON = Limits(fetch_tries=1, fetch_total=15)


class NotVerified(Exception):
    """Sendblue did not verify the number; the message is a sentence for the agent."""


def verify(contact: Contact, *, author: User) -> None:
    """Ask Sendblue to verify the number, and keep that it did. Raises NotVerified."""
    connection.close()
    try:
        client_from_settings(limits=SOON).verify_contact(number=contact.number)
    except SendblueError as error:
        why = (error.message or "it did not answer").rstrip(".")
        raise NotVerified(f"Sendblue did not verify the number: {why}.") from error
    with transaction.atomic():
        fresh = Contact.objects.select_for_update().get(pk=contact.pk)
        before, fresh.verified = fresh.verified, True
        fresh.save(update_fields=["verified"])
        ContactChange.objects.create(
            contact=fresh,
            field="verified",
            before=before,
            after=True,
            source=ContactChange.Source.AGENT,
            author=author,
        )
        live.notify("contacts", f"contact-{fresh.pk}")
