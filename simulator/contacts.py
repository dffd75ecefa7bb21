"""The account's address book (contract 2.6)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from starlette.routing import Route

from .clock import iso, milliseconds_of
from .limits import check_request_rate
from .state import Contact, World
from .wire import (
    Json,
    body_of,
    check_number,
    first_of,
    number_of,
    refuse,
    sim_of,
    whole_number,
    world_of,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.requests import Request

    from .simulation import Simulation

_SPELLINGS = {
    "first_name": ("first_name", "firstName"),
    "last_name": ("last_name", "lastName"),
    "company_name": ("company_name", "companyName"),
    "assigned_to_email": ("assigned_to_email", "assignedToEmail"),
    "sendblue_number": ("sendblue_number", "sendblueNumber"),
}
_ORDERS = {
    "created_at": "created",
    "createdAt": "created",
    "firstName": "first_name",
    "lastName": "last_name",
    "phone": "phone",
}
_MOST_OFFSET = 10_000


async def list_contacts(request: Request) -> Json:
    """GET: a bare array."""
    world, params = world_of(request), request.query_params
    check_request_rate(world, "contacts")
    order_by = params.get("order_by", "created_at")
    if order_by not in _ORDERS and not world.options.validate:
        order_by = "created_at"
    if order_by not in _ORDERS:
        raise refuse(400, f"Invalid order_by. Must be one of: {', '.join(_ORDERS)}")
    start = 0
    if since := params.get("created_at_gte"):
        try:
            start = milliseconds_of(since)
        except ValueError:
            raise refuse(400, "'created_at_gte' must be an ISO 8601 date") from None
    descending = params.get("order_direction", "desc").lower() == "desc"
    offset = whole_number(params.get("offset"), "offset", 0, most=_MOST_OFFSET)
    limit = whole_number(params.get("limit"), "limit", 100, most=1000)
    number, cid, order = params.get("phone_number"), params.get("cid"), _ORDERS[order_by]
    if order == "created" and not (number or cid):
        found = world.contacts.page(start, offset, limit, descending=descending)
        return Json([as_contact(world, row) for row in found])
    rows = [
        row
        for row in world.contacts.values()
        if row.created >= start
        and (not number or row.phone == number)
        and (not cid or row.contact_id == cid)
    ]
    rows.sort(key=lambda row: (getattr(row, order), row.contact_id), reverse=descending)
    return Json([as_contact(world, row) for row in rows[offset : offset + limit]])


async def create_contact(request: Request) -> Json:
    """POST one; 409 when it exists and update_if_exists is not given."""
    sim, body = sim_of(request), await body_of(request)
    check_request_rate(sim.world, "contacts")
    number = number_of(sim.world, body, "number", "phone_number", "phoneNumber")
    exists = number in sim.world.contacts
    if exists and not body.get("update_if_exists") and sim.world.options.validate:
        raise refuse(409, "Contact already exists")
    contact = save_contact(sim, number, body)
    return Json({"status": "OK", "contact": as_contact(sim.world, contact)})


async def get_contact(request: Request) -> Json:
    """GET one by its number."""
    world = world_of(request)
    check_request_rate(world, "contacts")
    return Json({"status": "OK", "contact": as_contact(world, _known(request))})


async def update_contact(request: Request) -> Json:
    """PUT: what is left out stays, custom variables are merged."""
    sim, body = sim_of(request), await body_of(request)
    check_request_rate(sim.world, "contacts")
    contact = _known(request)
    save_contact(sim, contact.phone, body)
    opt_out = first_of(body, "opt_out", "optOut")
    if opt_out is not None:
        set_opt_out(sim.world, contact.phone, opted_out=bool(opt_out))
    return Json({"status": "OK", "contact": as_contact(sim.world, contact)})


async def delete_contact(request: Request) -> Json:
    """DELETE one by its number."""
    check_request_rate(world_of(request), "contacts")
    del world_of(request).contacts[_known(request).phone]
    return Json({"status": "OK"})


async def delete_contacts(request: Request) -> Json:
    """DELETE many: contact_ids are numbers in spite of the name (contract 2.6)."""
    world, body = world_of(request), await body_of(request)
    check_request_rate(world, "contacts")
    numbers = body.get("contact_ids")
    if not isinstance(numbers, list):
        raise refuse(400, "'contact_ids' must be an array")
    gone = [number for number in numbers if world.contacts.pop(number, None)]
    return Json({"status": "OK", "amount": len(gone)})


async def create_contacts(request: Request) -> Json:
    """POST many; those that exist are updated. Nothing says what became of which row."""
    sim, body = sim_of(request), await body_of(request)
    check_request_rate(sim.world, "contacts")
    rows = body.get("contacts")
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise refuse(400, "'contacts' must be an array of objects")
    numbers = [number_of(sim.world, row, "phone", "number") for row in rows]
    saved = [
        save_contact(sim, number, row)
        for number, row in zip(numbers, rows, strict=True)
        if not _ends_with(number, sim.world.options.bulk_drops)
    ]
    told = [row for row in saved if not _ends_with(row.phone, sim.world.options.bulk_hides)]
    return Json({"status": "OK", "contacts": [as_contact(sim.world, row) for row in told]})


async def count_contacts(request: Request) -> Json:
    """GET the number of contacts."""
    check_request_rate(world_of(request), "contacts")
    return Json({"count": len(world_of(request).contacts)})


async def verify_contact(request: Request) -> Json:
    """POST: the contact may be written to on a free account."""
    sim, body = sim_of(request), await body_of(request)
    number = number_of(sim.world, body, "number")
    save_contact(sim, number, {}).verified = True
    return Json({"status": "OK"})


async def opt_out_contact(request: Request) -> Json:
    """POST: no more messages to this number, or again."""
    world, body = world_of(request), await body_of(request)
    check_request_rate(world, "contacts")
    number = number_of(world, body, "number")
    opted_out = body.get("opted_out", True)
    if not isinstance(opted_out, bool):
        raise refuse(400, "'opted_out' must be a boolean")
    set_opt_out(world, number, opted_out=opted_out)
    return Json({"status": "OK", "number": number, "opted_out": opted_out})


async def block_contact(request: Request) -> Json:
    """POST /api/v2/block: what this number writes is not announced any more."""
    world, body = world_of(request), await body_of(request)
    world.blocked.add(number_of(world, body, "number"))
    return Json({"status": "OK"})


async def create_contact_legacy(request: Request) -> Json:
    """POST /api/contacts with the answers of contract 1.4."""
    sim, body = sim_of(request), await body_of(request)
    number = first_of(body, "number", "phone_number", "phoneNumber", "phone")
    if not isinstance(number, str) or not number:
        raise refuse(400, "Missing fields")
    check_number(sim.world, number, "number")
    if number in sim.world.contacts:
        raise refuse(409, "Contact already exists")
    contact = save_contact(sim, number, body)
    return Json({"status": "OK", "contact": as_contact(sim.world, contact)}, status_code=201)


def save_contact(sim: Simulation, number: str, fields: Mapping[str, Any]) -> Contact:
    """Create or update the contact of a number; a new one is announced."""
    world, contact = sim.world, sim.world.contacts.get(number)
    new = contact is None
    if contact is None:
        contact = Contact(f"c_{world.new_uuid()[:13]}", number, world.clock.now())
        world.contacts[number] = contact
    for name, spellings in _SPELLINGS.items():
        value = first_of(fields, *spellings)
        if value is not None:
            setattr(contact, name, str(value))
    tags = first_of(fields, "tags")
    if isinstance(tags, list):
        contact.tags = [str(tag) for tag in tags]
    variables = first_of(fields, "custom_variables", "customVariables")
    if isinstance(variables, dict):
        contact.custom_variables.update({str(k): str(v) for k, v in variables.items()})
    if new:
        payload = as_contact(world, contact)
        sim.courier.announce("contact_created", payload)
        event_id = f"contact:{contact.contact_id}:created:{payload['created_at']}"
        sim.events.publish("contact.created", event_id, payload)
    return contact


def set_opt_out(world: World, number: str, *, opted_out: bool) -> None:
    """Mark the number, and its contact where there is one."""
    world.phone(number).opted_out = opted_out
    if number in world.contacts:
        world.contacts[number].opt_out = opted_out


def as_contact(world: World, contact: Contact) -> dict[str, Any]:
    """The contact as the API shows it, in camelCase as well where switched on (contract 5.37)."""
    opted_out = contact.opt_out or world.phone(contact.phone).opted_out
    fields: dict[str, Any] = {
        "contact_id": contact.contact_id,
        "phone": contact.phone,
        "first_name": contact.first_name,
        "last_name": contact.last_name,
        "company_name": contact.company_name,
        "assigned_to_email": contact.assigned_to_email,
        "sendblue_number": contact.sendblue_number,
        "tags": contact.tags,
        "custom_variables": contact.custom_variables,
        "opt_out": opted_out,
        "verified": contact.verified,
        "created_at": iso(contact.created),
    }
    if world.options.contact_answers_doubled:
        for name, spellings in _SPELLINGS.items():
            fields[spellings[1]] = fields[name]
        fields["createdAt"], fields["optOut"] = fields["created_at"], opted_out
    return fields


def _known(request: Request) -> Contact:
    world, number = world_of(request), request.path_params["phone_number"]
    if number not in world.contacts:
        if world.options.validate:
            raise refuse(404, "Contact not found")
        save_contact(sim_of(request), number, {})
    return world.contacts[number]


def _ends_with(number: str, digits: str) -> bool:
    return bool(digits) and number.endswith(digits)


_ONE = "/api/v2/contacts/{phone_number}"
routes = [
    Route("/api/v2/contacts", list_contacts, methods=["GET"]),
    Route("/api/v2/contacts", create_contact, methods=["POST"]),
    Route("/api/v2/contacts", delete_contacts, methods=["DELETE"]),
    Route("/api/v2/contacts/count", count_contacts, methods=["GET"]),
    Route("/api/v2/contacts/bulk", create_contacts, methods=["POST"]),
    Route("/api/v2/contacts/verify", verify_contact, methods=["POST"]),
    Route("/api/v2/contacts/opt-out", opt_out_contact, methods=["POST"]),
    Route(_ONE, get_contact, methods=["GET"]),
    Route(_ONE, update_contact, methods=["PUT"]),
    Route(_ONE, delete_contact, methods=["DELETE"]),
    Route("/api/v2/block", block_contact, methods=["POST"]),
    Route("/api/contacts", create_contact_legacy, methods=["POST"]),
    Route("/accounts/contacts", create_contact_legacy, methods=["POST"]),
]
