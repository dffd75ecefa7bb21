"""What the account's event stream carries."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Self

from .reading import mapping, moment, text

if TYPE_CHECKING:
    from datetime import datetime


@dataclass(frozen=True, slots=True)
class StreamEvent:
    """One event; ids are stable across connections, so they are what to deduplicate by."""

    id: str
    type: str
    occurred_at: datetime | None
    data: dict[str, Any] = field(repr=False)

    @classmethod
    def parse(cls, obj: Any) -> Self | None:
        """Read an event; None for what is no event object."""
        found = mapping(obj)
        kind = text(found.get("type"))
        if not kind:
            return None
        return cls(
            id=text(found.get("id")),
            type=kind,
            occurred_at=moment(found.get("occurred_at")),
            data=mapping(found.get("data")),
        )
