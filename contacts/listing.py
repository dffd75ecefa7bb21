"""Pages of the list of people, by the values of their first and last row instead of an offset.

A page costs the same in a small and in a huge list, whatever it is narrowed to. A few rows of the
list are walked in its order; where these give no whole page, so few match that all of them can be
gathered and sorted. The database would choose between both by an estimate of how many match,
which for parts of numbers and names is wrong by orders of magnitude.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from django.db import connection
from django.db.models import BooleanField, ExpressionWrapper, F, Q

from contacts.filtering import LISTED
from contacts.models import Contact
from contacts.models.contact import COMPANY_KEY

if TYPE_CHECKING:
    from django.db.models import QuerySet
    from django.db.models.expressions import Combinable

    from contacts.filtering import ContactFilter

A_PAGE = 50
WALKED = 1_000
NOT_SHOWN = ("search_text", "search_pieces", "at_sendblue", "custom_variables")
# Walks until there are enough hits, or to the last row that may be walked, which comes along.
WALK = """
    SELECT id, is_hit, place
      FROM (SELECT *, row_number() OVER () AS place FROM ({found}) AS walked) AS numbered
     WHERE is_hit OR place = %s LIMIT %s
"""
GATHER = """
    WITH found AS MATERIALIZED ({found}) SELECT id FROM found ORDER BY key {way}, id {way} LIMIT %s
"""


class Sort(NamedTuple):
    """An order of the list; ties are settled by the contact's number in the database."""

    key: Combinable
    is_descending: bool = False


SORTS = {
    "name": Sort(F("sort_name")),
    "newest": Sort(F("created_at"), is_descending=True),
    "company": Sort(COMPANY_KEY),
}


@dataclass(frozen=True, slots=True)
class Place:
    """Where a contact stands in a list: its key in that order and its primary key."""

    key: str | datetime
    pk: int

    def __str__(self) -> str:
        key = self.key.isoformat() if isinstance(self.key, datetime) else self.key
        return f"{self.pk}~{key}"

    @classmethod
    def parse(cls, token: str, *, sort: str) -> Place | None:
        """The place that a token from a page names; None for one that we did not make."""
        pk, _, key = token.partition("~")
        if not (pk.isascii() and pk.isdigit() and len(pk) < 19) or "\x00" in key:
            return None
        if sort != "newest":
            return cls(key, int(pk))
        try:
            at = datetime.fromisoformat(key)
        except ValueError:
            return None
        return cls(at, int(pk)) if at.tzinfo else None


@dataclass(frozen=True, slots=True)
class ContactPage:
    """Contacts in their order, and the places to go on from on either side, if there is more."""

    contacts: list[Contact]
    previous: Place | None
    next: Place | None


def contact_page(
    asked: ContactFilter,
    *,
    after: Place | None = None,
    before: Place | None = None,
    limit: int = A_PAGE,
) -> ContactPage:
    """The first page, or that after or before a place; at most three queries.

    Going back to the beginning ends with the whole first page.
    """
    found = _rows(asked, before or after, limit=limit + 1, back=before is not None)
    if before and len(found) <= limit:
        return contact_page(asked, limit=limit)
    page, has_more = found[:limit], len(found) > limit
    if before:
        page.reverse()
    return ContactPage(
        page,
        previous=_place(page[0]) if page and (before or after) else None,
        next=_place(page[-1]) if page and (before or has_more) else None,
    )


def in_order(asked: ContactFilter) -> QuerySet[Contact]:
    """All people of the filter in the order of the list, each with its `key`."""
    sort = SORTS[asked.sort]
    listed = asked.contacts().annotate(key=sort.key)
    return _ordered(listed, "DESC" if sort.is_descending else "ASC")


def _place(contact: Contact) -> Place:
    return Place(contact.key, contact.pk)  # type: ignore[attr-defined]


def _rows(asked: ContactFilter, place: Place | None, *, limit: int, back: bool) -> list[Contact]:
    sort = SORTS[asked.sort]
    way = "DESC" if sort.is_descending != back else "ASC"
    listed = _beyond(place, Contact.objects.filter(LISTED).annotate(key=sort.key), way)
    if not asked.narrows:
        return list(_shown(_ordered(listed, way)[:limit]))
    pks = _walk(listed, asked.condition(), way, limit)
    if pks is None:
        found = listed.filter(asked.condition()).values("id", "key")
        pks = [pk for (pk,) in _ask(GATHER.format(found="{found}", way=way), found, limit)]
    shown = _shown(Contact.objects.annotate(key=sort.key).filter(pk__in=pks))
    rows = {contact.pk: contact for contact in shown}
    return [rows[pk] for pk in pks if pk in rows]


def _walk(listed: QuerySet[Any], condition: Q, way: str, limit: int) -> list[int] | None:
    """The keys of the first that match; None where so many rows have not enough of them."""
    is_hit = ExpressionWrapper(condition, output_field=BooleanField())
    walked = _ordered(listed.annotate(is_hit=is_hit), way).values("id", "is_hit")[:WALKED]
    found = _ask(WALK, walked, WALKED, limit)
    hits = [pk for pk, is_hit, _place in found if is_hit]
    saw_all = all(place < WALKED for _pk, _is_hit, place in found)
    return hits if saw_all or len(hits) == limit else None


def _beyond(place: Place | None, listed: QuerySet[Any], way: str) -> QuerySet[Any]:
    if place is None:
        return listed
    side = "gt" if way == "ASC" else "lt"
    # The first condition bounds the index scan, the second settles equal keys.
    listed = listed.filter(**{f"key__{side}e": place.key})
    return listed.filter(Q(**{f"key__{side}": place.key}) | Q(**{f"pk__{side}": place.pk}))


def _ordered(listed: QuerySet[Any], way: str) -> QuerySet[Any]:
    return listed.order_by(*(("key", "pk") if way == "ASC" else ("-key", "-pk")))


def _shown(contacts: QuerySet[Contact]) -> QuerySet[Contact]:
    """With what a row shows, and without the long columns that it does not."""
    is_there = ExpressionWrapper(Q(at_sendblue__isnull=False), output_field=BooleanField())
    return contacts.annotate(is_there=is_there).defer(*NOT_SHOWN)


def _ask(frame: str, found: QuerySet[Any], *params: int) -> list[tuple[Any, ...]]:
    """The rows of a statement around the queryset's own."""
    sql, args = found.query.sql_with_params()
    with connection.cursor() as cursor:
        cursor.execute(frame.format(found=sql), [*args, *params])
        return cursor.fetchall()
