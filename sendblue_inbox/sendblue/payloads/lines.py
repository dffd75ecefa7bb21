"""Our numbers at Sendblue: state, usage, pacing, and who is new to them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Self

from .reading import first, flag, mapping, moment, number, rows, text, whole

if TYPE_CHECKING:
    from datetime import datetime


@dataclass(frozen=True, slots=True)
class LineState:
    """How a line is doing: assignment assigned, shared or grace_period; status ONLINE, OFFLINE,
    DEGRADED or UNKNOWN. `sendblue_number` is "" while a line has none.
    """

    worker_id: str
    sendblue_number: str
    assignment: str
    status: str
    status_changed_at: datetime | None = None
    degraded_since: datetime | None = None
    effective_until: datetime | None = None

    @classmethod
    def parse(cls, obj: Any) -> Self:
        found = mapping(obj)
        return cls(
            worker_id=text(found.get("worker_id")),
            sendblue_number=number(found.get("sendblue_number")),
            assignment=text(found.get("assignment")),
            status=text(found.get("status")).upper(),
            status_changed_at=moment(found.get("status_changed_at")),
            degraded_since=moment(found.get("degraded_since")),
            effective_until=moment(found.get("effective_until")),
        )


@dataclass(frozen=True, slots=True)
class LineStates:
    """All lines at one moment."""

    snapshot_at: datetime | None
    lines: tuple[LineState, ...]

    @classmethod
    def parse(cls, obj: Any) -> Self:
        found = mapping(obj)
        return cls(
            snapshot_at=moment(found.get("snapshot_at")),
            lines=tuple(map(LineState.parse, rows(found.get("data")))),
        )


@dataclass(frozen=True, slots=True)
class UsageWindow:
    """New contacts in one window. None means not told, which is not zero."""

    used: int | None = None
    limit: int | None = None
    remaining: int | None = None
    next_slot_at: datetime | None = None
    resets_at: datetime | None = None

    @classmethod
    def parse(cls, obj: Any) -> Self:
        found = mapping(obj)
        return cls(
            used=whole(found.get("used")),
            limit=whole(found.get("limit")),
            remaining=whole(found.get("remaining")),
            next_slot_at=moment(first(found, "nextSlotAt", "next_slot_at")),
            resets_at=moment(first(found, "resetsAt", "resets_at")),
        )


@dataclass(frozen=True, slots=True)
class LineUsage:
    """How many new contacts a line may still write to: state available, limited, paused,
    not_applicable or unavailable.
    """

    number: str
    state: str
    hourly: UsageWindow
    daily: UsageWindow
    sampled_at: datetime | None = None
    available_at: datetime | None = None
    new_contact_lookback_days: int | None = None

    @classmethod
    def parse(cls, obj: Any) -> Self:
        found = mapping(obj)
        lookback = first(found, "newContactLookbackDays", "new_contact_lookback_days")
        return cls(
            number=number(first(found, "phone", "sendblue_number")),
            state=text(found.get("state")),
            hourly=UsageWindow.parse(found.get("hourly")),
            daily=UsageWindow.parse(found.get("daily")),
            sampled_at=moment(first(found, "sampledAt", "sampled_at")),
            available_at=moment(first(found, "availableAt", "available_at")),
            new_contact_lookback_days=whole(lookback),
        )


@dataclass(frozen=True, slots=True)
class AccountUsage:
    """Usage of all lines. `enabled` is whether Sendblue enforces the limits on this account."""

    enabled: bool | None
    lines: tuple[LineUsage, ...]
    pacing: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def parse(cls, obj: Any) -> Self:
        found = mapping(obj)
        return cls(
            enabled=flag(found.get("enabled")),
            lines=tuple(map(LineUsage.parse, rows(found.get("lines")))),
            pacing=mapping(found.get("pacing")),
        )


@dataclass(frozen=True, slots=True)
class ContactStatus:
    """Whether a person is known, new, not_applicable or unavailable to one line, and how warm
    the conversation is (active, warm, cold, unknown).
    """

    number: str
    sendblue_number: str
    classification: str
    known_contact: bool | None = None
    new_contact_lookback_days: int | None = None
    sampled_at: datetime | None = None
    activity: str = ""
    warning: Any = None

    @classmethod
    def parse(cls, obj: Any) -> Self:
        found = mapping(obj)
        pacing = mapping(found.get("pacing"))
        return cls(
            number=number(found.get("number")),
            sendblue_number=number(found.get("sendblue_number")),
            classification=text(found.get("classification")),
            known_contact=flag(found.get("known_contact")),
            new_contact_lookback_days=whole(found.get("new_contact_lookback_days")),
            sampled_at=moment(found.get("sampled_at")),
            activity=text(pacing.get("activity")),
            warning=pacing.get("warning"),
        )


@dataclass(frozen=True, slots=True)
class CallForwarding:
    """Where calls to a line go; `forwarding_number` is "" when it is off."""

    sendblue_number: str
    forwarding_number: str

    @classmethod
    def parse(cls, obj: Any) -> Self:
        found = mapping(obj)
        return cls(
            sendblue_number=number(found.get("sendblue_number")),
            forwarding_number=number(found.get("forwarding_number")),
        )
