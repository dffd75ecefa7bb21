"""The account's event stream (Sendblue API contract, section 2.10)."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from ..payloads.events import StreamEvent
from ..payloads.reading import mapping
from .base import Operations, query

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence

    from ..sse import ServerSentEvent


class StreamOperations(Operations):
    """A hint that something happened, not a log: what a gap lost comes from the lists."""

    def events(self, *, types: Sequence[str] = ()) -> Generator[StreamEvent, None, None]:
        """GET /api/v2/events until the server ends it, within 15 minutes.

        Close the generator to stop. Raises Rejected with status 404 where the account's server
        has no such stream, and MaybeSent when it breaks or misses its heartbeats.
        """
        asked = query({"types": ",".join(types)})
        for sent in self._transport.stream("/api/v2/events", query=asked):
            event = StreamEvent.parse(event_object(sent))
            if event:
                yield event


def event_object(sent: ServerSentEvent) -> dict[str, Any]:
    """The JSON object in an event's data; empty for anything else."""
    try:
        return mapping(json.loads(sent.data))
    except (ValueError, RecursionError):
        return {}
