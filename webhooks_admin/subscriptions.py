"""What the account is subscribed to, against what this inbox needs; without any I/O."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from django.conf import settings
from django.urls import reverse
from django.utils.crypto import salted_hmac

from sendblue_inbox.sendblue.terms import WEBHOOK_KINDS, WebhookKind

if TYPE_CHECKING:
    from sendblue_inbox.sendblue.payloads.webhooks import WebhookEntry, Webhooks

MISSING = "missing"
TWICE = "registered twice: every event comes twice"
WRONG_SECRET = "its secret is not one of this inbox"
FOREIGN_SECRET = (
    "comes with the account's shared secret; add that to SENDBLUE_WEBHOOK_SECRETS to accept it"
)


@dataclass(frozen=True, slots=True)
class KindRow:
    """The subscriptions of one kind: ours, those of others, and what is wrong with ours."""

    kind: str
    address: str
    ours: tuple[WebhookEntry, ...]
    others: tuple[WebhookEntry, ...]
    problem: str = ""

    @property
    def is_repairable(self) -> bool:
        """Whether connecting this inbox puts it right."""
        return self.problem in {MISSING, TWICE, WRONG_SECRET}

    @property
    def others_shown(self) -> list[tuple[str, bool]]:
        """(address without anything secret, whether it has a secret of its own)."""
        return [(masked(entry.url), bool(entry.secret)) for entry in self.others]


@dataclass(frozen=True, slots=True)
class Subscriptions:
    """The account's subscriptions at one moment."""

    rows: tuple[KindRow, ...]
    sets_shared_secret: bool
    digest: str

    @property
    def repairable(self) -> list[KindRow]:
        """What connecting this inbox would change."""
        return [row for row in self.rows if row.is_repairable]

    @property
    def foreign(self) -> dict[str, list[object]]:
        """What belongs to somebody else, exactly as Sendblue lists it."""
        return {row.kind: [entry.raw for entry in row.others] for row in self.rows if row.others}


def compare(listed: Webhooks) -> Subscriptions:
    """Sort what Sendblue lists into ours and others', kind by kind, the kinds we need first."""
    kinds = [*WEBHOOK_KINDS, *(kind for kind in listed.entries if kind not in WEBHOOK_KINDS)]
    rows = tuple(_row(kind, listed) for kind in kinds)
    # contact_created takes plain addresses, so its secret can only be the shared one.
    shared_needed = any(
        row.kind == WebhookKind.CONTACT_CREATED and row.is_repairable for row in rows
    )
    seen = [listed.as_body(), [row.address for row in rows]]
    digest = salted_hmac("webhooks_admin.subscriptions", json.dumps(seen, sort_keys=True))
    return Subscriptions(rows, shared_needed and not listed.global_secret, digest.hexdigest())


def our_address(kind: str) -> str:
    """Where Sendblue should deliver events of that kind."""
    return settings.SITE_URL + reverse("hooks:event", args=[kind])


def unreachable() -> str:
    """Why Sendblue cannot deliver to SITE_URL, in a sentence; empty where it can."""
    parts = urlsplit(settings.SITE_URL)
    is_local = parts.hostname in {"localhost", "127.0.0.1", "::1", "0.0.0.0"}  # noqa: S104
    if settings.SIMULATED or (parts.scheme == "https" and not is_local):
        return ""
    return (
        f"Sendblue cannot reach {settings.SITE_URL}. Set SITE_URL to the https address under "
        "which this inbox is known outside; until then new messages are asked for twice a minute."
    )


def masked(url: str) -> str:
    """The address without user, query and fragment, where secrets are put."""
    parts = urlsplit(url)
    host = parts.netloc.rpartition("@")[2]
    return f"{parts.scheme}://{host}{parts.path}{'?…' if parts.query else ''}"


def _row(kind: str, listed: Webhooks) -> KindRow:
    if kind not in WEBHOOK_KINDS:
        return KindRow(kind, "", (), listed.of(kind))
    address = our_address(kind)
    ours = tuple(entry for entry in listed.of(kind) if _is_same(entry.url, address))
    others = tuple(entry for entry in listed.of(kind) if entry not in ours)
    return KindRow(kind, address, ours, others, _problem(kind, ours, listed.global_secret))


def _problem(kind: str, ours: tuple[WebhookEntry, ...], shared_secret: str) -> str:
    if not ours:
        return MISSING
    if len(ours) > 1:
        return TWICE
    known = settings.SENDBLUE_WEBHOOK_SECRETS
    if (ours[0].secret or shared_secret) in known:
        return ""
    is_others = kind == WebhookKind.CONTACT_CREATED and bool(shared_secret)
    return FOREIGN_SECRET if is_others else WRONG_SECRET


def _is_same(url: str, address: str) -> bool:
    """Whether both name one place: Sendblue turns http into https when it registers."""
    return url.partition("://")[2].rstrip("/") == address.partition("://")[2].rstrip("/")
