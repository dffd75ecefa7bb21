"""What proves who somebody is: one-time codes, tokens, verified contacts, verifications."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Self

from .reading import first, flag, mapping, moment, number, numbers, rows, text, whole

if TYPE_CHECKING:
    from datetime import datetime


@dataclass(frozen=True, slots=True)
class TotpSecret:
    """A stored one-time-code seed (RFC 6238). `secret` is filled by its creation only."""

    id: str
    label: str
    issuer: str = ""
    algorithm: str = "SHA1"
    digits: int = 6
    period: int = 30
    created_at: datetime | None = None
    secret: str = field(default="", repr=False)

    @classmethod
    def parse(cls, obj: Any) -> Self:
        """Read a secret, with or without its `{status, totp_secret}` envelope."""
        envelope = mapping(obj)
        found = mapping(envelope.get("totp_secret")) or envelope
        return cls(
            id=text(found.get("id")),
            label=text(found.get("label")),
            issuer=text(found.get("issuer")),
            algorithm=text(found.get("algorithm")).upper() or "SHA1",
            digits=whole(found.get("digits")) or 6,
            period=whole(found.get("period")) or 30,
            created_at=moment(found.get("created_at")),
            secret=text(found.get("secret")),
        )


@dataclass(frozen=True, slots=True)
class TotpCode:
    """The present code, leading zeros kept, and the seconds it stays good."""

    code: str = field(repr=False)
    expires_in: int

    @classmethod
    def parse(cls, obj: Any) -> Self:
        found = mapping(obj)
        return cls(code=text(found.get("code")), expires_in=whole(found.get("expires_in")) or 0)


@dataclass(frozen=True, slots=True)
class Token:
    """A temporary bearer token, for the whole account or for `phone_numbers` only."""

    token: str = field(repr=False)
    token_id: str
    token_type: str = "Bearer"
    expires_at: datetime | None = None
    phone_numbers: tuple[str, ...] = ()

    @classmethod
    def parse(cls, obj: Any) -> Self:
        """Read a token: the bare object, or inside `data`."""
        envelope = mapping(obj)
        found = mapping(envelope.get("data")) or envelope
        return cls(
            token=text(found.get("token")),
            token_id=text(found.get("token_id")),
            token_type=text(found.get("token_type")) or "Bearer",
            expires_at=moment(found.get("expires_at")),
            phone_numbers=numbers(found.get("phone_numbers")),
        )


@dataclass(frozen=True, slots=True)
class VerifiedContact:
    """A person that a free account may write to, once verified.

    `line_number` is the shared line to text, and `instructions` say how, where they are given.
    """

    number: str = field(repr=False)
    verification_status: str
    verified: bool
    created_at: datetime | None = None
    updated_at: datetime | None = None
    line_number: str = ""
    instructions: str = ""

    @classmethod
    def parse(cls, obj: Any) -> Self | None:
        """Read `{data: {contact, line, verification_instructions}}` or a bare contact."""
        envelope = mapping(obj)
        data = mapping(envelope.get("data")) or envelope
        found = mapping(data.get("contact")) or data
        phone = number(first(found, "phone_number", "number"))
        if not phone:
            return None
        status = text(found.get("verification_status"))
        return cls(
            number=phone,
            verification_status=status,
            verified=bool(flag(found.get("verified"))) or status == "verified",
            created_at=moment(found.get("created_at")),
            updated_at=moment(found.get("updated_at")),
            line_number=number(mapping(data.get("line")).get("phone_number")),
            instructions=text(data.get("verification_instructions")),
        )

    @classmethod
    def many(cls, obj: Any) -> tuple[Self, ...]:
        """Read `{data: {contacts: […]}}`."""
        listed = rows(mapping(mapping(obj).get("data")).get("contacts"))
        return tuple(contact for contact in map(cls.parse, listed) if contact)


@dataclass(frozen=True, slots=True)
class Verification:
    """One check of a person: status pending, approved, expired or canceled."""

    sid: str
    service_sid: str
    status: str
    to: str = field(default="", repr=False)
    channel: str = ""
    account_sid: str = ""
    url: str = field(default="", repr=False)
    date_created: datetime | None = None
    date_updated: datetime | None = None
    date_completed: datetime | None = None
    expires_at: datetime | None = None
    delivery_target: dict[str, Any] = field(default_factory=dict, repr=False)
    hosted: dict[str, Any] = field(default_factory=dict, repr=False)

    @classmethod
    def parse(cls, obj: Any) -> Self:
        found = mapping(obj)
        return cls(
            sid=text(found.get("sid")),
            service_sid=text(found.get("service_sid")),
            status=text(found.get("status")).lower(),
            to=number(found.get("to")),
            channel=text(found.get("channel")),
            account_sid=text(found.get("account_sid")),
            url=text(found.get("url")),
            date_created=moment(found.get("date_created")),
            date_updated=moment(found.get("date_updated")),
            date_completed=moment(found.get("date_completed")),
            expires_at=moment(found.get("expires_at")),
            delivery_target=mapping(found.get("delivery_target")),
            hosted=mapping(found.get("hosted")),
        )

    @classmethod
    def many(cls, obj: Any) -> tuple[Self, ...]:
        """Read `{status, data: […], pagination}`."""
        return tuple(map(cls.parse, rows(mapping(obj).get("data"))))
