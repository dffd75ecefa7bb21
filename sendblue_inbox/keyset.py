"""Places in a long list, by the values of the last row instead of a growing offset."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Self


@dataclass(frozen=True, slots=True)
class Place:
    """A row's place in a list that is ordered by time, then a text, then the row's number."""

    at: datetime
    pk: int
    text: str = ""

    def __str__(self) -> str:
        return f"{self.at.isoformat()}~{self.pk}~{self.text}"

    @classmethod
    def parse(cls, token: str) -> Self | None:
        """The place that a token from the page names; None for one that we did not make."""
        at, _, rest = token.partition("~")
        pk, _, text = rest.partition("~")
        try:
            place = cls(datetime.fromisoformat(at), int(pk), text)
        except ValueError:
            return None
        known = place.at.tzinfo is not None and 0 <= place.pk < 2**63 and "\x00" not in text
        return place if known else None
