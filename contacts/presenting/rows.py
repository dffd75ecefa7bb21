"""What a row of the list says of a person."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from contacts.models import Contact
from sendblue_inbox.models import User
from sendblue_inbox.phone import national

if TYPE_CHECKING:
    from collections.abc import Iterable

    from contacts.lines import OurLine


@dataclass(frozen=True, slots=True)
class Standing:
    """How far a contact is the same at Sendblue: a kind, its words, and why where that helps."""

    kind: str
    icon: str
    words: str
    why: str = ""


@dataclass(frozen=True, slots=True)
class ContactRow:
    """A contact and what stands beside its own columns."""

    contact: Contact
    line: str
    assignee: str
    standing: Standing


def contact_rows(
    contacts: Iterable[Contact], lines: Iterable[OurLine], team: Iterable[User]
) -> list[ContactRow]:
    """The rows of contacts that carry `is_there` (contacts/listing.py)."""
    line_names = {line.number: str(line) for line in lines}
    names = {user.email: str(user) for user in team}
    return [
        ContactRow(
            contact,
            line_names.get(contact.sendblue_number) or national(contact.sendblue_number),
            names.get(contact.assigned_to_email, contact.assigned_to_email),
            standing(contact, is_there=contact.is_there),  # type: ignore[attr-defined]
        )
        for contact in contacts
    ]


def standing(contact: Contact, *, is_there: bool) -> Standing:
    """What needs a person comes first."""
    if contact.push_state == Contact.Push.REFUSED:
        return Standing("refused", "warning", "Refused", contact.push_error)
    if contact.conflicts:
        return Standing("conflict", "warning", "Changed on both sides")
    if contact.push_state == Contact.Push.WAITING:
        return Standing("waiting", "clock", "Waiting to be saved")
    if not is_there:
        return Standing("missing", "offline", "Not there")
    return Standing("saved", "check", "Saved")


def team() -> list[User]:
    """The people who may have contacts of their own, by name; one query."""
    return list(User.objects.filter(is_active=True).order_by("name", "email"))
