"""Messages read back: list, one, status, delete (contract 2.1)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from starlette.routing import Route

from .clock import milliseconds_of
from .limits import check_request_rate
from .render import as_answer, as_read
from .store import Message, Query
from .wire import Json, refuse, whole_number, world_of

if TYPE_CHECKING:
    from starlette.requests import Request

    from .state import World

_ORDERS = {
    "createdAt": "created",
    "created_at": "created",
    "sentAt": "created",
    "sent_at": "created",
    "updatedAt": "updated",
    "updated_at": "updated",
}
_WINDOWS = {"created_at": "created", "sent_at": "created", "updated_at": "updated"}
_EQUALS = ("service", "status", "message_type", "from_number", "to_number")
_FOREVER = 2**53


async def list_messages(request: Request) -> Json:
    """GET /api/v2/messages."""
    world, params = world_of(request), request.query_params
    check_request_rate(world, "messages")
    query = _query(world, dict(params))
    rows, total = world.messages.find(query)
    return Json(
        {
            "status": "OK",
            "data": [as_read(world, row) for row in rows],
            "pagination": {
                "total": total,
                "limit": query.limit,
                "offset": query.offset,
                "hasMore": query.offset + len(rows) < total,
            },
        }
    )


async def get_message(request: Request) -> Json:
    """GET /api/v2/messages/{message_id}."""
    world = world_of(request)
    message = _known(world, request.path_params["message_id"])
    return Json({"status": "OK", "data": as_read(world, message)})


async def delete_message(request: Request) -> Json:
    """DELETE /api/message/{message_handle}: gone from the lists, not from the phone."""
    world = world_of(request)
    world.messages.remove(_known(world, request.path_params["message_handle"]))
    return Json({"status": "OK", "message": "Message deleted"})


async def get_status(request: Request) -> Json:
    """GET /api/status?handle=; other spellings are refused (contract 5.40)."""
    world = world_of(request)
    handle = request.query_params.get("handle")
    if not handle:
        raise refuse(400, "missing required parameter: handle")
    return Json(as_answer(world, _known(world, handle)))


def _known(world: World, handle: str) -> Message:
    if handle not in world.messages.by_handle:
        raise refuse(404, "Message not found")
    return world.messages.by_handle[handle]


def _query(world: World, params: dict[str, str]) -> Query:
    order_by = params.get("order_by", "createdAt")
    direction = params.get("order_direction", "desc").lower()
    if order_by not in _ORDERS:
        raise refuse(400, "Invalid order_by. Must be one of: createdAt, updatedAt, sentAt")
    if direction not in ("asc", "desc"):
        raise refuse(400, "Invalid order_direction. Must be one of: asc, desc")
    query = Query(
        order_by=_ORDERS[order_by],
        descending=direction == "desc",
        limit=whole_number(params.get("limit"), "limit", 100, most=world.options.list_limit),
        offset=whole_number(params.get("offset"), "offset", 0),
        windows=_windows(params),
        group_id=params.get("group_id", ""),
        equals=_equals(params),
    )
    number = params.get("number", "")
    if number in world.lines:
        query.equals["line"] = number
    else:
        query.number = number
    if params.get("account_email", world.options.account_email) != world.options.account_email:
        query.equals["handle"] = None  # another account: nothing here is theirs
    return query


def _windows(params: dict[str, str]) -> dict[str, tuple[int, int]]:
    """Inclusive bounds; _gt and _lt of one page of the docs are taken too (contract 5.19)."""
    windows: dict[str, tuple[int, int]] = {}
    for prefix, name in _WINDOWS.items():
        for suffix, shift in (("_gte", 0), ("_gt", 1), ("_lte", 0), ("_lt", -1)):
            raw = params.get(prefix + suffix)
            if not raw:
                continue
            try:
                at = milliseconds_of(raw) + shift
            except ValueError:
                raise refuse(400, f"'{prefix}{suffix}' must be an ISO 8601 date") from None
            low, high = windows.get(name, (0, _FOREVER))
            lower = suffix.startswith("_g")
            windows[name] = (max(low, at), high) if lower else (low, min(high, at))
    return windows


def _equals(params: dict[str, str]) -> dict[str, Any]:
    equals: dict[str, Any] = {name: params[name] for name in _EQUALS if params.get(name)}
    if sendblue_number := params.get("sendblue_number"):
        equals["line"] = sendblue_number
    if is_outbound := params.get("is_outbound"):
        equals["is_outbound"] = is_outbound == "true"
    return equals


routes = [
    Route("/api/v2/messages", list_messages, methods=["GET"]),
    Route("/api/v2/messages/{message_id}", get_message, methods=["GET"]),
    Route("/api/message/{message_handle}", delete_message, methods=["DELETE"]),
    Route("/api/status", get_status, methods=["GET"]),
]
