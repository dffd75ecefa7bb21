"""Server-sent events out of a stream of bytes (WHATWG HTML, section 9.2)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

MAX_LINE = 1_000_000  # bytes; a longer one means that the stream is not what it claims to be


@dataclass(frozen=True, slots=True)
class ServerSentEvent:
    """One dispatched event; `event` is "message" where the stream names none."""

    event: str
    data: str
    id: str


def parse_events(chunks: Iterable[bytes]) -> Iterator[ServerSentEvent]:
    """Events in the order they end. Comments (heartbeats) and an unfinished last event are dropped.

    Raises ValueError on a line above `MAX_LINE`.
    """
    event, last_id = "", ""
    data: list[str] = []
    for line in _lines(chunks):
        if not line:
            if data:
                yield ServerSentEvent(event or "message", "\n".join(data), last_id)
            event, data = "", []
            continue
        name, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if name == "data":
            data.append(value)
        elif name == "event":
            event = value
        elif name == "id" and "\0" not in value:
            last_id = value


def _lines(chunks: Iterable[bytes]) -> Iterator[str]:
    rest = b""
    for chunk in chunks:
        rest += chunk
        # A CR at the very end may be half of a CRLF: keep it until more arrives.
        complete = rest.replace(b"\r\n", b"\n")
        if not complete.endswith(b"\r"):
            complete = complete.replace(b"\r", b"\n")
        *lines, rest = complete.split(b"\n")
        if len(rest) > MAX_LINE:
            raise ValueError("a line of the event stream is too long")
        for line in lines:
            yield line.decode("utf-8", "replace")
