"""Where people are, when they share it: ask, read, watch (contract 2.10)."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from starlette.responses import StreamingResponse
from starlette.routing import Route

from .clock import HOUR, iso
from .events import HEARTBEAT_S, sse
from .inbound import Words, receive
from .wire import (
    Json,
    body_of,
    check_number,
    line_of,
    number_of,
    refuse,
    sim_of,
    text_of,
    world_of,
)

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from starlette.requests import Request

    from .simulation import Simulation
    from .state import World

_SHARES_AFTER_S = 1.0
_LOOKS_EVERY_S = 0.25


async def request_location(request: Request) -> Json:
    """POST /api/request-location: ask; people who live here share a little later."""
    sim, body = sim_of(request), await body_of(request)
    world = sim.world
    number = number_of(world, body, "number")
    line = line_of(world, number_of(world, body, "from_number", email=False))
    _check_offered(world)
    handle = world.new_uuid()
    request.scope["ledger_entry"]["message_handle"] = handle
    world.runs(_share_later(sim, number, line.number))
    return Json(
        {
            "status": "QUEUED",
            "message": "Location request accepted for dispatch",
            "message_handle": handle,
            "uuid": handle,
            "number": number,
        }
    )


async def list_locations(request: Request) -> Json:
    """GET /api/location?from_number=: everybody who shares with the line."""
    world = world_of(request)
    line = _line(request)
    here = [number for number in world.locations if (line, number) in world.messages.pairs]
    found = [_location(world, number) for number in here]
    return Json({"status": "OK", "from_number": line, "locations": found})


async def get_location(request: Request) -> Json:
    """GET /api/location/{number}?from_number=."""
    world, number, line = world_of(request), request.path_params["number"], _line(request)
    check_number(world, number, "number")
    _check_offered(world)
    return Json({"status": "OK", "from_number": line, **_location(world, number)})


async def watch_location(request: Request) -> StreamingResponse:
    """GET /api/location/{number}/watch: server-sent events until sharing ends."""
    world, number, line = world_of(request), request.path_params["number"], _line(request)
    check_number(world, number, "number")
    return StreamingResponse(_watch(world, number, line), media_type="text/event-stream")


async def _watch(world: World, number: str, line: str) -> AsyncIterator[bytes]:
    yield sse("ready", {"from_number": line, "number": number})
    last: dict[str, Any] | None = None
    quiet = 0.0
    while True:
        found = _location(world, number)
        if found["location"] is None and last is not None:
            yield sse("complete", {"reason": "sharing_ended"})
            return
        if found["location"] != last:
            last, quiet = found["location"], 0.0
            yield sse("location", found)
        if quiet >= HEARTBEAT_S:
            quiet = 0.0
            yield b": heartbeat\n\n"
        await asyncio.sleep(_LOOKS_EVERY_S)
        quiet += _LOOKS_EVERY_S


async def _share_later(sim: Simulation, number: str, line: str) -> None:
    """The person agrees: their place is known from now on and comes as a message."""
    await asyncio.sleep(_SHARES_AFTER_S)
    world = sim.world
    now = world.clock.now()
    place = {
        "latitude": round(37.7749 + world.random.uniform(-0.05, 0.05), 6),
        "longitude": round(-122.4194 + world.random.uniform(-0.05, 0.05), 6),
        "accuracy": 12.0,
        "altitude": 16.0,
    }
    world.locations[number] = {
        **place,
        "address": "Valencia Street, San Francisco",
        "locationType": "live",
        "timestamp": iso(now),
        "expiresAt": iso(now + HOUR),
        "refreshError": None,
    }
    share = {**place, "duration": "1 hour", "timestamp": iso(now)}
    receive(sim, Words(sender=number, line=line, extra={"location": share}))


def _check_offered(world: World) -> None:
    """The wording is ours: nobody has published it."""
    if not world.options.location_enabled:
        raise refuse(400, "Location sharing requires a dedicated Mac line")


def _line(request: Request) -> str:
    world = world_of(request)
    number = text_of(dict(request.query_params), "from_number")
    if not number:
        raise refuse(400, "missing required parameter: from_number")
    return line_of(world, number).number


def _location(world: World, number: str) -> dict[str, Any]:
    place = world.locations.get(number)
    state = "shared_with_fix" if place else "not_shared"
    return {"number": number, "state": state, "location": place}


routes = [
    Route("/api/request-location", request_location, methods=["POST"]),
    Route("/api/location", list_locations, methods=["GET"]),
    Route("/api/location/{number}", get_location, methods=["GET"]),
    Route("/api/location/{number}/watch", watch_location, methods=["GET"]),
]
