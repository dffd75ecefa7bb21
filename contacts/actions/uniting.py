"""Two contacts that are one person: made one, field by field, and taken apart again.

One contact survives and gets the values that somebody chose; the other row keeps its number, its
consent and its conversations, and follows the survivor from then on (see following.py).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.db.models import Q

from contacts.models import Contact, ContactChange, ContactMerge
from sendblue_inbox import live
from sendblue_inbox.clock import now

from .editing import save_and_push
from .merging import TEXTS, merged, value_at, values_of
from .saving import changes_between

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from sendblue_inbox.models import User

Source = ContactChange.Source
NAME = ("first_name", "last_name")
CONTACT, OTHER, NEITHER = "contact", "other", "neither"
SAME = "These two are one contact already."
GONE = "One of the two has been deleted meanwhile."
LATER = "They were merged with somebody else since. Undo that first."
UNDONE = "This merge has been undone already."


class CannotUnite(Exception):
    """The two cannot be made one, or taken apart; a sentence for the agent."""


def fields_of(contact: Contact, other: Contact) -> list[str]:
    """What there is to choose: fields, each tag as `tags.<tag>`, each variable by its label."""
    tags = dict.fromkeys((*contact.tags, *other.tags))
    labels = dict.fromkeys((*contact.custom_variables, *other.custom_variables))
    return [
        *TEXTS,
        *(f"tags.{tag}" for tag in tags),
        *(f"custom_variables.{label}" for label in labels),
    ]


def default_choice(contact: Contact, other: Contact, field: str) -> str:
    """Whose value is taken where nobody chooses: the fuller one, and of equals the contact's."""
    name, _, label = field.partition(".")
    if name == "tags":
        return CONTACT if label in contact.tags else OTHER
    mine, others = (_fullness(side, field) for side in (contact, other))
    return OTHER if others > mine else CONTACT


def chosen(contact: Contact, other: Contact, choices: Mapping[str, str]) -> dict[str, Any]:
    """The values that the person has with these choices (field: CONTACT, OTHER or NEITHER)."""
    sides = {CONTACT: values_of(contact), OTHER: values_of(other)}
    after: dict[str, Any] = {"tags": [], "custom_variables": {}}
    for field in fields_of(contact, other):
        choice = choices.get(field) or default_choice(contact, other, field)
        name, _, label = field.partition(".")
        if name == "tags":
            after["tags"] += [label] * (choice != NEITHER)
            continue
        value = value_at(sides[choice], field) if choice in sides else ""
        if not label:
            after[name] = value
        elif value:
            after[name][label] = value
    return after


def unite(
    contact: Contact, other: Contact, *, author: User, choices: Mapping[str, str]
) -> ContactMerge:
    """Make the other contact a number of this one. Of a merged one, its person is meant.

    Raises CannotUnite.
    """
    with transaction.atomic():
        contact, other = _persons(contact, other)
        before, others = values_of(contact), values_of(other)
        after = chosen(contact, other, choices)
        numbers = list(other.other_numbers.order_by("pk").values_list("pk", flat=True))
        merge = ContactMerge.objects.create(
            contact=contact,
            other=other,
            contact_before=before,
            other_before=others | {"other_numbers": numbers},
            after=after,
            author=author,
        )
        Contact.objects.filter(pk__in=[other.pk, *numbers]).update(
            merged_into=contact, conflicts={}
        )
        note = ContactChange(
            contact=contact, field="other_numbers", after=other.number, **_by(author)
        )
        history = [
            *changes_between(contact, before, after, **_by(author)),
            *changes_between(other, others, after, **_by(author)),
        ]
        contact.conflicts = {}
        _write(contact, after, [*history, note])
    return merge


def part(merge: ContactMerge, *, author: User) -> list[str]:
    """Take the two apart: both get back what they had; the fields that stay as they are now.

    What was edited since the merge was said of the person, so it stays with the contact.
    Raises CannotUnite.
    """
    with transaction.atomic():
        merge = ContactMerge.objects.select_for_update().get(pk=merge.pk)
        contact, other = _locked([merge.contact_id, merge.other_id], first=merge.contact_id)
        if reason := why_not_parted(merge, contact, other):
            raise CannotUnite(reason)
        before = values_of(contact)
        after, _ = merged(before, merge.after, merge.contact_before)
        merge.undone_at = now()
        merge.save(update_fields=["undone_at"])
        own = {name: merge.other_before[name] for name in before}
        history = changes_between(other, values_of(other), own, **_by(author))
        numbers = Contact.objects.filter(
            pk__in=merge.other_before["other_numbers"], merged_into=contact
        )
        numbers.update(merged_into=other)
        other.merged_into = None
        other.save(update_fields=["merged_into"])
        note = ContactChange(
            contact=contact, field="other_numbers", before=other.number, **_by(author)
        )
        history += [*changes_between(contact, before, after, **_by(author)), note]
        _write(contact, after, history)
        _write(other, own, [])
    return kept_apart(merge, before)


def kept_apart(merge: ContactMerge, values: Mapping[str, Any]) -> list[str]:
    """Of what the merge changed, the fields that were edited since: an undo leaves them."""
    restored, _ = merged(values, merge.after, merge.contact_before)
    return [name for name in restored if restored[name] != merge.contact_before[name]]


def why_not_parted(merge: ContactMerge, contact: Contact, other: Contact) -> str:
    """Why the merge cannot be undone, in a sentence; empty where it can."""
    if merge.undone_at:
        return UNDONE
    if contact.removed_at or other.removed_at:
        return GONE
    return "" if other.merged_into_id == contact.pk and not contact.merged_into_id else LATER


def _fullness(contact: Contact, field: str) -> tuple[int, int]:
    """How much the contact says there. A first and a last name are of one person: never mixed."""
    names = NAME if field in NAME else (field,)
    texts = [str(value_at(values_of(contact), name)) for name in names]
    return len(list(filter(None, texts))), sum(map(len, texts))


def _persons(contact: Contact, other: Contact) -> tuple[Contact, Contact]:
    """The locked rows of the two persons."""
    contact, other = _locked([contact.pk, other.pk], first=contact.pk)
    person, second = (side.merged_into_id or side.pk for side in (contact, other))
    if person == second:
        raise CannotUnite(SAME)
    if {person, second} != {contact.pk, other.pk}:
        contact, other = _locked([person, second], first=person)
    if contact.removed_at or other.removed_at:
        raise CannotUnite(GONE)
    return contact, other


def _locked(pks: Iterable[int], *, first: int) -> tuple[Contact, Contact]:
    """These two and all their numbers locked, in the order in which pulls lock too."""
    family = Contact.objects.filter(Q(pk__in=pks) | Q(merged_into__in=pks)).order_by("number")
    rows = {row.pk: row for row in family.select_for_update(of=("self",))}
    second = next((pk for pk in pks if pk != first), first)
    return rows[first], rows[second]


def _write(contact: Contact, values: Mapping[str, Any], history: list[ContactChange]) -> None:
    for name, value in values.items():
        setattr(contact, name, value)
    ContactChange.objects.bulk_create(history)
    save_and_push(contact)
    live.notify("threads")


def _by(author: User) -> dict[str, Any]:
    return {"source": Source.MERGE, "author": author}
