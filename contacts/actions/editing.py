"""What people change of a contact: kept here at once, and on its way to Sendblue."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import transaction

from contacts.models import Contact, ContactChange
from sendblue_inbox import live
from sendblue_inbox.clock import now
from sendblue_inbox.ring import ring

from .following import follow
from .labelling import note_labels
from .merging import NOTHING, SYNCED, value_at, values_of
from .saving import changes_between, ensure_contact, index_for_search

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from sendblue_inbox.models import User

Source = ContactChange.Source
COUNTED = ("version", "push_state", "push_error", "push_after", "push_attempts")
WRITTEN_BY_EDIT = [
    *SYNCED,
    *COUNTED,
    *("conflicts", "removed_at", "sort_name", "search_text", "search_pieces", "updated_at"),
]


class ChangedMeanwhile(Exception):
    """Somebody else gave the field another value since this agent looked at it.

    `contact` is as it is now; nothing was changed.
    """

    def __init__(self, contact: Contact, field: str) -> None:
        super().__init__(field)
        self.contact = contact
        self.field = field


class IsThere(Exception):
    """There is a contact with that number already: `contact`."""

    def __init__(self, contact: Contact) -> None:
        super().__init__(contact.pk)
        self.contact = contact


def create_contact(
    number: str, *, author: User, must_be_new: bool = False, **values: Any
) -> Contact:
    """The contact with that number (E.164 or an e-mail address), with these values.

    Raises IsThere where it has to be a new one and is not.
    """
    with transaction.atomic():
        found = Contact.objects.select_for_update().filter(number=number, removed_at=None).first()
        if found and must_be_new:
            raise IsThere(found.merged_into or found)
        return edit_contact(ensure_contact(number), author=author, is_new=True, **values)


def edit_contact(
    contact: Contact,
    *,
    author: User | None,
    source: str = Source.AGENT,
    is_new: bool = False,
    seen: Mapping[str, Any] | None = None,
    **values: Any,
) -> Contact:
    """Change the given fields of the contact; each one is noted in its history.

    What is edited counts as settled: a conflict about that field is gone. `seen` are values that
    the agent had before their eyes, by field (a custom variable as `custom_variables.<label>`):
    raises ChangedMeanwhile where one is another by now.
    """
    with transaction.atomic():
        contact = Contact.objects.select_for_update().get(pk=contact.pk)
        before = values_of(contact)
        after = {name: values[name] for name in SYNCED if name in values}
        for field, value in (seen or {}).items():
            if value_at(before, field) not in (value, value_at(after, field)):
                raise ChangedMeanwhile(contact, field)
        changes = changes_between(contact, before, after, source=source, author=author)
        settled = {field for field in contact.conflicts if _settles(after, before, field)}
        if not (changes or settled or is_new):
            return contact
        for name, value in after.items():
            setattr(contact, name, value)
        contact.conflicts = {
            name: value for name, value in contact.conflicts.items() if name not in settled
        }
        ContactChange.objects.bulk_create(changes)
        note_labels(tags=after.get("tags", ()), variables=after.get("custom_variables", ()))
        save_and_push(contact)
    return contact


def change_tags(
    contact: Contact, *, author: User, add: Iterable[str] = (), remove: Iterable[str] = ()
) -> Contact:
    """Put tags behind those that are there, or take some away; others may do so at once."""
    with transaction.atomic():
        contact = Contact.objects.select_for_update().get(pk=contact.pk)
        gone = set(remove)
        tags = [tag for tag in dict.fromkeys((*contact.tags, *add)) if tag not in gone]
        return edit_contact(contact, author=author, tags=tags)


def change_variable(
    contact: Contact, label: str, value: str, *, author: User, seen: str | None = None
) -> Contact:
    """Give one custom variable a value; an empty one takes it away. Raises ChangedMeanwhile."""
    field = f"custom_variables.{label}"
    with transaction.atomic():
        contact = Contact.objects.select_for_update().get(pk=contact.pk)
        return edit_contact(
            contact,
            author=author,
            seen=None if seen is None else {field: seen},
            custom_variables=_with_label(contact.custom_variables, label, value),
        )


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
    """Forget who it is, here and at Sendblue, with all numbers. Conversations stay, nameless."""
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


def bring_back(contact: Contact, *, author: User) -> Contact:
    """Make a removed contact what it was before, as its history tells, and save it there anew."""
    with transaction.atomic():
        contact = Contact.objects.select_for_update().get(pk=contact.pk)
        if contact.removed_at is None:
            return contact
        since = contact.changes.filter(at__gte=contact.removed_at).order_by("-pk")
        were: dict[str, Any] = {
            change.field: change.before for change in since if change.field in SYNCED
        }
        contact.removed_at = None
        contact.save(update_fields=["removed_at"])
        return edit_contact(contact, author=author, is_new=True, **were)


def save_again(contact: Contact) -> None:
    """Queue the contact for Sendblue once more, as it is."""
    with transaction.atomic():
        save_and_push(Contact.objects.select_for_update().get(pk=contact.pk))


def save_and_push(contact: Contact) -> None:
    """Save a locked, changed contact, and queue it for Sendblue."""
    count_edit(contact)
    index_for_search(contact)
    contact.save(update_fields=WRITTEN_BY_EDIT)
    follow(contact)
    live.notify("contacts", f"contact-{contact.pk}")
    ring("pushing")


def count_edit(contact: Contact) -> None:
    """Note in the row that it was changed here; whoever saves it writes COUNTED as well."""
    contact.version += 1
    contact.push_state, contact.push_error = Contact.Push.WAITING, ""
    contact.push_after, contact.push_attempts = now(), 0


def _settles(after: Mapping[str, Any], before: Mapping[str, Any], field: str) -> bool:
    """Whether an edit ends the conflict of that name: of custom variables those that it changes."""
    name, _, label = field.partition(".")
    if not label:
        return name in after
    return name in after and value_at(after, field) != value_at(before, field)


def _with_label(variables: dict[str, str], label: str, value: str) -> dict[str, str]:
    if value:
        return {**variables, label: value}  # in its place, where it has one
    return {name: kept for name, kept in variables.items() if name != label}
