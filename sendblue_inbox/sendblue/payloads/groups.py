"""Group conversations."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Self

from .reading import first, mapping, moment, number, numbers, rows, text

if TYPE_CHECKING:
    from datetime import datetime


@dataclass(frozen=True, slots=True)
class GroupParticipant:
    """Somebody in a group: `kind` is contact or seat, `handle` a number or an e-mail."""

    participant_id: str
    kind: str
    handle: str = field(repr=False)
    name: str = field(default="", repr=False)
    number: str = field(default="", repr=False)
    contact_id: str = ""
    seat_id: str = ""

    @classmethod
    def parse(cls, obj: Any) -> Self:
        found = mapping(obj)
        return cls(
            participant_id=text(found.get("participant_id")),
            kind=text(found.get("type")),
            handle=number(found.get("handle")),
            name=text(found.get("name")),
            number=number(found.get("phone")),
            contact_id=text(found.get("contact_id")),
            seat_id=text(found.get("seat_id")),
        )


@dataclass(frozen=True, slots=True)
class GroupPayload:
    """One group. After a change of name or photo only what the answer repeats is filled."""

    group_id: str
    group_name: str = field(default="", repr=False)
    photo_url: str = field(default="", repr=False)
    photo_guid: str = ""
    participants: tuple[GroupParticipant, ...] = ()
    participant_numbers: tuple[str, ...] = field(default=(), repr=False)
    from_number: str = ""
    worker_group_id: str = ""
    latest_message_id: str = ""
    latest_comm_at: datetime | None = None
    created_at: datetime | None = None
    updated_at: datetime | None = None

    @classmethod
    def parse(cls, obj: Any) -> Self:
        """Read a group, with or without its `{status, data}` envelope."""
        envelope = mapping(obj)
        found = mapping(envelope.get("data")) or envelope
        photo = mapping(found.get("group_photo"))
        return cls(
            group_id=text(found.get("group_id")),
            group_name=text(first(found, "group_name", "group_display_name")),
            photo_url=text(photo.get("url")),
            photo_guid=text(photo.get("photo_guid")),
            participants=tuple(map(GroupParticipant.parse, rows(found.get("participants")))),
            participant_numbers=numbers(found.get("participant_numbers")),
            from_number=number(found.get("from_number")),
            worker_group_id=text(found.get("worker_group_id")),
            latest_message_id=text(found.get("latest_message_id")),
            latest_comm_at=moment(found.get("latest_comm_at")),
            created_at=moment(found.get("created_at")),
            updated_at=moment(found.get("updated_at")),
        )


@dataclass(frozen=True, slots=True)
class GroupChange:
    """The answer to adding or removing somebody. Older servers say only status and message."""

    status: str
    message: str = ""
    group_id: str = ""
    modify_type: str = ""
    number: str = field(default="", repr=False)

    @classmethod
    def parse(cls, obj: Any) -> Self:
        found = mapping(obj)
        return cls(
            status=text(found.get("status")).upper(),
            message=text(first(found, "message", "error_message", "error")),
            group_id=text(found.get("group_id")),
            modify_type=text(found.get("modify_type")),
            number=number(found.get("number")),
        )
