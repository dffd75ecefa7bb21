"""Verified contacts, and verification of a person by iMessage (contract 2.10)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from starlette.routing import Route

from .clock import MINUTE, iso, milliseconds_of
from .phones import is_e164
from .wire import (
    Json,
    body_of,
    refuse,
    refuse_v3,
    text_of,
    whole_number,
    world_of,
)

if TYPE_CHECKING:
    from starlette.requests import Request

    from .simulation import Simulation
    from .state import World

_VALID_FOR = 10 * MINUTE
_LISTED = ("sid", "service_sid", "channel", "to", "status", "date_created", "date_updated")


async def list_verified(request: Request) -> Json:
    """GET /v3/verified-contacts."""
    return Json({"data": {"contacts": list(world_of(request).verified_contacts.values())}})


async def create_verified(request: Request) -> Json:
    """POST /v3/verified-contacts: pending until the person writes to the line."""
    world, body = world_of(request), await body_of(request)
    number = text_of(body, "phone_number")
    if not number or (world.options.validate and not is_e164(number)):
        raise refuse_v3(400, "invalid_phone_number", "phone_number must be in E.164 format")
    contact = verified_contact(world, number)
    line = _shared_line(world)
    return Json(
        {
            "data": {
                "contact": contact,
                "line": line,
                "verification_instructions": f"Text this line: {line['phone_number']}",
            }
        }
    )


async def get_verified(request: Request) -> Json:
    """GET /v3/verified-contacts/{phone_number}."""
    world, number = world_of(request), request.path_params["phone_number"]
    if number not in world.verified_contacts:
        if world.options.validate:
            raise refuse_v3(404, "contact_not_found", "Verified contact not found")
        verified_contact(world, number)
    contact = world.verified_contacts[number]
    return Json({"data": {"contact": contact, "line": _shared_line(world)}})


async def create_verification(request: Request) -> Json:
    """POST /api/v2/verify/services/{service_sid}/verifications."""
    world, body = world_of(request), await body_of(request)
    to, hosted = text_of(body, "to") or None, body.get("hosted")
    if hosted is not None and not (isinstance(hosted, dict) and hosted.get("parent_origin")):
        raise refuse(400, "missing required parameter: hosted.parent_origin")
    sid = f"VE{world.new_uuid().replace('-', '')}"
    verification = _new_verification(world, request.path_params["service_sid"], sid, to, hosted)
    return Json(verification)


async def get_verification(request: Request) -> Json:
    """GET one verification."""
    world, params = world_of(request), request.path_params
    sid = params["verification_sid"]
    if sid not in world.verifications:
        if world.options.validate:
            raise refuse(404, "Verification not found")
        _new_verification(world, params["service_sid"], sid, None, None)
    return Json(_current(world, world.verifications[sid]))


async def list_verifications(request: Request) -> Json:
    """GET /api/v2/verify/verifications."""
    world, params = world_of(request), request.query_params
    rows = [_current(world, row) for row in world.verifications.values()]
    if since := params.get("updated_at_gte"):
        start = iso(milliseconds_of(since))
        rows = [row for row in rows if row["date_updated"] >= start]
    offset = whole_number(params.get("offset"), "offset", 0)
    limit = whole_number(params.get("limit"), "limit", 100, most=1000)
    page = rows[offset : offset + limit]
    return Json(
        {
            "status": "OK",
            "data": [{name: row[name] for name in _LISTED} for row in page],
            "pagination": {
                "count": len(page),
                "limit": limit,
                "offset": offset,
                "has_more": offset + len(page) < len(rows),
            },
        }
    )


def hear(sim: Simulation, number: str, content: str) -> None:
    """Who writes to us is verified by it; who writes a pending code has it approved."""
    world, now = sim.world, iso(sim.world.clock.now())
    contact = world.verified_contacts.get(number)
    if contact is not None and not contact["verified"]:
        contact |= {"verified": True, "verification_status": "verified", "updated_at": now}
    for row in world.verifications.values():
        code = row["delivery_target"]["code"]
        if _current(world, row)["status"] == "pending" and content.strip() == code:
            row |= {"status": "approved", "to": row["to"] or number, "date_updated": now}
            listed = {name: row[name] for name in _LISTED}
            sim.events.publish(
                "verification.approved", f"verification:{row['sid']}:approved", listed
            )


def verified_contact(world: World, number: str) -> dict[str, Any]:
    """The verification state of a number, pending when first asked for."""
    now = iso(world.clock.now())
    known = world.contacts.get(number)
    verified = known is not None and known.verified
    return world.verified_contacts.setdefault(
        number,
        {
            "phone_number": number,
            "verification_status": "verified" if verified else "pending",
            "verified": verified,
            "created_at": now,
            "updated_at": now,
        },
    )


def _shared_line(world: World) -> dict[str, Any]:
    return {"type": "shared", "phone_number": next(iter(world.lines), None)}


def _new_verification(
    world: World, service_sid: str, sid: str, to: str | None, hosted: Any
) -> dict[str, Any]:
    now = world.clock.now()
    code, pool = f"{world.random.randrange(10**6):06d}", next(iter(world.lines), "")
    world.verifications[sid] = {
        "sid": sid,
        "service_sid": service_sid,
        "account_sid": "AC_simulated",
        "channel": "imessage",
        "to": to,
        "status": "pending",
        "url": f"{world.settings.address}/verify/{sid}",
        "date_created": iso(now),
        "date_updated": iso(now),
        "expires_at": iso(now + _VALID_FOR),
        "delivery_target": {
            "code": code,
            "pool_number": pool,
            "sms_deep_link": f"sms:{pool}&body={code}",
        },
    }
    if hosted:
        session = world.new_uuid()
        world.verifications[sid]["hosted"] = {
            "component_script": f"{world.settings.address}/verify/widget.js",
            "expires_at": iso(now + _VALID_FOR),
            "session_id": session,
            "url": f"{world.settings.address}/verify/widget#{session}",
        }
    return world.verifications[sid]


def _current(world: World, verification: dict[str, Any]) -> dict[str, Any]:
    """Pending ones expire by the simulated clock."""
    now = iso(world.clock.now())
    if verification["status"] == "pending" and verification["expires_at"] <= now:
        verification |= {"status": "expired", "date_updated": verification["expires_at"]}
    return verification


routes = [
    Route("/v3/verified-contacts", list_verified, methods=["GET"]),
    Route("/v3/verified-contacts", create_verified, methods=["POST"]),
    Route("/v3/verified-contacts/{phone_number}", get_verified, methods=["GET"]),
    Route(
        "/api/v2/verify/services/{service_sid}/verifications",
        create_verification,
        methods=["POST"],
    ),
    Route(
        "/api/v2/verify/services/{service_sid}/verifications/{verification_sid}",
        get_verification,
        methods=["GET"],
    ),
    Route("/api/v2/verify/verifications", list_verifications, methods=["GET"]),
]
