"""What people are found and sorted by: columns made of what else is known of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from contacts.models import Contact
from sendblue_inbox.fragments import fold, pieces

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

SEARCH = ("sort_name", "search_text", "search_pieces")
NAMES = ("first_name", "last_name", "company_name")


def index_for_search(contact: Contact, *, also: Iterable[str] = ()) -> None:
    """Set what the contact is found and sorted by. Call before saving a changed contact.

    `also` are the other numbers of the person (`other_numbers`).
    """
    columns = search_columns(vars(contact), also=also)
    contact.sort_name = columns["sort_name"]
    contact.search_text = columns["search_text"]
    contact.search_pieces = columns["search_pieces"]


def other_numbers(people: Iterable[int]) -> dict[int, list[str]]:
    """The numbers that were merged into these people, by the key of the person; one query."""
    found: dict[int, list[str]] = {}
    rows = Contact.objects.filter(merged_into__in=list(people)).order_by("pk")
    for person, number in rows.values_list("merged_into", "number"):
        if person is not None:
            found.setdefault(person, []).append(number)
    return found


def search_columns(values: Mapping[str, Any], *, also: Iterable[str] = ()) -> dict[str, Any]:
    """The columns SEARCH of a contact with these values by column; what is left out is empty."""
    first, last, company = (values.get(name, "") for name in NAMES)
    number, told = values["number"], values.get("custom_variables", {})
    # Sorted, because the database gives them back in another order than they were given.
    labels = [str(told[label]) for label in sorted(told)]
    words = (first, last, company, number, *values.get("tags", ()), *labels, *also)
    text = fold(" ".join(filter(None, words)))
    name = f"{first} {last}".strip() or company
    return {
        "sort_name": (fold(name) or f"~{number}")[:254],
        "search_text": text,
        "search_pieces": pieces(text),
    }
