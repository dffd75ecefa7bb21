"""Seats: the account's human agents (contract 2.10)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from starlette.routing import Route

from .clock import iso
from .state import Seat, World
from .wire import Json, refuse, whole_number, world_of

if TYPE_CHECKING:
    from starlette.requests import Request


async def list_seats(request: Request) -> Json:
    """GET /api/v2/seats: a bare array."""
    world, params = world_of(request), request.query_params
    offset = whole_number(params.get("offset"), "offset", 0)
    limit = whole_number(params.get("limit"), "limit", 100, most=1000)
    rows = _matching(request)[offset : offset + limit]
    return Json([_as_seat(world, seat) for seat in rows])


async def count_seats(request: Request) -> Json:
    """GET /api/v2/seats/count."""
    return Json({"count": len(_matching(request))})


async def get_seat(request: Request) -> Json:
    """GET /api/v2/seats/{seat_id}."""
    world, seat_id = world_of(request), request.path_params["seat_id"]
    if seat_id not in world.seats:
        if world.options.validate:
            raise refuse(404, "Seat not found")
        world.seats[seat_id] = Seat(seat_id, "seat@example.test", "", "", world.clock.now())
    return Json({"status": "OK", "seat": _as_seat(world, world.seats[seat_id])})


def _matching(request: Request) -> list[Seat]:
    email = request.query_params.get("email")
    return [seat for seat in world_of(request).seats.values() if email in (None, "", seat.email)]


def _as_seat(world: World, seat: Seat) -> dict[str, Any]:
    return {
        "seat_id": seat.seat_id,
        "account": world.options.account_email,
        "email": seat.email,
        "first_name": seat.first_name,
        "last_name": seat.last_name,
        "forwarding_number": seat.forwarding_number,
        "created_at": iso(seat.created),
    }


routes = [
    Route("/api/v2/seats", list_seats, methods=["GET"]),
    Route("/api/v2/seats/count", count_seats, methods=["GET"]),
    Route("/api/v2/seats/{seat_id}", get_seat, methods=["GET"]),
]
