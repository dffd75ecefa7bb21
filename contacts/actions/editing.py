"""What people change of a contact: kept here at once, and on its way to Sendblue."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import transaction

from contacts.models import Contact, ContactChange
from sendblue_inbox import live
from sendblue_inbox.clock import now
from sendblue_inbox.ring import ring

from .merging import NOTHING, SYNCED, values_of
from .saving import changes_between, ensure_contact, index_for_search

if TYPE_CHECKING:
    from sendblue_inbox.models import User

Source = ContactChange.Source
WRITTEN_BY_EDIT = [
    *SYNCED,
    *("conflicts", "version", "push_state", "push_error", "push_after", "push_attempts"),
    *("removed_at", "sort_name", "search_text", "search_pieces", "updated_at"),
]


def create_contact(number: str, *, author: User, **values: Any) -> Contact:
    """The contact with that number (E.164 or an e-mail address), with these values."""
    with transaction.atomic():
        return edit_contact(ensure_contact(number), author=author, is_new=True, **values)


def edit_contact(
    contact: Contact,
    *,
    author: User | None,
    source: str = Source.AGENT,
    is_new: bool = False,
    **values: Any,
) -> Contact:
    """Change the given fields of the contact; each one is noted in its history.

    What is edited counts as settled: a conflict about that field is gone.
    """
    with transaction.atomic():
        contact = Contact.objects.select_for_update().get(pk=contact.pk)
        before = values_of(contact)
        after = {name: values[name] for name in SYNCED if name in values}
        changes = changes_between(contact, before, after, source=source, author=author)
        settled = {name for name in contact.conflicts if name.partition(".")[0] in after}
        if not (changes or settled or is_new):
            return contact
        for name, value in after.items():
            setattr(contact, name, value)
        contact.conflicts = {
            name: value for name, value in contact.conflicts.items() if name not in settled
        }
        ContactChange.objects.bulk_create(changes)
        save_and_push(contact)
    return contact


def settle(contact: Contact, field: str, *, author: User, keep_ours: bool) -> Contact:
    """End a conflict: our value goes to Sendblue, or Sendblue's becomes ours."""
    with transaction.atomic():
        contact = Contact.objects.select_for_update().get(pk=contact.pk)
        if field not in contact.conflicts:
            return contact
        theirs = contact.conflicts.pop(field)
        before = values_of(contact)
        name, _, label = field.partition(".")
        after = {name: _with_label(before[name], label, theirs) if label else theirs}
        if keep_ours:
            after = {}
        changes = changes_between(contact, before, after, source=Source.SENDBLUE, author=author)
        for name, value in after.items():
            setattr(contact, name, value)
        ContactChange.objects.bulk_create(changes)
        save_and_push(contact)
    return contact


def remove_contact(contact: Contact, *, author: User) -> Contact:
    """Forget who it is, here and at Sendblue. Conversations stay, under the bare number."""
    with transaction.atomic():
        contact = Contact.objects.select_for_update().get(pk=contact.pk)
        before = values_of(contact)
        changes = changes_between(contact, before, NOTHING, source=Source.AGENT, author=author)
        for name, value in NOTHING.items():
            setattr(contact, name, type(value)(value))
        contact.removed_at, contact.conflicts = now(), {}
        ContactChange.objects.bulk_create(changes)
        save_and_push(contact)
    return contact


def save_and_push(contact: Contact) -> None:
    """Save a locked, changed contact, and queue it for Sendblue."""
    count_edit(contact)
    contact.save(update_fields=WRITTEN_BY_EDIT)
    live.notify("contacts", f"contact-{contact.pk}")
    ring("pushing")


def count_edit(contact: Contact) -> None:
    """Note in the row that it was changed here; whoever saves it writes WRITTEN_BY_EDIT."""
    contact.version += 1
    contact.push_state, contact.push_error = Contact.Push.WAITING, ""
    contact.push_after, contact.push_attempts = now(), 0
    index_for_search(contact)


def _with_label(variables: dict[str, str], label: str, value: str) -> dict[str, str]:
    rest = {name: kept for name, kept in variables.items() if name != label}
    return {**rest, label: value} if value else rest
