"""How a delivery stands in the event log."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from inbox.redaction import redacted
from webhooks_admin.actions.dispatching import MOST_ATTEMPTS, read_body

if TYPE_CHECKING:
    from webhooks_admin.models import WebhookEvent

# Words of columns, where their own name would not be understood.
ROWS = {"message": "Message", "thread": "Conversation", "contact": "Contact", "line": "Line"}
NOTHING = "nothing"


@dataclass(frozen=True, slots=True)
class State:
    """What became of a delivery: a word, its tone, and an icon beside it."""

    words: str
    icon: str
    tone: str = ""


@dataclass(frozen=True)
class Delivery:
    """A delivery in words for people."""

    event: WebhookEvent

    @property
    def state(self) -> State:
        """Where it stands."""
        event = self.event
        if event.quarantined_at:
            return State("Put aside", "warning", "danger")
        if event.processed_at:
            return State(event.get_verdict_display() or "Read", "check")
        if event.attempts and event.error:
            return State(f"Tried {event.attempts} of {MOST_ATTEMPTS} times", "retry", "warning")
        return State("Waiting", "clock")

    @cached_property
    def body(self) -> str:
        """The body as it came, indented and without secrets; odd bytes are replaced."""
        try:
            found: Any = read_body(bytes(self.event.body))
        except ValueError:
            return bytes(self.event.body).decode("utf-8", "replace")[:32_000]
        return json.dumps(redacted(found), indent=2, ensure_ascii=False)

    @property
    def headers(self) -> list[tuple[str, str]]:
        """Those of its headers that are kept."""
        return sorted(self.event.headers.items())

    @property
    def size(self) -> int:
        """The bytes of its body."""
        return len(bytes(self.event.body))


@dataclass(frozen=True, slots=True)
class ShownChange:
    """A change that a rehearsal found."""

    row: str
    field: str
    before: str
    after: str


def shown(changes: list[dict[str, Any]]) -> list[ShownChange]:
    """The changes of a finding, in words."""
    return [
        ShownChange(
            ROWS.get(change["row"], change["row"]),
            change["field"].removesuffix("_id").replace("_", " "),
            _words(change["before"]),
            _words(change["after"]),
        )
        for change in changes
    ]


def _words(value: Any) -> str:
    match value:
        case None | "" | []:
            return NOTHING
        case bool():
            return "yes" if value else "no"
        case dict() | list():
            return json.dumps(value, ensure_ascii=False)[:300]
    return str(value)
