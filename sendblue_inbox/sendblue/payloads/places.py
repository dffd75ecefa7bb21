"""Where people are, as far as they share it with a line."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Self

from .messages import Location
from .reading import mapping, number, rows, text


@dataclass(frozen=True, slots=True)
class LocationState:
    """not_shared, shared_no_fix_yet or shared_with_fix, and the fix in the last case."""

    number: str = field(repr=False)
    state: str
    location: Location | None = field(default=None, repr=False)

    @classmethod
    def parse(cls, obj: Any) -> Self:
        found = mapping(obj)
        return cls(
            number=number(found.get("number")),
            state=text(found.get("state")),
            location=Location.parse(found.get("location")),
        )

    @classmethod
    def many(cls, obj: Any) -> tuple[Self, ...]:
        """Read `{status, from_number, locations: […]}`, also with a single `location` state."""
        found = mapping(obj)
        listed = rows(found.get("locations"))
        return tuple(map(cls.parse, listed or ([found] if "state" in found else [])))


@dataclass(frozen=True, slots=True)
class LocationEvent:
    """One event of a watched location: ready, location, complete (with its reason) or error."""

    kind: str
    state: LocationState
    reason: str = ""
    raw: dict[str, Any] = field(default_factory=dict, repr=False, compare=False)
