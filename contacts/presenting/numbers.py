"""The other numbers of a person on their card, and how each came to them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from contacts.actions.merging import values_of
from contacts.actions.uniting import kept_apart

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from contacts.models import Contact, ContactMerge


@dataclass(frozen=True, slots=True)
class OtherNumber:
    """A number that was merged into a contact; `merge` where that can be undone from here."""

    contact: Contact
    merge: ContactMerge | None
    # What was edited since, in words: an undo leaves it as it is.
    stays: str


def other_numbers(contact: Contact, *, named: Callable[[str], str]) -> list[OtherNumber]:
    """The other numbers of a person; one query, two where there are any.

    `named` gives what people call a field.
    """
    numbers = list(contact.other_numbers.filter(removed_at=None).order_by("pk"))
    if not numbers:
        return []
    found = contact.merges.filter(undone_at=None).select_related("author").order_by("pk")
    merges = {merge.other_id: merge for merge in found}
    values = values_of(contact)
    return [
        OtherNumber(
            number,
            merge,
            in_words(named(field) for field in kept_apart(merge, values)) if merge else "",
        )
        for number, merge in ((number, merges.get(number.pk)) for number in numbers)
    ]


def in_words(names: Iterable[str]) -> str:
    """Names of fields as a list in a sentence: company, tags and line."""
    *most, last = [name.lower() for name in names] or [""]
    return f"{', '.join(most)} and {last}" if most else last
