"""Telephone calls, as the webhooks call_log, call_completed and inbound_call tell of them."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Self

from .reading import first, mapping, moment, number, real, rows, storable, text

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

INBOUND, OUTBOUND = "inbound", "outbound"
_DIRECTIONS = {
    **dict.fromkeys(("inbound", "incoming", "in", "received"), INBOUND),
    **dict.fromkeys(("outbound", "outgoing", "out", "placed"), OUTBOUND),
}
_ID = ("call_id", "callId", "call_sid")
_DISPOSITION = ("disposition", "call_status", "outcome", "status")
_DURATION = ("duration_seconds", "duration", "call_duration", "duration_s")
_RECORDING = ("recording_url", "recordingUrl", "recording")
_STARTED = ("started_at", "start_time", "startedAt", "timestamp", "date_created", "created_at")
_READ = frozenset(
    {*_ID, *_DISPOSITION, *_DURATION, *_RECORDING, *_STARTED}
    | {"from_number", "from", "to_number", "to", "number", "sendblue_number", "direction"}
    | {"transcript", "event_type", "accountEmail", "account_email"}
)
_MOST_MORE, _LONGEST_MORE = 20, 200
_LONGEST_TRANSCRIPT = 50_000
_LONGEST_WORD = 64
_DAY = 86_400


@dataclass(frozen=True, slots=True)
class CallPayload:
    """A call, of which only `disposition`, `transcript` and `call_id` are published (contract 3.4).

    `number` is the person and `line_number` ours. `duration` is in seconds. `more` holds whatever
    else was said, as short texts. What was said stays out of the repr.
    """

    call_id: str
    number: str = field(repr=False)
    line_number: str
    direction: str = ""
    disposition: str = ""
    duration: int | None = None
    transcript: str = field(default="", repr=False)
    recording_url: str = field(default="", repr=False)
    started_at: datetime | None = None
    more: dict[str, str] = field(default_factory=dict, repr=False)

    @classmethod
    def parse(cls, obj: object, *, lines: Collection[str] = (), direction: str = "") -> Self:
        """Read the webhook body; `direction` is what its kind says where the body does not.

        Without a `call_id` the body itself names the call. Raises ValueError for no JSON object.
        """
        if not isinstance(obj, dict):
            raise ValueError("a call payload must be a JSON object")
        stated = _DIRECTIONS.get(text(obj.get("direction")).strip().lower(), direction)
        line, person, found = _parties(obj, frozenset(map(number, lines)), stated)
        duration = real(first(obj, *_DURATION))
        return cls(
            call_id=text(first(obj, *_ID)).strip() or _digest(obj),
            number=person,
            line_number=line,
            direction=found,
            disposition=text(first(obj, *_DISPOSITION)).strip().lower()[:_LONGEST_WORD],
            duration=round(duration) if duration and 0 < duration < 10 * _DAY else None,
            transcript=_transcript(obj.get("transcript"))[:_LONGEST_TRANSCRIPT],
            recording_url=_address(first(obj, *_RECORDING)),
            started_at=moment(first(obj, *_STARTED)),
            more=_more(obj),
        )


def _parties(obj: dict[str, Any], lines: frozenset[str], direction: str) -> tuple[str, str, str]:
    """(our line, the person, the direction); known lines are the best witness."""
    sender = number(first(obj, "from_number", "from"))
    receiver = number(first(obj, "to_number", "to"))
    stated, named = number(obj.get("sendblue_number")), number(obj.get("number"))
    if not direction and (sender in lines) != (receiver in lines):
        direction = OUTBOUND if sender in lines else INBOUND
    ours, theirs = (sender, receiver) if direction == OUTBOUND else (receiver, sender)
    known = [found for found in (stated, ours, theirs, named) if found and found in lines]
    line = known[0] if known else stated or ours
    others = (named, theirs, ours)
    return line, next((found for found in others if found and found != line), ""), direction


def _transcript(value: Any) -> str:
    """A text, or the lines of a list of `{speaker, text}`."""
    if isinstance(value, list):
        spoken = [
            (text(first(row, "speaker", "role")), text(first(row, "text", "content")))
            for row in rows(value)
        ]
        return "\n".join(f"{who}: {words}" if who else words for who, words in spoken if words)
    return text(value).strip() or text(mapping(value).get("text")).strip()


def _address(value: Any) -> str:
    found = text(value) or text(mapping(value).get("url"))
    return found if len(found) <= 2000 else ""


def _more(obj: dict[str, Any]) -> dict[str, str]:
    """What we have no name for: the first of these fields, cut."""
    told = {key: _in_words(value) for key, value in obj.items() if key not in _READ}
    said = {
        text(key)[:_LONGEST_WORD]: words[:_LONGEST_MORE] for key, words in told.items() if words
    }
    return dict(sorted(said.items())[:_MOST_MORE])


def _in_words(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, dict | list):
        return json.dumps(storable(value), sort_keys=True, ensure_ascii=False) if value else ""
    return text(value)


def _digest(obj: dict[str, Any]) -> str:
    written = json.dumps(storable(obj), sort_keys=True)
    return "body-" + hashlib.sha256(written.encode()).hexdigest()[:40]
