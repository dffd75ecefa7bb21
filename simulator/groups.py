"""Groups: send, create, members, name, photo (contract 2.2)."""

from __future__ import annotations

import asyncio
import io
from typing import TYPE_CHECKING, Any

from PIL import Image
from starlette.routing import Route

from .clock import iso
from .inbound import group_of
from .limits import check_send
from .media import keep
from .sending import (
    accept,
    check_recipient,
    check_text_or_media,
    outbound,
    sender_fields,
    sending_line,
)
from .wire import (
    Json,
    Refusal,
    body_of,
    check_number,
    line_of,
    number_of,
    refuse,
    sim_of,
    text_of,
    upload_of,
    world_of,
)

if TYPE_CHECKING:
    from starlette.requests import Request

    from .state import Group, World

_MOST_PEOPLE = 25
_FEWEST_FOR_REMOVAL = 4
_MOST_PHOTO_BYTES = 5_000_000
_MOST_PHOTO_PIXELS = 25_000_000


async def send_group_message(request: Request) -> Json:
    """POST /api/send-group-message: to a group, or to numbers that become one."""
    sim, body = sim_of(request), await body_of(request)
    world = sim.world
    check_text_or_media(world, body)
    group = _addressed(world, body)
    line = line_of(world, group.line)
    extra = sender_fields(world, body, line, group.group_id)
    for number in group.numbers:
        check_recipient(world, number)
    first = group.numbers[0] if group.numbers else ""
    check_send(world, line, first)
    message = outbound(world, line, first, body, extra)
    message.message_type, message.group_id = "group", group.group_id
    group.updated = message.created
    return accept(sim, message, request)


async def create_group(request: Request) -> Json:
    """POST /api/create-group; its true answer is unpublished (contract 5.33)."""
    world, body = world_of(request), await body_of(request)
    return Json({"status": "OK", "group_id": _addressed(world, body).group_id})


async def modify_group(request: Request) -> Json:
    """POST /api/modify-group: one person more or less."""
    world, body = world_of(request), await body_of(request)
    group = _group(world, text_of(body, "group_id"))
    kind = text_of(body, "modify_type")
    if kind not in ("add_recipient", "remove_recipient"):
        raise refuse(400, "Invalid modify_type. Must be one of: add_recipient, remove_recipient")
    number = number_of(world, body, "number")
    _check_line(world, group, body, adds=number)
    if world.options.validate:
        _check_service(world, group)
    if kind == "add_recipient":
        if len(group.numbers) + 1 >= _MOST_PEOPLE:
            raise refuse(400, f"A group has at most {_MOST_PEOPLE} people")
    elif world.options.validate and len(group.numbers) + 1 < _FEWEST_FOR_REMOVAL:
        raise refuse(400, "Removing needs a group of four or more")
    elif number not in group.numbers and world.options.validate:
        raise refuse(404, "The number is not in this group")
    await _confirmed(world)
    if kind == "add_recipient" and number not in group.numbers:
        group.numbers.append(number)
    elif kind == "remove_recipient" and number in group.numbers:
        group.numbers.remove(number)
    group.updated = world.clock.now()
    if world.options.modify_group_short_answer:
        return Json({"message": "Group modified", "status": "OK"})
    return Json(
        {
            "status": "OK",
            "group_id": group.group_id,
            "modify_type": kind,
            "number": number,
            "error": None,
            "error_message": None,
        }
    )


async def get_group(request: Request) -> Json:
    """GET /api/v2/groups/{group_id}."""
    world = world_of(request)
    group = _group(world, request.path_params["group_id"])
    said = world.messages.of_group(group.group_id)
    return Json(
        {
            "status": "OK",
            "data": {
                "group_id": group.group_id,
                "worker_group_id": f"worker_{group.group_id}",
                "group_name": group.name,
                "group_photo": group.photo,
                "participants": [_participant(world, number) for number in group.numbers],
                "participant_numbers": group.numbers,
                "latest_message_id": said[-1].handle if said else None,
                "latest_comm_at": iso(said[-1].created) if said else None,
                "created_at": iso(group.created),
                "updated_at": iso(group.updated),
            },
        }
    )


async def name_group(request: Request) -> Json:
    """POST /api/v2/groups/{group_id}/name; null or "" clears, blanks are refused."""
    world, body = world_of(request), await body_of(request)
    group = _group(world, request.path_params["group_id"])
    if "group_name" not in body:
        raise refuse(400, "missing required parameter: group_name")
    name = text_of(body, "group_name")
    if name and not name.strip():
        raise refuse(400, "'group_name' must not be blank")
    _check_line(world, group, body)
    await _confirmed(world)
    group.name, group.updated = name or None, world.clock.now()
    return _changed(group, body, group_name=group.name or "")


async def photograph_group(request: Request) -> Json:
    """POST /api/v2/groups/{group_id}/photo: a URL, null to clear, or a file."""
    world = world_of(request)
    group = _group(world, request.path_params["group_id"])
    body: dict[str, Any] = {}
    if group.line in world.options.lines_without_group_photo:
        raise _coded(400, "unsupported_line", "This line cannot set the photo of a group")
    if request.headers.get("content-type", "").startswith("multipart/form-data"):
        name, kind, content = await upload_of(request, "file", _MOST_PHOTO_BYTES)
        if world.options.validate:
            _check_photo(content)
        url = world.media_url(keep(world, name, kind, content))
    else:
        body = await body_of(request)
        url = text_of(body, "photo_url")
        _check_line(world, group, body)
    await _confirmed(world)
    photo = {"photo_guid": world.new_uuid(), "url": url} if url else None
    group.photo, group.updated = photo, world.clock.now()
    return _changed(group, body, group_photo=photo)


def _addressed(world: World, body: dict[str, Any]) -> Group:
    """The group that a body names by id or by its people."""
    group_id, numbers = text_of(body, "group_id"), body.get("numbers")
    if group_id:
        group = _group(world, group_id)
        named = text_of(body, "from_number")
        if named and named != group.line and world.options.validate:
            raise refuse(404, "The `from_number` is not in this group")
        return group
    if not world.options.validate:
        numbers = numbers or []
    elif not isinstance(numbers, list) or len(numbers) < 2:
        raise refuse(400, "'numbers' must be an array of at least two numbers, or give 'group_id'")
    if len(numbers) + 1 > _MOST_PEOPLE:
        raise refuse(400, f"A group has at most {_MOST_PEOPLE} people")
    for number in numbers:
        check_number(world, str(number), "numbers")
    line = sending_line(world, body, str(numbers[0]) if numbers else "")
    return group_of(world, "", line.number, numbers)


def _group(world: World, group_id: str) -> Group:
    if group_id not in world.groups:
        if world.options.validate or not world.lines:
            raise refuse(404, "Group not found")
        group_of(world, group_id, next(iter(world.lines)), [])
    return world.groups[group_id]


async def _confirmed(world: World) -> None:
    """Nothing is done before the group's phone shows it."""
    await asyncio.sleep(world.options.group_confirm_s)


def _check_line(world: World, group: Group, body: dict[str, Any], *, adds: str = "") -> None:
    """Refuse a line that is not ours, and to choose where several of ours are concerned."""
    if not world.options.validate:
        return
    named = text_of(body, "from_number")
    if named and named not in world.lines:
        raise _coded(404, "line_not_registered", "The line is not registered to this account")
    if not named and {adds, *group.numbers} & world.lines.keys():
        raise _coded(400, "ambiguous_sending_line", "Name the line with from_number")


def _check_service(world: World, group: Group) -> None:
    """Refuse where somebody has no iMessage: then the group is one of SMS."""
    if any(world.phone(number).service != "iMessage" for number in group.numbers):
        raise refuse(400, "Only iMessage groups can be modified")


def _participant(world: World, number: str) -> dict[str, Any]:
    contact = world.contacts.get(number)
    name = f"{contact.first_name} {contact.last_name}".strip() if contact else ""
    return {
        "participant_id": f"p_{number}",
        "contact_id": contact.contact_id if contact else None,
        "seat_id": None,
        "type": "contact",
        "name": name or None,
        "phone": number,
        "handle": number,
    }


def _check_photo(content: bytes) -> None:
    try:
        with Image.open(io.BytesIO(content)) as picture:
            pixels = picture.width * picture.height * getattr(picture, "n_frames", 1)
            kind = picture.format
    except OSError:
        raise refuse(400, "The photo must be a JPEG, PNG or GIF") from None
    if kind not in ("JPEG", "PNG", "GIF") or pixels > _MOST_PHOTO_PIXELS:
        raise refuse(400, "The photo must be a JPEG, PNG or GIF of at most 25 million pixels")


def _coded(status: int, code: str, message: str) -> Refusal:
    error = refuse(status, message)
    error.body |= {"error": code, "error_code": code, "error_message": message}
    return error


def _changed(group: Group, body: dict[str, Any], **data: Any) -> Json:
    named = text_of(body, "from_number")
    extra = {"from_number": named} if named else {}
    return Json({"status": "OK", "data": {"group_id": group.group_id, **data, **extra}})


routes = [
    Route("/api/send-group-message", send_group_message, methods=["POST"]),
    Route("/api/create-group", create_group, methods=["POST"]),
    Route("/api/modify-group", modify_group, methods=["POST"]),
    Route("/api/v2/groups/{group_id}", get_group, methods=["GET"]),
    Route("/api/v2/groups/{group_id}/name", name_group, methods=["POST"]),
    Route("/api/v2/groups/{group_id}/photo", photograph_group, methods=["POST"]),
]
