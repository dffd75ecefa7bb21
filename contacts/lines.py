"""Our lines, as far as contacts have to do with them; the app that keeps them tells which.

Contacts may not import that app, so it hands in a function when it is ready.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import phonenumbers

from sendblue_inbox.phone import national

if TYPE_CHECKING:
    from collections.abc import Callable

DEFAULT_COUNTRY = "US"


@dataclass(frozen=True, slots=True)
class OurLine:
    """A number of ours, and what it is called."""

    number: str
    name: str

    def __str__(self) -> str:
        return self.name or national(self.number)


_tellers: list[Callable[[], list[OurLine]]] = []


def told_by(teller: Callable[[], list[OurLine]]) -> None:
    """Have this function tell our lines from now on."""
    _tellers[:] = [teller]


def our_lines() -> list[OurLine]:
    """Our lines, by name; one query."""
    return [line for teller in _tellers for line in teller()]


def our_country() -> str:
    """Where national numbers are read: the country of most of our lines (ISO 3166-1)."""
    found = [country for line in our_lines() if (country := country_of(line.number))]
    return max(found, key=found.count) if found else DEFAULT_COUNTRY


def country_of(number: str) -> str:
    """The country of a number in E.164; empty where that is not known."""
    try:
        parsed = phonenumbers.parse(number)
    except phonenumbers.NumberParseException:
        return ""
    shared = phonenumbers.region_code_for_country_code(parsed.country_code or 0)
    return phonenumbers.region_code_for_number(parsed) or shared
