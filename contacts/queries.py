"""Questions about contacts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db.models import Q

from contacts.models import Contact, Label
from sendblue_inbox.fragments import search_words, wanted_pieces

if TYPE_CHECKING:
    from django.db.models import QuerySet

MOST_OFFERED = 1_000


def matching(query: str) -> QuerySet[Contact]:
    """The contacts of which every word of the query is a part: see `words_match`."""
    return Contact.objects.filter(words_match(query))


def words_match(query: str) -> Q:
    """Every word of the query stands in the name, company, number, tags or custom variables."""
    condition = Q()
    # Of zeros alone nothing is left: so begins a national number.
    for word in filter(None, search_words(query)):
        condition &= Q(search_pieces__contains=wanted_pieces(word))
        if len(word) > 3:
            # The pieces may lie apart: the words decide.
            condition &= Q(search_text__contains=word)
    return condition


def labels(kind: str) -> list[str]:
    """The tags, or the names of custom variables, that are in use; as many as can be offered."""
    found = Label.objects.filter(kind=kind).order_by("name").values_list("name", flat=True)
    return list(found[:MOST_OFFERED])
