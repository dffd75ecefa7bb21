"""How two accounts of the same message become one.

Sendblue tells us of a message many times: in the answer to a send, in callbacks, webhooks and
lists, twice, late and in any order. Every rule here picks the same value whatever comes first
(it is a maximum of some order), so the row depends on the set of observations alone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sendblue_inbox.sendblue.terms import STATUS_RANK, Service, Status

if TYPE_CHECKING:
    from datetime import datetime

    from inbox.models import Message
    from sendblue_inbox.sendblue.payloads import MessagePayload

# A failure may follow SENT, but what was delivered did not fail (contract, section 4.1).
_FAILURE_RANK: dict[str, float] = {Status.DECLINED: 5.3, Status.ERROR: 5.6}
_TEXTS = ("content", "media_url", "send_style", "message_type", "seat_id", "sender_email")


def rank(status: str) -> tuple[float, str]:
    """How far a status word is on the way; words that we do not know come before all others."""
    return _FAILURE_RANK.get(status, STATUS_RANK.get(status, 0)), status


def merge(message: Message, payload: MessagePayload, *, is_new: bool = False) -> bool:
    """Take over what the payload adds to the row; whether anything changed. Saves nothing."""
    before = _values(message)
    _merge_status(message, payload)
    for name in _TEXTS:
        setattr(message, name, max(getattr(message, name), getattr(payload, name)))
    message.message_handle = message.message_handle or payload.message_handle
    if payload.reply_to:
        message.reply_to_handle = payload.reply_to.message_handle
    if payload.location and not message.location:
        message.location = location_fields(payload)
    message.app_card = message.app_card or payload.app_card
    if payload.was_downgraded is not None:
        message.was_downgraded = bool(message.was_downgraded) or payload.was_downgraded
    if payload.date_sent:
        # Our own row carries the time of the click until Sendblue tells its time.
        own_time = not is_new and message.date_updated is None
        message.date_sent = (
            payload.date_sent if own_time else min(message.date_sent, payload.date_sent)
        )
    message.date_updated = latest(message.date_updated, payload.date_updated or payload.date_sent)
    if payload.status == Status.DELIVERED and payload.date_updated:
        message.delivered_at = min(
            filter(None, (message.delivered_at, payload.date_updated)),
        )
    return before != _values(message)


def latest(first: datetime | None, second: datetime | None) -> datetime | None:
    """The later of two moments, either of which may be missing."""
    return max(filter(None, (first, second)), default=None)


def location_fields(payload: MessagePayload) -> dict[str, float | None] | None:
    """A shared place as the row keeps it."""
    if payload.location is None:
        return None
    names = ("latitude", "longitude", "accuracy")
    return {name: getattr(payload.location, name) for name in names}


def _merge_status(message: Message, payload: MessagePayload) -> None:
    ours, theirs = rank(message.status), rank(payload.status)
    details = payload.error_message or payload.error_detail or payload.error_reason
    if theirs > ours:
        message.status = payload.status
        message.error_code = payload.error_code
        message.error_message = details
        message.service = payload.service or message.service
    elif theirs == ours:
        message.error_code = max(message.error_code, payload.error_code)
        message.error_message = max(message.error_message, details)
        message.service = _lesser_service(message.service, payload.service)
    else:
        message.service = message.service or payload.service


def _lesser_service(first: str, second: str) -> str:
    """SMS wins: a message that was ever seen as SMS went as SMS."""
    return Service.SMS.value if Service.SMS in (first, second) else max(first, second)


def _values(message: Message) -> list[object]:
    return [getattr(message, field.attname) for field in message._meta.concrete_fields]
