"""What a list of contacts is narrowed to: read from an address, written into one, told in words.

The list, the export and what is done to “all that match” mean the same people by it.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from typing import TYPE_CHECKING, Self

from django.http import QueryDict
from django.utils.http import urlencode

from contacts.queries import matching

if TYPE_CHECKING:
    from collections.abc import Mapping

    from django.db.models import QuerySet

    from contacts.models import Contact

SORTS = ("name", "newest", "company")


@dataclass(frozen=True, slots=True)
class ContactFilter:
    """Everything that a list may be narrowed to; empty means not asked."""

    q: str = ""
    tag: str = ""
    line: str = ""  # a number of ours, as contacts carry it in `sendblue_number`
    assignee: str = ""  # an e-mail address, or "none"
    verified: str = ""  # "yes" or "no"
    opted_out: str = ""  # "yes" or "no"
    sendblue: str = ""  # "missing", "waiting", "refused", "conflict"
    sort: str = "name"

    @classmethod
    def parse(cls, params: Mapping[str, str] | str) -> Self:
        """The filter of a query string or its parameters; what makes no sense is not asked."""
        found = QueryDict(params) if isinstance(params, str) else params
        asked = {field.name: str(found.get(field.name, "")).strip() for field in fields(cls)}
        asked = {name: value.replace("\x00", "")[:254] for name, value in asked.items()}
        if asked["sort"] not in SORTS:
            asked["sort"] = SORTS[0]
        return cls(**asked)

    @property
    def query(self) -> str:
        """The same as a query string, without what is not asked."""
        asked = {name: value for name, value in asdict(self).items() if value}
        if self.sort == SORTS[0]:
            del asked["sort"]
        return urlencode(asked)

    def contacts(self) -> QuerySet[Contact]:
        """Those people, in no order."""
        found = matching(self.q).filter(removed_at=None, merged_into=None)
        if self.tag:
            found = found.filter(tags__contains=[self.tag])
        if self.line:
            found = found.filter(sendblue_number=self.line)
        if self.assignee:
            found = found.filter(assigned_to_email="" if self.assignee == "none" else self.assignee)
        if self.verified:
            found = found.filter(verified=self.verified == "yes")
        if self.opted_out:
            found = found.filter(opted_out=self.opted_out == "yes")
        if self.sendblue == "missing":
            found = found.filter(at_sendblue=None)
        elif self.sendblue == "conflict":
            found = found.exclude(conflicts={})
        elif self.sendblue in {"waiting", "refused"}:
            found = found.filter(push_state=self.sendblue)
        return found
