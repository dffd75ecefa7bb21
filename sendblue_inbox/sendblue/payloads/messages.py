"""The message object, wherever it comes from: a send's answer, a list, a webhook, a callback."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Self

from ..terms import Status, normalize_service, normalize_status
from .reading import code, first, flag, mapping, moment, number, numbers, real, rows, text, whole

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime


@dataclass(frozen=True, slots=True)
class MessageRef:
    """Another message that one refers to: the parent of a reply, or the root of its thread."""

    message_handle: str
    part_index: int = 0

    @classmethod
    def parse(cls, obj: Any) -> Self | None:
        found = mapping(obj)
        handle = text(found.get("message_handle"))
        part = whole(first(found, "part_index", "part"))
        return cls(handle, max(part or 0, 0)) if handle else None

    def as_body(self) -> dict[str, Any]:
        """As `reply_to` of a send wants it."""
        return {"message_handle": self.message_handle, "part_index": self.part_index}


@dataclass(frozen=True, slots=True)
class Location:
    """A place: degrees, metres, and when it was taken."""

    latitude: float
    longitude: float
    accuracy: float | None = None
    altitude: float | None = None
    address: str = ""
    kind: str = ""
    timestamp: datetime | None = None
    expires_at: datetime | None = None
    refresh_error: str = ""

    @classmethod
    def parse(cls, obj: Any) -> Self | None:
        found = mapping(obj)
        latitude, longitude = real(found.get("latitude")), real(found.get("longitude"))
        if latitude is None or longitude is None:
            return None
        return cls(
            latitude=latitude,
            longitude=longitude,
            accuracy=real(found.get("accuracy")),
            altitude=real(found.get("altitude")),
            address=text(found.get("address")),
            kind=text(first(found, "locationType", "location_type")),
            timestamp=moment(found.get("timestamp")),
            expires_at=moment(first(found, "expiresAt", "expires_at")),
            refresh_error=text(first(found, "refreshError", "refresh_error")),
        )


@dataclass(frozen=True, slots=True)
class MessagePayload:
    """One message as Sendblue tells it. Absent texts are "", absent times None.

    `number` is always the person and `line_number` always ours, whatever the sender of the
    payload meant by `from_number`. `error_code` is text: numbers and words occur. What a person
    wrote, and who, stays out of the repr and so out of logs.
    """

    message_handle: str
    number: str = field(repr=False)
    line_number: str
    is_outbound: bool
    content: str = field(default="", repr=False)
    media_url: str = field(default="", repr=False)
    send_style: str = ""
    service: str = ""
    status: str = ""
    error_code: str = ""
    error_message: str = ""
    error_detail: str = ""
    error_reason: str = ""
    error_key: str = ""
    was_downgraded: bool | None = None
    date_sent: datetime | None = None
    date_updated: datetime | None = None
    message_type: str = ""
    group_id: str = ""
    group_display_name: str = field(default="", repr=False)
    participants: tuple[str, ...] = field(default=(), repr=False)
    opted_out: bool | None = None
    seat_id: str = ""
    sender_email: str = field(default="", repr=False)
    reply_to: MessageRef | None = None
    thread_originator: MessageRef | None = None
    location: Location | None = field(default=None, repr=False)
    app_card: dict[str, Any] | None = field(default=None, repr=False)
    plan: str = ""
    account_email: str = field(default="", repr=False)
    raw: dict[str, Any] = field(default_factory=dict, repr=False, compare=False)

    @classmethod
    def parse(cls, obj: object, *, lines: Collection[str] = ()) -> Self:
        """Read a message object; `lines` are our own numbers, which decide who is who.

        Odd content never raises. Raises ValueError when `obj` is no JSON object.
        """
        if not isinstance(obj, dict):
            raise ValueError("a message payload must be a JSON object")
        status = normalize_status(text(obj.get("status")))
        is_outbound, line_number, person = _parties(obj, status, frozenset(map(number, lines)))
        group_id = text(obj.get("group_id")).strip()
        message_type = text(obj.get("message_type"))
        participants: tuple[str, ...] = ()
        if group_id or message_type == "group":  # on 1:1 the field is empty or names both sides
            participants = numbers(obj.get("participants")) or numbers(obj.get("number"))
        return cls(
            message_handle=text(first(obj, "message_handle", "messageHandle", "uuid")).strip(),
            number=person,
            line_number=line_number,
            is_outbound=is_outbound,
            content=text(obj.get("content")),
            media_url=text(obj.get("media_url")).strip(),
            send_style=text(obj.get("send_style")),
            service=normalize_service(text(obj.get("service"))),
            status=status,
            error_code=code(obj.get("error_code")),
            error_message=text(obj.get("error_message")),
            error_detail=text(obj.get("error_detail")),
            error_reason=text(obj.get("error_reason")),
            error_key=text(obj.get("error_key")),
            was_downgraded=flag(obj.get("was_downgraded")),
            date_sent=moment(first(obj, "date_sent", "date_created")),
            date_updated=moment(obj.get("date_updated")),
            message_type=message_type,
            group_id=group_id,
            group_display_name=text(obj.get("group_display_name")),
            participants=participants,
            opted_out=flag(obj.get("opted_out")),
            seat_id=text(obj.get("seat_id")),
            sender_email=text(obj.get("sender_email")),
            reply_to=MessageRef.parse(obj.get("reply_to")),
            thread_originator=MessageRef.parse(obj.get("thread_originator")),
            location=Location.parse(obj.get("location")),
            app_card=mapping(obj.get("app_card")) or None,
            plan=text(obj.get("plan")),
            account_email=text(first(obj, "accountEmail", "account_email")),
            raw=obj,
        )


def _parties(obj: dict[str, Any], status: str, lines: frozenset[str]) -> tuple[bool, str, str]:
    """(is_outbound, our line, the person).

    `from_number` of an inbound message is the person in captures and our line in one vendor
    text, so the direction is only the second-best witness: our known lines come first.
    """
    sender, receiver = number(obj.get("from_number")), number(obj.get("to_number"))
    named, stated = number(obj.get("number")), number(obj.get("sendblue_number"))

    is_outbound = flag(obj.get("is_outbound"))
    if is_outbound is None:
        ours = lines | ({stated} - {""})
        is_outbound = status != Status.RECEIVED and (
            sender in ours or (receiver not in ours and bool(named) and named == receiver)
        )

    expected, other = (sender, receiver) if is_outbound else (receiver, sender)
    known = [found for found in (stated, expected, other) if found and found in lines]
    if known:
        line = known[0]
    elif stated:
        line = stated
    else:
        line = other if expected == named and other != named else expected
    facing = other if other != line else expected
    person = named if named and named != line else (facing or named)
    return is_outbound, line, person


@dataclass(frozen=True, slots=True)
class MessagePage:
    """One page of the message list. `total` is None where the answer does not say."""

    items: tuple[MessagePayload, ...]
    total: int | None
    limit: int
    offset: int
    has_more: bool

    @classmethod
    def parse(cls, obj: object, *, limit: int, offset: int, lines: Collection[str] = ()) -> Self:
        """Read a list answer; `limit` and `offset` are what was asked, if it does not repeat it."""
        envelope = mapping(obj)
        listed = rows(obj if isinstance(obj, list) else first(envelope, "data", "messages"))
        pages = mapping(envelope.get("pagination"))
        limit = whole(pages.get("limit")) or limit
        has_more = flag(first(pages, "hasMore", "has_more"))
        return cls(
            items=tuple(MessagePayload.parse(row, lines=lines) for row in listed),
            total=whole(pages.get("total")),
            limit=limit,
            offset=whole(pages.get("offset")) or offset,
            has_more=len(listed) >= limit if has_more is None else has_more,
        )


@dataclass(frozen=True, slots=True)
class TypingPayload:
    """A person starts or stops typing (the typing_indicator webhook)."""

    number: str
    line_number: str
    is_typing: bool
    timestamp: datetime | None

    @classmethod
    def parse(cls, obj: object, *, lines: Collection[str] = ()) -> Self:
        """Read the webhook body. Raises ValueError when `obj` is no JSON object."""
        if not isinstance(obj, dict):
            raise ValueError("a typing payload must be a JSON object")
        # Unlike messages, `from_number` here is our line.
        ours = frozenset(map(number, lines))
        person, line = number(obj.get("number")), number(obj.get("from_number"))
        line = number(obj.get("sendblue_number")) or line
        if person in ours and line not in ours:
            person, line = line, person
        return cls(
            number=person,
            line_number=line,
            is_typing=bool(flag(obj.get("is_typing"))),
            timestamp=moment(obj.get("timestamp")),
        )
