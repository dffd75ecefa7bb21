"""Sends to one person: send-message, carousel, app card updates (contract 2.1)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from starlette.routing import Route

from .lifecycle import dispatch
from .limits import check_send, send_refusal
from .phones import BLACKLISTED, is_e164, is_email
from .render import as_answer, as_webhook
from .store import Message
from .wire import Json, Refusal, body_of, first_of, line_of, refuse, sim_of, text_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.requests import Request

    from .simulation import Simulation
    from .state import Line, World

LONGEST_CONTENT = 18_996
SEND_STYLES = frozenset(
    {
        *("celebration", "shooting_star", "fireworks", "lasers", "love", "confetti", "balloons"),
        *("spotlight", "echo", "invisible", "gentle", "loud", "slam"),
    }
)


async def send_message(request: Request) -> Json:
    """POST /api/send-message."""
    sim, body = sim_of(request), await body_of(request)
    world = sim.world
    app_card = first_of(body, "app_card")
    check_text_or_media(world, body, also=app_card is not None)
    number = recipient_of(world, body)
    line = sending_line(world, body, number)
    if app_card is not None:
        check_app_card(world, app_card)
    extra = sender_fields(world, body, line, number)
    if app_card is not None:
        extra["app_card"] = {"sessionIdentifier": world.new_uuid(), **app_card}
    check_recipient(world, number)
    check_send(world, line, number, override=body.get("pre_reply_override") is True)
    message = outbound(world, line, number, body, extra)
    return accept(sim, message, request)


async def send_carousel(request: Request) -> Json:
    """POST /api/send-carousel, with the documented aliases."""
    sim, body = sim_of(request), await body_of(request)
    world = sim.world
    urls = first_of(body, "media_urls", "mediaURLs")
    if not isinstance(urls, list) or not 1 <= len(urls) <= 20:
        raise refuse(400, "'media_urls' is required — an array of 2-20 HTTPS URLs")
    if len(urls) < 2:
        raise refuse(400, "A carousel needs at least 2 pictures; use /send-message with media_url")
    number = recipient_of(world, body)
    line = sending_line(world, body, number)
    extra = sender_fields(world, body, line, number)
    if isinstance(body.get("metadata"), dict):
        extra["metadata"] = body["metadata"]
    check_recipient(world, number)
    check_send(world, line, number)
    message = outbound(world, line, number, {**body, "media_url": urls[0]}, extra)
    message.message_type = "carousel"
    return accept(sim, message, request, status=202)


async def update_app_card(request: Request) -> Json:
    """POST /api/messages/{message_handle}/update-app-card: a new message with a new handle."""
    sim, body = sim_of(request), await body_of(request)
    world = sim.world
    original = world.messages.by_handle.get(request.path_params["message_handle"])
    if original is None or (world.options.validate and "app_card" not in original.extra):
        raise refuse(404, "Message not found")
    key = text_of(body, "idempotency_key")
    if key in world.app_card_keys:
        return Json(
            as_answer(world, world.messages.by_handle[world.app_card_keys[key]]), status_code=202
        )
    names = {"url": "url", "layout": "layout", "fallback_text": "fallbackText"}
    changes = {theirs: body[ours] for ours, theirs in names.items() if ours in body}
    if "interactive" in body:
        changes["interactive"] = body["interactive"]
    card = {**original.extra.get("app_card", {}), **changes}
    card["updateMessageHandle"] = original.handle
    line = line_of(world, original.line)
    message = outbound(world, line, original.number, body, {"app_card": card})
    if key:
        world.app_card_keys[key] = message.handle
    return accept(sim, message, request, status=202)


def accept(sim: Simulation, message: Message, request: Request, status: int | None = None) -> Json:
    """Store the message, start its way, and answer with it."""
    world = sim.world
    world.messages.add(message)
    request.scope["ledger_entry"]["message_handle"] = message.handle
    dispatch(sim, message)
    sim.events.publish(
        "message.created", f"message:{message.handle}:created", as_webhook(world, message)
    )
    sim.people.notice(message)
    return Json(as_answer(world, message), status_code=status or world.options.send_status)


def outbound(
    world: World, line: Line, number: str, body: Mapping[str, Any], extra: dict[str, Any]
) -> Message:
    """The message that a send creates, not stored yet."""
    return Message(
        handle=world.new_uuid(),
        line=line.number,
        number=number,
        content=text_of(body, "content"),
        is_outbound=True,
        status="QUEUED",
        created=world.clock.stamp(),
        service=world.phone(number).service,
        media_url=text_of(body, "media_url"),
        send_style=text_of(body, "send_style", "sendStyle"),
        opted_out=world.phone(number).opted_out,
        extra=extra,
    )


def recipient_of(world: World, body: Mapping[str, Any]) -> str:
    """The recipient's number or e-mail; refused when missing, malformed or blacklisted."""
    number = text_of(body, "number", "recipient", "to")
    if not number:
        raise send_refusal(world, 4000, "missing required parameter: number")
    if number in BLACKLISTED:
        raise send_refusal(world, 4002, "Blacklisted number")
    if world.options.validate and not (is_e164(number) or is_email(number)):
        raise send_refusal(world, 4000, "'number' must be a phone number in E.164 format")
    return number


def sending_line(world: World, body: Mapping[str, Any], number: str) -> Line:
    """The named line, or, where the account chooses by itself, the known or the freest one."""
    named = text_of(body, "from_number", "fromNumber", "from", "sendblue_number")
    if named:
        try:
            return line_of(world, named)
        except Refusal:
            raise send_refusal(
                world, 4000, "The `from_number` is not registered to this account", status=404
            ) from None
    if world.options.require_from_number and not world.options.automatic_line_selection:
        raise send_refusal(world, 4000, "missing required parameter: from_number")
    known = [line for line in world.lines.values() if (line.number, number) in world.messages.pairs]
    return min(known or world.lines.values(), key=lambda line: line.queued)


def check_text_or_media(world: World, body: Mapping[str, Any], *, also: bool = False) -> None:
    """Refuse a message with nothing in it, too much of it, or an unknown effect."""
    content, media_url = text_of(body, "content"), text_of(body, "media_url")
    if not world.options.validate:
        return
    if not (content or media_url or also):
        raise send_refusal(world, 4000, "missing required parameter: content or media_url")
    if len(content) >= LONGEST_CONTENT:
        raise send_refusal(world, 4000, f"content must be under {LONGEST_CONTENT} characters")
    if media_url and not media_url.startswith(("http://", "https://")):
        raise send_refusal(world, 4000, "Invalid media URL")
    style = text_of(body, "send_style", "sendStyle")
    if style and style not in SEND_STYLES:
        raise send_refusal(
            world, 4000, f"Invalid send_style. Must be one of: {', '.join(sorted(SEND_STYLES))}"
        )


def check_app_card(world: World, card: Any) -> None:
    """Refuse an app card without its required fields (contract 2.0)."""
    required = ("appName", "extensionBundleId", "teamId", "url", "layout")
    if not isinstance(card, dict):
        raise send_refusal(world, 4000, "'app_card' must be an object")
    missing = [name for name in required if name not in card]
    if missing and world.options.validate:
        raise send_refusal(world, 4000, f"missing required parameter: app_card.{missing[0]}")


def check_recipient(world: World, number: str) -> None:
    """Refuse who said STOP, who is blocked, and on the free plan who is not verified."""
    phone, contact = world.phone(number), world.contacts.get(number)
    if phone.opted_out or (contact is not None and contact.opt_out):
        raise send_refusal(world, 4000, "OPTED_OUT", key="OPTED_OUT", reason="SpamRule")
    if world.options.verified_contacts_only:
        verified = world.verified_contacts.get(number, {}).get("verified")
        if not (verified or (contact is not None and contact.verified)):
            raise send_refusal(world, 4000, "Contact is not verified", status=403)


def sender_fields(world: World, body: Mapping[str, Any], line: Line, number: str) -> dict[str, Any]:
    """Status callback, seat and reply of a send; 400 for a seat or parent that is not there."""
    extra: dict[str, Any] = {}
    if callback := text_of(body, "status_callback", "statusCallback"):
        extra["status_callback"] = callback
    if seat_id := text_of(body, "seat_id"):
        seat = world.seats.get(seat_id)
        if seat is None and world.options.validate:
            raise send_refusal(world, 4000, "Seat not found")
        extra |= {"seat_id": seat_id, "sender_email": seat.email if seat else None}
    reply_to = first_of(body, "reply_to")
    if isinstance(reply_to, dict):
        extra |= reply_fields(world, reply_to, line.number, number)
    return extra


def reply_fields(
    world: World, reply_to: Mapping[str, Any], line: str, conversation: str
) -> dict[str, Any]:
    """The reply's parent and the root of its thread; 400 when the parent is in no such talk."""
    handle = text_of(reply_to, "message_handle")
    parent = world.messages.by_handle.get(handle)
    here = parent is not None and line == parent.line
    here = here and conversation in (parent.number, parent.group_id) if parent else False
    if not here and world.options.validate:
        raise send_refusal(world, 4000, "reply_to.message_handle is not in this conversation")
    part = first_of(reply_to, "part_index") or 0
    root = parent.extra.get("thread_originator") if parent else None
    return {
        "reply_to": {"message_handle": handle, "part_index": part},
        "thread_originator": root or {"message_handle": handle, "part": str(part)},
    }


routes = [
    Route("/api/send-message", send_message, methods=["POST"]),
    Route("/api/send-carousel", send_carousel, methods=["POST"]),
    Route("/api/messages/{message_handle}/update-app-card", update_app_card, methods=["POST"]),
]
