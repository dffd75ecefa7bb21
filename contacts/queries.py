"""Questions about contacts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from contacts.models import Contact
from sendblue_inbox.fragments import search_words, wanted_pieces

if TYPE_CHECKING:
    from django.db.models import QuerySet


def matching(query: str) -> QuerySet[Contact]:
    """The contacts whose name, company or number contain every word of the query."""
    found = Contact.objects.all()
    for word in search_words(query):
        found = found.filter(search_pieces__contains=wanted_pieces(word))
        if len(word) > 3:
            # The pieces may lie apart: the words decide.
            found = found.filter(search_text__contains=word)
    return found
