"""The webhook subscriptions of an account, read in any shape and written back unharmed."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Self

from ..terms import WEBHOOK_KINDS, WebhookKind
from .reading import first, mapping, numbers, text

_SECRET_KEYS = ("globalSecret", "global_secret")


@dataclass(frozen=True, slots=True)
class WebhookEntry:
    """One address. `raw` is the entry as Sendblue listed it, kept so that what belongs to
    somebody else goes back exactly as it came; None for an entry of our making.
    """

    url: str
    secret: str = field(default="", repr=False)
    sendblue_numbers: tuple[str, ...] = ()
    raw: str | dict[str, Any] | None = field(default=None, repr=False, compare=False)

    @classmethod
    def parse(cls, obj: Any) -> Self | None:
        """Read a URL or a `{url, secret, sendblue_numbers}`; None for anything else."""
        if isinstance(obj, str):
            return cls(url=obj, raw=obj)
        url = text(mapping(obj).get("url"))
        if not url:
            return None
        return cls(
            url=url,
            secret=text(obj.get("secret")),
            sendblue_numbers=numbers(obj.get("sendblue_numbers")),
            raw=obj,
        )

    def as_body(self, kind: str) -> str | dict[str, Any]:
        """As a write wants it. `contact_created` takes plain addresses only."""
        if self.raw is not None:
            return self.raw
        if kind == WebhookKind.CONTACT_CREATED or not (self.secret or self.sendblue_numbers):
            return self.url
        body: dict[str, Any] = {"url": self.url}
        if self.secret:
            body["secret"] = self.secret
        if self.sendblue_numbers and kind == WebhookKind.RECEIVE:
            body["sendblue_numbers"] = list(self.sendblue_numbers)
        return body


@dataclass(frozen=True, slots=True)
class Webhooks:
    """All subscriptions by kind, of known and unknown kinds alike, and the shared secret.

    `rest` holds whatever else the answer carries beside them, for a write that replaces all.
    """

    entries: dict[str, tuple[WebhookEntry, ...]] = field(default_factory=dict)
    global_secret: str = field(default="", repr=False)
    rest: dict[str, Any] = field(default_factory=dict, repr=False)

    @classmethod
    def parse(cls, obj: Any) -> Self:
        """Read the list answer, with or without its envelope."""
        envelope = mapping(obj)
        listed = mapping(envelope.get("webhooks", envelope))
        entries: dict[str, tuple[WebhookEntry, ...]] = {}
        rest: dict[str, Any] = {}
        for key, value in listed.items():
            if isinstance(value, list):
                parsed = (WebhookEntry.parse(item) for item in value)
                entries[key] = tuple(entry for entry in parsed if entry)
            elif key in WEBHOOK_KINDS:
                entry = WebhookEntry.parse(value)  # one entry without its list, or null
                entries[key] = (entry,) if entry else ()
            elif key not in _SECRET_KEYS:
                rest[key] = value
        secret = text(first(listed, *_SECRET_KEYS)) or text(first(envelope, *_SECRET_KEYS))
        return cls(entries=entries, global_secret=secret, rest=rest)

    def of(self, kind: str) -> tuple[WebhookEntry, ...]:
        """The entries of one kind."""
        return self.entries.get(kind, ())

    def as_body(self) -> dict[str, Any]:
        """The object that a replace-all write takes."""
        body: dict[str, Any] = dict(self.rest)
        for kind, entries in self.entries.items():
            body[kind] = [entry.as_body(kind) for entry in entries]
        if self.global_secret:
            body["globalSecret"] = self.global_secret
        return body
