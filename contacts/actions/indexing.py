"""What people are found and sorted by: columns made of what else is known of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sendblue_inbox.fragments import fold, pieces

if TYPE_CHECKING:
    from collections.abc import Mapping

    from contacts.models import Contact

SEARCH = ("sort_name", "search_text", "search_pieces")
NAMES = ("first_name", "last_name", "company_name")


def index_for_search(contact: Contact) -> None:
    """Set what the contact is found and sorted by. Call before saving a changed contact."""
    columns = search_columns(vars(contact))
    contact.sort_name = columns["sort_name"]
    contact.search_text = columns["search_text"]
    contact.search_pieces = columns["search_pieces"]


def search_columns(values: Mapping[str, Any]) -> dict[str, Any]:
    """The columns SEARCH of a contact with these values by column; what is left out is empty."""
    first, last, company = (values.get(name, "") for name in NAMES)
    number, told = values["number"], values.get("custom_variables", {})
    # Sorted, because the database gives them back in another order than they were given.
    labels = [str(told[label]) for label in sorted(told)]
    words = (first, last, company, number, *values.get("tags", ()), *labels)
    text = fold(" ".join(filter(None, words)))
    name = f"{first} {last}".strip() or company
    return {
        "sort_name": (fold(name) or f"~{number}")[:254],
        "search_text": text,
        "search_pieces": pieces(text),
    }
