"""Lines: numbers, state, usage, contact status, call forwarding (contract 2.8)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from starlette.routing import Route

from .clock import DAY, iso
from .limits import is_new_contact, usage
from .store import Pair
from .wire import (
    Json,
    body_of,
    check_number,
    line_of,
    number_of,
    refuse,
    require_whole_account,
    world_of,
)

if TYPE_CHECKING:
    from starlette.requests import Request

    from .state import Line, World


async def list_lines(request: Request) -> Json:
    """GET /api/lines."""
    return Json({"numbers": list(world_of(request).lines)})


async def line_state(request: Request) -> Json:
    """GET /api/v2/lines/state."""
    world = world_of(request)
    return Json(
        {
            "status": "OK",
            "snapshot_at": iso(world.clock.now()),
            "data": [state_of(line) for line in world.lines.values()],
        }
    )


def state_of(line: Line) -> dict[str, Any]:
    """One line as the state list shows it."""
    return {
        "worker_id": f"worker-{line.number[-4:]}",
        "sendblue_number": line.number,
        "assignment": line.assignment,
        "status": line.status,
        "status_changed_at": iso(line.status_changed),
        "degraded_since": iso(line.degraded_since) if line.degraded_since else None,
        "effective_until": None,
    }


async def line_usage(request: Request) -> Json:
    """GET /api/v2/lines/usage: no query, no token that is limited to lines."""
    world = world_of(request)
    if request.query_params:
        raise refuse(400, "This endpoint takes no query parameters")
    require_whole_account(request)
    return Json(
        {
            "status": "OK",
            "enabled": bool(world.options.new_contacts_per_hour),
            "lines": [usage(world, line) for line in world.lines.values()],
        }
    )


async def contact_status(request: Request) -> Json:
    """GET /api/v2/lines/contact-status."""
    world, params = world_of(request), dict(request.query_params)
    if set(params) - {"number", "sendblue_number"} or any(len(v) > 64 for v in params.values()):
        raise refuse(400, "Only 'number' and 'sendblue_number' are taken, 64 characters at most")
    number = number_of(world, params, "number", email=False)
    sendblue_number = number_of(world, params, "sendblue_number", email=False)
    line = line_of(world, sendblue_number)
    new, now = is_new_contact(world, line, number), world.clock.now()
    pair = world.messages.pairs.get((line.number, number)) or Pair()
    activity = "unknown" if new else "cold"
    if pair.last_inbound > now - DAY:
        activity = "active"
    elif pair.last_inbound:
        activity = "warm"
    pacing: dict[str, Any] = {"version": 1, "service": "iMessage", "activity": activity}
    if new and usage(world, line)["state"] == "limited":
        pacing["warning"] = "new_contacts_daily" if not _left_today(world, line) else "line_hourly"
    return Json(
        {
            "status": "OK",
            "number": number,
            "sendblue_number": line.number,
            "classification": "new" if new else "known",
            "known_contact": not new,
            "new_contact_lookback_days": world.options.new_contact_lookback_days,
            "sampled_at": iso(now),
            "pacing": pacing,
        }
    )


async def get_forwarding(request: Request) -> Json:
    """GET /api/lines/{sendblue_number}/call-forwarding."""
    return _forwarding(_line(request))


async def set_forwarding(request: Request) -> Json:
    """PUT the number that calls go to."""
    line, body = _line(request), await body_of(request)
    line.forwarding_number = number_of(world_of(request), body, "forwarding_number", email=False)
    return _forwarding(line)


async def clear_forwarding(request: Request) -> Json:
    """DELETE it; again does no harm."""
    line = _line(request)
    line.forwarding_number = None
    return _forwarding(line)


def change_line(world: World, line: Line, status: str) -> None:
    """Give a line a new status and remember since when."""
    now = world.clock.now()
    if status != line.status:
        line.status, line.status_changed = status, now
        line.degraded_since = now if status == "DEGRADED" else 0


def _left_today(world: World, line: Line) -> int:
    return usage(world, line)["daily"]["remaining"]


def _line(request: Request) -> Line:
    world, number = world_of(request), request.path_params["sendblue_number"]
    check_number(world, number, "sendblue_number", email=False)
    return line_of(world, number)


def _forwarding(line: Line) -> Json:
    return Json({"sendblue_number": line.number, "forwarding_number": line.forwarding_number})


_FORWARDING = "/api/lines/{sendblue_number}/call-forwarding"
routes = [
    Route("/api/lines", list_lines, methods=["GET"]),
    Route("/api/v2/lines/state", line_state, methods=["GET"]),
    Route("/api/v2/lines/usage", line_usage, methods=["GET"]),
    Route("/api/v2/lines/contact-status", contact_status, methods=["GET"]),
    Route(_FORWARDING, get_forwarding, methods=["GET"]),
    Route(_FORWARDING, set_forwarding, methods=["PUT"]),
    Route(_FORWARDING, clear_forwarding, methods=["DELETE"]),
]
