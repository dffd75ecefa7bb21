"""The account: who am I, name and photo, FaceTime, shared contacts (contract 2.11)."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from starlette.routing import Route

from .verification import verified_contact
from .wire import Json, body_of, line_of, number_of, refuse, sim_of, text_of, world_of

if TYPE_CHECKING:
    from starlette.requests import Request

    from .simulation import Simulation
    from .state import Line


async def get_account(request: Request) -> Json:
    """GET /account."""
    options = world_of(request).options
    who = {"email": options.account_email, "plan": options.plan}
    return Json({"status": "OK", **who, "data": who})


async def get_sharing(request: Request) -> Json:
    """GET /api/v2/contact-sharing/state?fromNumber=."""
    world = world_of(request)
    line = line_of(world, number_of(world, dict(request.query_params), "fromNumber"))
    shown = {k: v for k, v in (line.profile or {}).items() if k != "photoUrl"}
    return Json({"status": "OK", "data": {"hasProfile": line.profile is not None, **shown}})


async def set_sharing(request: Request) -> Json:
    """POST /api/v2/contact-sharing/profile; its completion is announced."""
    sim, body = sim_of(request), await body_of(request)
    line = line_of(sim.world, number_of(sim.world, body, "fromNumber"))
    names = ("firstName", "lastName", "displayName", "photoUrl")
    line.profile = {name: text_of(body, name) for name in names if text_of(body, name)}
    sim.world.runs(_publish(sim, line))
    shown = {k: v for k, v in line.profile.items() if k != "photoUrl"}
    return Json({"status": "OK", "data": {"hasProfile": True, **shown}})


async def start_call(request: Request) -> Json:
    """POST /facetime/start-call; the wording of the refusal is ours."""
    world, body = world_of(request), await body_of(request)
    number_of(world, body, "phoneNumber")
    line_of(world, number_of(world, body, "fromNumber"))
    if not world.options.facetime_enabled:
        raise refuse(400, "This line is not enabled for FaceTime")
    return Json(
        {
            "status": "OK",
            "message": "Call started",
            "agora": {
                "appId": "simulated",
                "channelName": world.new_uuid(),
                "token": world.random.randbytes(16).hex(),
                "uid": world.random.randrange(1, 2**31),
            },
        }
    )


async def list_shared_contacts(request: Request) -> Json:
    """GET /accounts/shared-contacts."""
    world = world_of(request)
    routes_of = enumerate(world.verified_contacts.values(), start=1)
    rows = [
        {
            "id": n,
            "number": contact["phone_number"],
            "verified": contact["verified"],
            "createdAt": contact["created_at"],
        }
        for n, contact in routes_of
    ]
    shared = next(iter(world.lines), None)
    return Json({"status": "OK", "sharedNumber": shared, "contacts": rows})


async def add_shared_contact(request: Request) -> Json:
    """POST /accounts/verify-contact-on-shared-account."""
    world, body = world_of(request), await body_of(request)
    number = number_of(world, body, "recipient")
    contact = verified_contact(world, number)
    position = list(world.verified_contacts).index(number) + 1
    route: dict[str, Any] = {"id": position, "number": number, "verified": contact["verified"]}
    return Json({"status": "OK", "route": route})


async def _publish(sim: Simulation, line: Line) -> None:
    await asyncio.sleep(sim.world.options.sent_after_s)
    sim.courier.announce(
        "contact_profile",
        {"sendblue_number": line.number, "status": "completed", "profile": line.profile},
    )


routes = [
    *(
        Route(path, get_account, methods=["GET"])
        for path in ("/account", "/accounts", "/accounts/me", "/accounts/limits")
    ),
    Route("/api/v2/contact-sharing/state", get_sharing, methods=["GET"]),
    Route("/api/v2/contact-sharing/profile", set_sharing, methods=["POST"]),
    Route("/facetime/start-call", start_call, methods=["POST"]),
    Route("/accounts/shared-contacts", list_shared_contacts, methods=["GET"]),
    Route("/accounts/verify-contact-on-shared-account", add_shared_contact, methods=["POST"]),
]
