"""More lines and sub-accounts (contract 2.11)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.routing import Route

from .clock import MINUTE, iso
from .wire import Json, Refusal, body_of, refuse, sim_of, text_of, world_of

if TYPE_CHECKING:
    from starlette.requests import Request

    from .simulation import Simulation
    from .state import Line

_PREVIEW_LASTS = 10 * MINUTE
_AREA_CODES = ("212", "312", "415", "512", "617", "646")


async def preview(request: Request) -> Json:
    """POST /accounts/lines/provision-preview: what a line would cost, good for 10 minutes."""
    world = world_of(request)
    token, expires = f"pv_{world.new_uuid()}", world.clock.now() + _PREVIEW_LASTS
    world.previews[token] = expires
    return Json(
        {
            "status": "OK",
            "preview_token": token,
            "expires_at": iso(expires),
            "message": "One dedicated line will be added to this account",
        }
    )


async def confirm(request: Request) -> Json:
    """POST /accounts/lines/provision-confirm: the line comes to the account."""
    sim, body = sim_of(request), await body_of(request)
    expires = sim.world.previews.pop(text_of(body, "preview_token"), 0)
    if expires <= sim.world.clock.now():
        raise refuse(400, "Invalid or expired preview_token")
    line = assign(sim, _AREA_CODES[len(sim.world.lines) % len(_AREA_CODES)])
    return Json({"status": "OK", "sendblue_number": line.number})


async def request_line(request: Request) -> Json:
    """POST /accounts/lines/add-line (deprecated)."""
    sim, body = sim_of(request), await body_of(request)
    if text_of(body, "line_request_type") != "phone":
        raise Refusal(400, {"error": "line_request_type must be 'phone'"})
    request_id = str(len(sim.world.line_requests) + 1)
    sim.world.line_requests[request_id] = "OPEN"
    return Json({"status": "OK", "id": request_id})


async def get_line_request(request: Request) -> Json:
    """GET /accounts/lines/line-request/{request_id}: fulfilled when asked for again."""
    sim, request_id = sim_of(request), request.path_params["request_id"]
    state = sim.world.line_requests.get(request_id)
    if state is None:
        raise Refusal(404, {"error": "Line request not found"})
    if state == "OPEN":
        assign(sim, _AREA_CODES[0])
        sim.world.line_requests[request_id] = "FULFILLED"
    return Json({"status": state})


async def area_codes(request: Request) -> Json:
    """GET /accounts/lines/available-area-codes; its true shape is unpublished."""
    return Json({"status": "OK", "area_codes": list(_AREA_CODES)})


async def request_child_account(request: Request) -> Json:
    """POST /accounts/lines/request-child-account: a sub-account with keys of its own."""
    world, body = world_of(request), await body_of(request)
    company = text_of(body, "company_name")
    if not company or not text_of(body, "primary_email", "email"):
        raise Refusal(400, {"error": "company_name and primary_email are required"})
    keys = {"api_key": world.new_uuid(), "api_secret": world.random.randbytes(16).hex()}
    return Json({"status": "OK", "data": {"company_name": company, **keys}})


def assign(sim: Simulation, area_code: str) -> Line:
    """Give the account a line with this area code and announce it."""
    taken = sim.world.lines
    number = next(
        candidate
        for ending in range(100, 200)
        if (candidate := f"+1{area_code}5550{ending}") not in taken
    )
    line = sim.world.add_line(number)
    payload = {"number": number, "sendblue_number": number, "status": "assigned"}
    sim.courier.announce("line_assigned", payload)
    sim.events.publish("line.assigned", f"line.assigned:{number}:{line.status_changed}", payload)
    return line


routes = [
    Route("/accounts/lines/provision-preview", preview, methods=["POST"]),
    Route("/accounts/lines/provision-confirm", confirm, methods=["POST"]),
    Route("/accounts/lines/add-line", request_line, methods=["POST"]),
    Route("/accounts/lines/line-request/{request_id}", get_line_request, methods=["GET"]),
    Route("/accounts/lines/available-area-codes", area_codes, methods=["GET"]),
    *(
        Route(path, request_child_account, methods=["POST"])
        for path in ("/accounts/lines/request-child-account", "/request-child-account")
    ),
]
