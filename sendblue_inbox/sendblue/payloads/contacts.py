"""Contacts as Sendblue keeps them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Self

from .reading import first, flag, mapping, moment, number, rows, text, texts, whole

if TYPE_CHECKING:
    from datetime import datetime


@dataclass(frozen=True, slots=True)
class ContactPayload:
    """One contact; `number` is the person's, by whichever of its names Sendblue calls it.

    `opted_out` and `verified` are None where the answer does not say. Personal fields stay out
    of the repr.
    """

    number: str = field(repr=False)
    contact_id: str = ""
    first_name: str = field(default="", repr=False)
    last_name: str = field(default="", repr=False)
    company_name: str = field(default="", repr=False)
    assigned_to_email: str = field(default="", repr=False)
    sendblue_number: str = ""
    tags: tuple[str, ...] = ()
    custom_variables: dict[str, str] = field(default_factory=dict, repr=False)
    opted_out: bool | None = None
    verified: bool | None = None
    created_at: datetime | None = None
    raw: dict[str, Any] = field(default_factory=dict, repr=False, compare=False)

    @classmethod
    def parse(cls, obj: object) -> Self:
        """Read a contact, snake_case before camelCase. Raises ValueError for no JSON object."""
        if not isinstance(obj, dict):
            raise ValueError("a contact payload must be a JSON object")
        variables = mapping(first(obj, "custom_variables", "customVariables"))
        return cls(
            number=number(first(obj, "phone", "number", "phone_number", "phoneNumber")),
            contact_id=text(first(obj, "contact_id", "contactId", "id")),
            first_name=text(first(obj, "first_name", "firstName")),
            last_name=text(first(obj, "last_name", "lastName")),
            company_name=text(first(obj, "company_name", "companyName")),
            assigned_to_email=text(first(obj, "assigned_to_email", "assignedToEmail")),
            sendblue_number=number(first(obj, "sendblue_number", "sendblueNumber")),
            tags=texts(obj.get("tags")),
            custom_variables={text(key): text(value) for key, value in variables.items()},
            opted_out=flag(first(obj, "opt_out", "opted_out", "optOut", "optedOut")),
            verified=flag(obj.get("verified")),
            created_at=moment(first(obj, "created_at", "createdAt")),
            raw=obj,
        )

    @classmethod
    def from_envelope(cls, obj: Any) -> Self:
        """Read `{status, contact}`, or the contact without its envelope."""
        envelope = mapping(obj)
        return cls.parse(mapping(first(envelope, "contact", "data")) or envelope)

    @classmethod
    def many(cls, obj: Any) -> tuple[Self, ...]:
        """Read a bare array, or the array inside an envelope."""
        listed = obj if isinstance(obj, list) else first(mapping(obj), "contacts", "data")
        return tuple(map(cls.parse, rows(listed)))


@dataclass(frozen=True, slots=True)
class ContactRow:
    """One contact to write, in the words of a bulk create or of a single one."""

    number: str = field(repr=False)
    first_name: str = field(default="", repr=False)
    last_name: str = field(default="", repr=False)
    company_name: str = field(default="", repr=False)
    tags: tuple[str, ...] = ()
    custom_variables: dict[str, str] = field(default_factory=dict, repr=False)

    def as_bulk_body(self) -> dict[str, Any]:
        """With the number under `phone`, which only the bulk call says; empty fields left out."""
        body: dict[str, Any] = {
            "phone": self.number,
            "first_name": self.first_name,
            "last_name": self.last_name,
            "company_name": self.company_name,
            "tags": list(self.tags),
            "custom_variables": self.custom_variables,
        }
        return {name: value for name, value in body.items() if value}


@dataclass(frozen=True, slots=True)
class OptOutState:
    """Whether a person has opted out now."""

    number: str = field(repr=False)
    opted_out: bool

    @classmethod
    def parse(cls, obj: Any, *, number_asked: str, opted_out_asked: bool) -> Self:
        found = mapping(obj)
        opted_out = flag(first(found, "opted_out", "opt_out"))
        return cls(
            number=number(found.get("number")) or number_asked,
            opted_out=opted_out_asked if opted_out is None else opted_out,
        )


def amount(obj: Any) -> int | None:
    """The figure of a `{count}` or `{amount}` answer."""
    found = mapping(obj)
    figure = first(found, "count", "amount")
    return whole(mapping(found.get("data")).get("count") if figure is None else figure)
