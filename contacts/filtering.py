"""What a list of contacts is narrowed to: read from an address, written into one, told in words.

The list, the export and what is done to “all that match” mean the same people by it.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields, replace
from typing import TYPE_CHECKING, Self

from django.db.models import Q
from django.http import QueryDict
from django.utils.http import urlencode

from contacts.lines import our_lines
from contacts.models import Contact
from contacts.queries import words_match
from sendblue_inbox.phone import national

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from django.db.models import QuerySet

    from contacts.lines import OurLine

SORTS = {"name": "Name", "newest": "Newest", "company": "Company"}
FIRST_SORT = "name"
YES_OR_NO = ("yes", "no")
AT_SENDBLUE = {
    "waiting": "Waiting",
    "refused": "Refused",
    "conflict": "Changed on both sides",
    "missing": "Not there",
}
STANDINGS = {
    "waiting": "waiting to be saved at Sendblue",
    "refused": "refused by Sendblue",
    "conflict": "changed on both sides",
    "missing": "not at Sendblue",
}
NOBODY = "none"
LISTED = Q(removed_at=None, merged_into=None)


@dataclass(frozen=True, slots=True)
class ContactFilter:
    """Everything that a list may be narrowed to; empty means not asked."""

    q: str = ""
    tag: str = ""
    line: str = ""  # a number of ours, as contacts carry it in `sendblue_number`
    assignee: str = ""  # an e-mail address, or "none"
    verified: str = ""  # "yes" or "no"
    opted_out: str = ""  # "yes" or "no"
    sendblue: str = ""  # a key of AT_SENDBLUE
    sort: str = FIRST_SORT

    @classmethod
    def parse(cls, params: Mapping[str, str] | str) -> Self:
        """The filter of a query string or its parameters; what makes no sense is not asked."""
        found = QueryDict(params) if isinstance(params, str) else params
        asked = {field.name: str(found.get(field.name, "")).strip() for field in fields(cls)}
        asked = {name: value.replace("\x00", "")[:254] for name, value in asked.items()}
        known = {"verified": YES_OR_NO, "opted_out": YES_OR_NO, "sendblue": AT_SENDBLUE}
        asked |= {name: "" for name, values in known.items() if asked[name] not in values}
        if asked["sort"] not in SORTS:
            asked["sort"] = FIRST_SORT
        return cls(**asked)

    @property
    def query(self) -> str:
        """The same as a query string, without what is not asked."""
        asked = {name: value for name, value in asdict(self).items() if value}
        if self.sort == FIRST_SORT:
            del asked["sort"]
        return urlencode(asked)

    @property
    def narrows(self) -> bool:
        """Whether it leaves anybody out."""
        return replace(self, sort=FIRST_SORT) != ContactFilter()

    def contacts(self) -> QuerySet[Contact]:
        """Those people, in no order."""
        return Contact.objects.filter(LISTED).filter(self.condition())

    def count(self) -> int:
        """How many they are, exactly."""
        return self.contacts().count()

    def condition(self) -> Q:
        """What a contact of the list must be like."""
        asked = words_match(self.q)
        if self.tag:
            asked &= Q(tags__contains=[self.tag])
        if self.line:
            asked &= Q(sendblue_number=self.line)
        if self.assignee:
            asked &= Q(assigned_to_email="" if self.assignee == NOBODY else self.assignee)
        if self.verified:
            asked &= Q(verified=self.verified == "yes")
        if self.opted_out:
            asked &= Q(opted_out=self.opted_out == "yes")
        if self.sendblue == "missing":
            asked &= Q(at_sendblue__isnull=True)
        elif self.sendblue == "conflict":
            asked &= ~Q(conflicts={})
        elif self.sendblue:
            asked &= Q(push_state=self.sendblue)
        return asked

    def words(self, lines: Iterable[OurLine] | None = None) -> str:
        """The filter as a phrase: “everybody”, or “people that match “ann”, tagged “vip”, …”."""
        if lines is None:
            lines = our_lines() if self.line else ()
        parts = self.parts(lines).values()
        return f"people {', '.join(parts)}" if parts else "everybody"

    def parts(self, lines: Iterable[OurLine]) -> dict[str, str]:
        """What narrows the list, by name, in words; `lines` are ours, for their names."""
        names = {line.number: str(line) for line in lines}
        nobody = self.assignee == NOBODY
        said = {
            "q": f"that match “{self.q}”",
            "tag": f"tagged “{self.tag}”",
            "line": f"on the line {names.get(self.line) or national(self.line)}",
            "assignee": f"assigned to {'nobody' if nobody else self.assignee}",
            "verified": "verified" if self.verified == "yes" else "not verified",
            "opted_out": "opted out" if self.opted_out == "yes" else "not opted out",
            "sendblue": STANDINGS.get(self.sendblue, ""),
        }
        return {name: words for name, words in said.items() if getattr(self, name)}

    def without(self, name: str) -> Self:
        """The same, not narrowed by that."""
        return replace(self, **{name: ""})
