"""Which service a number has (contract 2.5)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.routing import Route

from .clock import DAY, HOUR
from .wire import Json, number_of, refuse, world_of

if TYPE_CHECKING:
    from starlette.requests import Request


async def evaluate_service(request: Request) -> Json:
    """GET /api/evaluate-service?number=; 30 an hour and 100 a day, RCS counts as SMS."""
    world = world_of(request)
    number = number_of(world, dict(request.query_params), "number")
    options, now = world.options, world.clock.now()
    while world.evaluations and world.evaluations[0] <= now - DAY:
        world.evaluations.popleft()
    lately = sum(at > now - HOUR for at in world.evaluations)
    hour, day = (
        most * len(world.lines)
        for most in (options.evaluations_per_hour, options.evaluations_per_day)
    )
    if (hour and lately >= hour) or (day and len(world.evaluations) >= day):
        raise refuse(429, "Too many evaluations, please try again later", 4001)
    world.evaluations.append(now)
    found = world.phone(number).service
    return Json({"number": number, "service": "iMessage" if found == "iMessage" else "SMS"})


routes = [Route("/api/evaluate-service", evaluate_service, methods=["GET"])]
