"""Webhook subscriptions (Sendblue API contract, section 2.7)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..payloads.acknowledgements import Acknowledgement
from ..payloads.webhooks import Webhooks
from .base import Operations, given

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ..payloads.webhooks import WebhookEntry

PATH = "/api/account/webhooks"


class WebhookOperations(Operations):
    """An OK proves little: some servers drop kinds silently, so read back after each write."""

    def list_webhooks(self) -> Webhooks:
        """GET: all subscriptions."""
        return Webhooks.parse(self._transport.get(PATH))

    def add_webhooks(
        self, *, kind: str, entries: Iterable[WebhookEntry], global_secret: str = ""
    ) -> Acknowledgement:
        """POST: append to one kind. Adding an address twice makes every event come twice."""
        body: dict[str, Any] = {
            "webhooks": [entry.as_body(kind) for entry in entries],
            "type": kind,
            **given({"globalSecret": global_secret}),
        }
        return Acknowledgement.parse(self._transport.write("POST", PATH, body=body))

    def replace_webhooks(self, *, webhooks: Webhooks) -> Acknowledgement:
        """PUT: replace everything there is, of every kind, other people's entries included."""
        body = {"webhooks": webhooks.as_body()}
        return Acknowledgement.parse(self._transport.write("PUT", PATH, body=body))

    def delete_webhooks(self, *, kind: str, urls: Iterable[str]) -> Acknowledgement:
        """DELETE: remove addresses from one kind."""
        body = {"webhooks": list(urls), "type": kind}
        return Acknowledgement.parse(self._transport.write("DELETE", PATH, body=body))
