"""How two accounts of the same message become one.

Sendblue tells us of a message many times: in the answer to a send, in callbacks, webhooks and
lists, twice, late and in any order. Every rule here picks the same value whatever comes first
(it is a maximum of some order), so the row depends on the set of observations alone.
"""

from __future__ import annotations

import json
import math
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from inbox.models import Message
from sendblue_inbox.sendblue.payloads import MessagePayload, MessageRef
from sendblue_inbox.sendblue.payloads.reading import clean
from sendblue_inbox.sendblue.terms import STATUS_RANK, Service, Status

if TYPE_CHECKING:
    from datetime import datetime

# A failure may follow SENT, but what was delivered did not fail (contract, section 4.1).
_FAILURE_RANK: dict[str, float] = {Status.DECLINED: 5.3, Status.ERROR: 5.6}
# A message falls from iMessage to RCS to SMS and never climbs: the last of them is how it went.
_FALLS = (Service.IMESSAGE, Service.RCS, Service.SMS)
MOST_PARTS = 32_767  # what the column holds
_TEXTS = ("content", "media_url", "send_style", "message_type", "seat_id", "sender_email")
_LONGEST = {
    field.attname: field.max_length
    for field in Message._meta.concrete_fields
    if field.max_length and field.attname in MessagePayload.__dataclass_fields__
}


def fitted(payload: MessagePayload) -> MessagePayload:
    """The payload with its words cut to what the columns hold: a new word must not be refused."""
    told = {name: getattr(payload, name) for name in _LONGEST}
    cut = {name: text[: _LONGEST[name]] for name, text in told.items()}
    return payload if cut == told else replace(payload, **cut)


def rank(status: str) -> tuple[float, str]:
    """How far a status word is on the way; words that we do not know come before all others."""
    return _FAILURE_RANK.get(status, STATUS_RANK.get(status, 0)), status


def merge(message: Message, payload: MessagePayload) -> bool:
    """Take over what the payload adds to the row; whether anything changed. Saves nothing."""
    before = _values(message)
    _merge_status(message, payload)
    for name in _TEXTS:
        setattr(message, name, max(getattr(message, name), getattr(payload, name)))
    message.service = max(message.service, payload.service, key=_fall)
    message.message_handle = message.message_handle or payload.message_handle
    # The root of the replies is better than nothing where the parent itself is not named.
    parent = payload.reply_to or payload.thread_originator
    if parent:
        handle = parent.message_handle[: _LONGEST["message_handle"]]
        told = handle, min(parent.part_index, MOST_PARTS)
        known = message.reply_to_handle, message.part_index
        message.reply_to_handle, message.part_index = max(known, told)
    message.location = max(message.location, location_fields(payload), key=_in_words)
    message.app_card = max(message.app_card, storable(payload.app_card), key=_in_words)
    if payload.was_downgraded is not None:
        message.was_downgraded = bool(message.was_downgraded) or payload.was_downgraded
    _merge_times(message, payload)
    return before != _values(message)


def absorb(message: Message, stranger: Message) -> None:
    """Take over what was told about a row that turns out to be the same message."""
    told = {name: getattr(stranger, name) for name in (*_TEXTS, *_SHARED)}
    knows_its_time = stranger.date_updated is not None
    delivered_at = earliest(message.delivered_at, stranger.delivered_at)
    merge(
        message,
        MessagePayload(
            **told,
            line_number="",
            date_sent=stranger.date_sent if knows_its_time else None,
            reply_to=MessageRef(stranger.reply_to_handle, stranger.part_index),
        ),
    )
    message.location = max(message.location, stranger.location, key=_in_words)
    # Not by merge: a row's last change need not be its delivery.
    message.delivered_at = delivered_at


def told_time(payload: MessagePayload) -> datetime | None:
    """When the message was written, as far as the payload says: not after its last change."""
    return payload.date_sent or payload.date_updated


def earliest(*moments: datetime | None) -> datetime | None:
    """The first of some moments, any of which may be missing."""
    return min(filter(None, moments), default=None)


def latest(*moments: datetime | None) -> datetime | None:
    """The last of some moments, any of which may be missing."""
    return max(filter(None, moments), default=None)


def location_fields(payload: MessagePayload) -> dict[str, float | None] | None:
    """A shared place as the row keeps it."""
    if payload.location is None:
        return None
    names = ("latitude", "longitude", "accuracy")
    return {name: getattr(payload.location, name) for name in names}


def storable(value: Any) -> Any:
    """JSON as PostgreSQL takes it: without NUL, lone surrogates, NaN and Infinity."""
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, dict):
        return {clean(name): storable(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [storable(inner) for inner in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


_SHARED = (
    *("message_handle", "number", "is_outbound", "service", "status", "error_code"),
    *("error_message", "app_card", "was_downgraded", "date_updated"),
)


def _merge_status(message: Message, payload: MessagePayload) -> None:
    ours, theirs = rank(message.status), rank(payload.status)
    details = payload.error_message or payload.error_detail or payload.error_reason
    if theirs > ours:
        message.status = payload.status
        message.error_code = payload.error_code
        message.error_message = details
    elif theirs == ours:
        message.error_code = max(message.error_code, payload.error_code)
        message.error_message = max(message.error_message, details)


def _merge_times(message: Message, payload: MessagePayload) -> None:
    told = told_time(payload)
    if told:
        # Until Sendblue tells a time, the row carries ours: of the click, or of the first report.
        is_ours = message.date_updated is None
        message.date_sent = told if is_ours else min(message.date_sent, told)
    message.date_updated = latest(message.date_updated, payload.date_updated, payload.date_sent)
    if payload.status == Status.DELIVERED:
        message.delivered_at = earliest(message.delivered_at, payload.date_updated)


def _fall(service: str) -> tuple[int, str]:
    known = list(_FALLS).index(Service(service)) + 1 if service in _FALLS else 0
    return known, service


def _in_words(value: Any) -> str:
    return "" if value is None else json.dumps(value, sort_keys=True)


def _values(message: Message) -> list[object]:
    return [getattr(message, field.attname) for field in message._meta.concrete_fields]
