"""Tapbacks, read receipts and typing that we send (contract 2.3)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from starlette.routing import Route

from .wire import Json, body_of, number_of, refuse, text_of, world_of

if TYPE_CHECKING:
    from starlette.requests import Request

    from .state import World

REACTIONS = ("love", "like", "dislike", "laugh", "emphasize", "question")


async def send_reaction(request: Request) -> Json:
    """POST /api/send-reaction; no callback follows."""
    world, body = world_of(request), await body_of(request)
    _check_line(world, body, "You must specify a valid `from_number` in the request body.")
    handle = text_of(body, "message_handle")
    if not handle:
        raise refuse(400, "You must specify `message_handle` in the request body.")
    reaction = text_of(body, "reaction")
    if reaction not in REACTIONS:
        raise refuse(400, f"Invalid reaction. Must be one of: {', '.join(REACTIONS)}")
    part = body.get("part_index", 0)
    if type(part) is not int or part < 0:
        raise refuse(400, "`part_index` must be a non-negative integer.")
    message = world.messages.by_handle.get(handle)
    if message is None:
        raise refuse(404, "Message not found")
    if message.service != "iMessage":
        raise refuse(400, "Reactions are only supported on iMessage")
    request.scope["ledger_entry"]["message_handle"] = handle
    return Json(
        {
            "status": "OK",
            "message": "Reaction request sent",
            "message_handle": handle,
            "reaction": reaction,
        }
    )


async def mark_read(request: Request) -> Json:
    """POST /api/mark-read; has to be switched on for the account."""
    world, body = world_of(request), await body_of(request)
    if not text_of(body, "number"):
        raise refuse(400, "You must specify a `number` in the request body.")
    number = number_of(world, body, "number")
    _check_line(world, body, "You must specify a valid 'from_number' in the request body.")
    if not world.options.mark_read_enabled:
        raise refuse(400, "Read receipts are not enabled for this account")
    return Json({"status": "OK", "message": "Mark read request sent", "number": number})


async def send_typing(request: Request) -> Json:
    """POST /api/send-typing-indicator; needs a chat that exists."""
    world, body = world_of(request), await body_of(request)
    number = number_of(world, body, "number")
    if text_of(body, "state") not in ("", "start", "stop"):
        raise refuse(400, "Invalid state. Must be one of: start, stop")
    longest = body.get("max_duration_ms")
    is_time = longest is None or (type(longest) is int and longest > 0)
    if world.options.validate and not is_time:
        raise refuse(400, "`max_duration_ms` must be a positive integer.")
    chats = world.messages.pairs
    line = text_of(body, "from_number")
    known = (line, number) in chats if line else bool(world.messages.of_number(number))
    if world.options.validate and not known:
        raise refuse(400, "No route mapping found")
    status = "QUEUED" if world.options.profile == "live" else "SENT"
    return Json({"number": number, "status": status, "error_message": None})


def _check_line(world: World, body: dict[str, Any], missing: str) -> None:
    number = text_of(body, "from_number")
    if not number:
        raise refuse(400, missing)
    if number not in world.lines:
        raise refuse(404, "The `from_number` is not registered to this account")


routes = [
    Route("/api/send-reaction", send_reaction, methods=["POST"]),
    Route("/api/mark-read", mark_read, methods=["POST"]),
    Route("/api/send-typing-indicator", send_typing, methods=["POST"]),
]
