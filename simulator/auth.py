"""Who may call: keys, temporary bearer tokens, basic authentication (contract 1.1)."""

from __future__ import annotations

import base64
import binascii
import hmac
from typing import TYPE_CHECKING

from starlette.datastructures import Headers

from .wire import Json

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

    from .state import World

_VERIFY = "/api/v2/verify/"


class KeyCheck:
    """ASGI middleware: 401 without valid keys, 403 for browsers."""

    def __init__(self, app: ASGIApp, world: World) -> None:
        self.app = app
        self.world = world

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request in or answer it."""
        if scope["type"] != "http" or scope["path"].startswith("/media/"):
            await self.app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        if "origin" in headers:
            refused = Json({"status": "ERROR", "message": "Forbidden"}, status_code=403)
            await refused(scope, receive, send)
        elif self._has_keys(headers, scope) or self._has_token(headers, scope):
            await self.app(scope, receive, send)
        else:
            refused = Json({"status": "ERROR", "message": "Unauthorized"}, status_code=401)
            await refused(scope, receive, send)

    def _has_keys(self, headers: Headers, scope: Scope) -> bool:
        for prefix in ("", "x-"):
            key_id = headers.get(f"{prefix}sb-api-key-id", "")
            secret = headers.get(f"{prefix}sb-api-secret-key", "")
            if self._are_keys(key_id, secret):
                return True
        kind, _, encoded = headers.get("authorization", "").partition(" ")
        if kind.lower() != "basic" or not scope["path"].startswith(_VERIFY):
            return False
        try:
            key_id, _, secret = base64.b64decode(encoded).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError):
            return False
        return self._are_keys(key_id, secret)

    def _are_keys(self, key_id: str, secret: str) -> bool:
        known = self.world.settings
        return hmac.compare_digest(key_id.encode(), known.key_id.encode()) and hmac.compare_digest(
            secret.encode(), known.secret_key.encode()
        )

    def _has_token(self, headers: Headers, scope: Scope) -> bool:
        kind, _, secret = headers.get("authorization", "").partition(" ")
        if kind.lower() != "bearer":
            return False
        for token in self.world.tokens.values():
            if hmac.compare_digest(token.token.encode(), secret.encode()):
                scope["token_numbers"] = token.numbers
                return token.expires > self.world.clock.now()
        return False
