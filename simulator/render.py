"""The message object as it is read, answered and delivered (contract 2.0, 3.2, 3.3)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .clock import iso

if TYPE_CHECKING:
    from .state import World
    from .store import Message

_OPTIONAL = ("reply_to", "thread_originator", "app_card", "location", "metadata")


def as_read(world: World, message: Message) -> dict[str, Any]:
    """The form of lists and of single reads: null where there is nothing."""
    kind = message.message_type
    return {
        **_fields(world, message, None),
        "message_type": "message" if kind == "carousel" else kind,  # lists know no carousels
        "account_email": world.options.account_email,
        "date_created": iso(message.created),
        "row_id": str(message.seq),
    }


def as_answer(world: World, message: Message) -> dict[str, Any]:
    """The form that accepts a send."""
    fields = _fields(world, message, _empty(world))
    if world.options.group_numbers_as_list and message.group_id:
        numbers = world.groups[message.group_id].numbers
        fields["number"] = fields["to_number"] = list(numbers)
    return {
        **fields,
        "account_email": world.options.account_email,
        "date_created": iso(message.created),
    }


def as_webhook(world: World, message: Message) -> dict[str, Any]:
    """The form of the receive and outbound webhooks and of the status callback."""
    fields = _fields(world, message, _empty(world))
    if not message.is_outbound and world.options.inbound_from_line:
        fields["from_number"], fields["to_number"] = message.line, message.number
    return fields


def _empty(world: World) -> str | None:
    return None if world.options.null_for_empty else ""


def _fields(world: World, message: Message, empty: str | None) -> dict[str, Any]:
    extra = message.extra
    group = world.groups.get(message.group_id)
    error_code = extra.get("error_code")
    if world.options.error_code_as_text and error_code is not None:
        error_code = str(error_code)
    fields = {
        "accountEmail": world.options.account_email,
        "content": message.content,
        "is_outbound": message.is_outbound,
        "status": message.status,
        "error_code": error_code,
        "error_message": extra.get("error_message"),
        "error_reason": extra.get("error_reason"),
        "error_detail": extra.get("error_detail"),
        "error_key": extra.get("error_key"),
        "message_handle": message.handle,
        "date_sent": iso(message.created),
        "date_updated": iso(message.updated),
        "from_number": message.from_number,
        "number": message.number,
        "to_number": message.to_number,
        "sendblue_number": message.line,
        "was_downgraded": message.was_downgraded,
        "plan": world.options.plan,
        "media_url": message.media_url or empty,
        "message_type": message.message_type,
        "group_id": message.group_id or empty,
        "group_display_name": (group.name or "") if group else None,
        "participants": [*group.numbers, group.line] if group else [],
        "send_style": message.send_style or empty,
        "service": message.service,
        "opted_out": message.opted_out,
        "seat_id": extra.get("seat_id"),
        "sender_email": extra.get("sender_email"),
    }
    fields.update({name: extra[name] for name in _OPTIONAL if name in extra})
    return fields
