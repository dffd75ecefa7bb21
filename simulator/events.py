"""The account's event stream (contract 2.10): what happens, to whoever listens right now."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import orjson
from starlette.responses import StreamingResponse
from starlette.routing import Route

from .clock import iso
from .wire import sim_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from starlette.requests import Request

    from .state import World

HEARTBEAT_S = 15.0
LONGEST_S = 15 * 60.0
_BACKLOG = 10_000


class Events:
    """Listeners and what they have not read yet; there is no replay."""

    def __init__(self, world: World) -> None:
        self.world = world
        self._listeners: dict[asyncio.Queue[dict[str, Any]], frozenset[str]] = {}

    def publish(self, kind: str, event_id: str, data: dict[str, Any]) -> None:
        """Hand an event to every listener that wants its type; a full queue loses it."""
        if not self._listeners:
            return
        event = {
            "version": 1,
            "id": event_id,
            "type": kind,
            "occurred_at": iso(self.world.clock.now()),
            "data": data,
        }
        for queue, kinds in self._listeners.items():
            if (not kinds or kind in kinds) and not queue.full():
                queue.put_nowait(event)

    async def stream(self, kinds: frozenset[str]) -> AsyncIterator[bytes]:
        """Server-sent events until the listener leaves or the longest time is over."""
        queue: asyncio.Queue[dict[str, Any]] = asyncio.Queue(_BACKLOG)
        self._listeners[queue] = kinds
        loop = asyncio.get_running_loop()
        ends = loop.time() + LONGEST_S
        try:
            yield b": connected\n\n"
            while loop.time() < ends:
                try:
                    event = await asyncio.wait_for(queue.get(), HEARTBEAT_S)
                except TimeoutError:
                    yield b": heartbeat\n\n"
                else:
                    yield sse(event["type"], event, event["id"])
        finally:
            del self._listeners[queue]


def sse(name: str, data: dict[str, Any], event_id: str = "") -> bytes:
    """One server-sent event."""
    head = f"id: {event_id}\n" if event_id else ""
    return f"{head}event: {name}\n".encode() + b"data: " + orjson.dumps(data) + b"\n\n"


async def stream_events(request: Request) -> StreamingResponse:
    """GET /api/v2/events?types=a,b."""
    kinds = frozenset(filter(None, request.query_params.get("types", "").split(",")))
    return StreamingResponse(sim_of(request).events.stream(kinds), media_type="text/event-stream")


routes = [Route("/api/v2/events", stream_events)]
