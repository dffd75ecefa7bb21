"""Which service a number has (contract 2.5)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.routing import Route

from .clock import HOUR
from .wire import Json, number_of, refuse, world_of

if TYPE_CHECKING:
    from starlette.requests import Request


async def evaluate_service(request: Request) -> Json:
    """GET /api/evaluate-service?number=; 30 an hour, RCS counts as SMS."""
    world = world_of(request)
    number = number_of(world, dict(request.query_params), "number")
    most, now = world.options.evaluations_per_hour, world.clock.now()
    while world.evaluations and world.evaluations[0] <= now - HOUR:
        world.evaluations.popleft()
    if most and len(world.evaluations) >= most * len(world.lines):
        raise refuse(429, "Too many evaluations, please try again later", 4001)
    world.evaluations.append(now)
    found = world.phone(number).service
    return Json({"number": number, "service": "iMessage" if found == "iMessage" else "SMS"})


routes = [Route("/api/evaluate-service", evaluate_service, methods=["GET"])]
