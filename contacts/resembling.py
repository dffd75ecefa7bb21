"""Who may be the same person as somebody: the same name, e-mail address, or end of the number."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from contacts.queries import matching
from sendblue_inbox.fragments import fold

if TYPE_CHECKING:
    from collections.abc import Iterator

    from django.db.models import QuerySet

    from contacts.models import Contact

MOST = 8
# So many last digits are the same number, written without its country or area.
LAST_DIGITS = 7


@dataclass(frozen=True, slots=True)
class Resemblance:
    """Somebody who may be the same person, and why."""

    contact: Contact
    why: str


def resembling(contact: Contact, people: QuerySet[Contact]) -> list[Resemblance]:
    """Of these people those who may be the same person, the surest first; few and quick queries."""
    found: dict[int, Resemblance] = {}
    for alike, why in _ways(contact, people):
        for other in alike.exclude(pk=contact.pk).order_by("pk")[: MOST - len(found)]:
            found.setdefault(other.pk, Resemblance(other, why))
    return list(found.values())


def _ways(contact: Contact, people: QuerySet[Contact]) -> Iterator[tuple[QuerySet[Contact], str]]:
    for address in _addresses(contact)[:2]:
        # Its parts may stand apart in others: the whole address decides.
        alike = matching(address).filter(search_text__contains=fold(address))
        yield people.filter(pk__in=alike.values("pk")), "The same e-mail address"
    digits = "".join(filter(str.isdigit, contact.number))[-LAST_DIGITS:]
    if "@" not in contact.number and len(digits) == LAST_DIGITS:
        alike = matching(digits).filter(number__endswith=digits)
        yield people.filter(pk__in=alike.values("pk")), "The same last digits"
    if contact.name:
        yield people.filter(sort_name=contact.sort_name), "The same name"


def _addresses(contact: Contact) -> list[str]:
    texts = (contact.number, *map(str, contact.custom_variables.values()))
    return [text for text in texts if "@" in text.strip("@")]
