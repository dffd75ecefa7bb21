"""The account itself: who it is, its seats, its card, its calls and how it gets lines."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Self

from .reading import first, flag, mapping, moment, number, rows, text

if TYPE_CHECKING:
    from datetime import datetime


@dataclass(frozen=True, slots=True)
class Account:
    """Who the keys belong to, and on which plan (an open set of words)."""

    email: str
    plan: str
    raw: dict[str, Any] = field(default_factory=dict, repr=False, compare=False)

    @classmethod
    def parse(cls, obj: Any) -> Self:
        """Read the fields themselves, or the same under `data`."""
        envelope = mapping(obj)
        found = mapping(envelope.get("data")) or envelope
        email = text(first(found, "email", "accountEmail", "account_email"))
        return cls(email=email, plan=text(found.get("plan")), raw=envelope)


@dataclass(frozen=True, slots=True)
class Seat:
    """A person of ours who may send; messages name them in `seat_id` and `sender_email`."""

    seat_id: str
    account: str
    email: str
    first_name: str = ""
    last_name: str = ""
    forwarding_number: str = field(default="", repr=False)
    created_at: datetime | None = None

    @classmethod
    def parse(cls, obj: Any) -> Self:
        """Read a seat, with or without its `{status, seat}` envelope."""
        envelope = mapping(obj)
        found = mapping(envelope.get("seat")) or envelope
        return cls(
            seat_id=text(found.get("seat_id")),
            account=text(found.get("account")),
            email=text(found.get("email")),
            first_name=text(found.get("first_name")),
            last_name=text(found.get("last_name")),
            forwarding_number=number(found.get("forwarding_number")),
            created_at=moment(found.get("created_at")),
        )

    @classmethod
    def many(cls, obj: Any) -> tuple[Self, ...]:
        """Read a bare array, or the array under `seats` or `data`."""
        listed = obj if isinstance(obj, list) else first(mapping(obj), "seats", "data")
        return tuple(map(cls.parse, rows(listed)))


@dataclass(frozen=True, slots=True)
class ContactSharing:
    """The name and photo that a line shows to people."""

    has_profile: bool
    first_name: str = ""
    last_name: str = ""
    display_name: str = ""

    @classmethod
    def parse(cls, obj: Any) -> Self:
        envelope = mapping(obj)
        found = mapping(envelope.get("data")) or envelope
        return cls(
            has_profile=bool(flag(first(found, "hasProfile", "has_profile"))),
            first_name=text(first(found, "firstName", "first_name")),
            last_name=text(first(found, "lastName", "last_name")),
            display_name=text(first(found, "displayName", "display_name")),
        )


@dataclass(frozen=True, slots=True)
class FaceTimeCall:
    """The Agora channel to join for a started call."""

    app_id: str
    channel_name: str
    uid: str
    token: str = field(repr=False)

    @classmethod
    def parse(cls, obj: Any) -> Self:
        found = mapping(mapping(obj).get("agora"))
        return cls(
            app_id=text(first(found, "appId", "app_id")),
            channel_name=text(first(found, "channelName", "channel_name")),
            uid=text(found.get("uid")),
            token=text(found.get("token")),
        )


@dataclass(frozen=True, slots=True)
class ProvisionPreview:
    """What a new line would mean; confirming takes the token within its ten minutes."""

    preview_token: str = field(repr=False)
    message: str
    expires_at: datetime | None

    @classmethod
    def parse(cls, obj: Any) -> Self:
        found = mapping(obj)
        return cls(
            preview_token=text(found.get("preview_token")),
            message=text(found.get("message")),
            expires_at=moment(found.get("expires_at")),
        )


@dataclass(frozen=True, slots=True)
class ChildAccount:
    """A sub-account, with the keys that are told this once."""

    company_name: str
    api_key: str = field(repr=False)
    api_secret: str = field(repr=False)
    raw: dict[str, Any] = field(default_factory=dict, repr=False, compare=False)

    @classmethod
    def parse(cls, obj: Any) -> Self:
        envelope = mapping(obj)
        found = mapping(envelope.get("data")) or envelope
        return cls(
            company_name=text(found.get("company_name")),
            api_key=text(found.get("api_key")),
            api_secret=text(found.get("api_secret")),
            raw=envelope,
        )


@dataclass(frozen=True, slots=True)
class SharedContact:
    """A person whom an account on a shared line may write to once verified."""

    id: str
    number: str = field(repr=False)
    verified: bool
    created_at: datetime | None = None

    @classmethod
    def parse(cls, obj: Any) -> Self:
        """Read a contact of the list, or the `{status, route}` of an added one."""
        envelope = mapping(obj)
        found = mapping(envelope.get("route")) or envelope
        return cls(
            id=text(found.get("id")),
            number=number(found.get("number")),
            verified=bool(flag(found.get("verified"))),
            created_at=moment(first(found, "createdAt", "created_at")),
        )


@dataclass(frozen=True, slots=True)
class SharedContacts:
    """The shared line of the account and the people on it."""

    shared_number: str
    contacts: tuple[SharedContact, ...]

    @classmethod
    def parse(cls, obj: Any) -> Self:
        found = mapping(obj)
        return cls(
            shared_number=number(first(found, "sharedNumber", "shared_number")),
            contacts=tuple(map(SharedContact.parse, rows(found.get("contacts")))),
        )
