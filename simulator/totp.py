"""The TOTP store: secrets kept, codes of RFC 6238 given out (contract 2.9)."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, unquote, urlsplit

from starlette.routing import Route

from .clock import iso
from .wire import Json, body_of, refuse, text_of, world_of

if TYPE_CHECKING:
    from starlette.requests import Request

    from .state import World

_ALGORITHMS = {"SHA1": hashlib.sha1, "SHA256": hashlib.sha256, "SHA512": hashlib.sha512}


@dataclass(frozen=True, slots=True)
class TotpSecret:
    """One stored secret; key is the decoded secret."""

    secret_id: str
    label: str
    issuer: str | None
    algorithm: str
    digits: int
    period: int
    key: bytes
    created: int

    def code_at(self, seconds: float) -> str:
        """The code of RFC 6238 at this time."""
        counter = int(seconds) // self.period
        digest = hmac.new(
            self.key, counter.to_bytes(8, "big"), _ALGORITHMS[self.algorithm]
        ).digest()
        offset = digest[-1] & 0x0F
        number = int.from_bytes(digest[offset : offset + 4], "big") & 0x7FFFFFFF
        return str(number % 10**self.digits).zfill(self.digits)

    def as_dict(self) -> dict[str, Any]:
        """The secret as the API lists it, without itself."""
        return {
            "id": self.secret_id,
            "label": self.label,
            "issuer": self.issuer,
            "algorithm": self.algorithm,
            "digits": self.digits,
            "period": self.period,
            "created_at": iso(self.created),
        }


async def list_secrets(request: Request) -> Json:
    """GET /api/v2/totp/secrets."""
    stored = world_of(request).totp_secrets.values()
    return Json({"status": "OK", "totp_secrets": [secret.as_dict() for secret in stored]})


async def create_secret(request: Request) -> Json:
    """POST /api/v2/totp/secrets: an otpauth URI, or a label with or without a secret."""
    world, body = world_of(request), await body_of(request)
    uri = text_of(body, "uri")
    secret = _secret(world, _from_uri(uri) if uri else body)
    world.totp_secrets[secret.secret_id] = secret
    encoded = base64.b32encode(secret.key).decode().rstrip("=")
    return Json({"status": "OK", "totp_secret": {**secret.as_dict(), "secret": encoded}})


async def delete_secret(request: Request) -> Json:
    """DELETE /api/v2/totp/secrets/{secret_id}."""
    del world_of(request).totp_secrets[_known(request).secret_id]
    return Json({"status": "OK"})


async def current_code(request: Request) -> Json:
    """GET /api/v2/totp/code/{secret_id}."""
    secret, now = _known(request), world_of(request).clock.seconds()
    expires_in = secret.period - int(now) % secret.period
    return Json({"status": "OK", "code": secret.code_at(now), "expires_in": expires_in})


def _known(request: Request) -> TotpSecret:
    world, secret_id = world_of(request), request.path_params["secret_id"]
    if secret_id not in world.totp_secrets:
        if world.options.validate:
            raise refuse(404, "TOTP secret not found")
        world.totp_secrets[secret_id] = _secret(world, {"label": secret_id}, secret_id)
    found: TotpSecret = world.totp_secrets[secret_id]
    return found


def _secret(world: World, fields: dict[str, Any], secret_id: str = "") -> TotpSecret:
    label = text_of(fields, "label")
    if not label and world.options.validate:
        raise refuse(400, "missing required parameter: label or uri")
    algorithm = (text_of(fields, "algorithm") or "SHA1").upper()
    digits, period = fields.get("digits") or 6, fields.get("period") or 30
    if algorithm not in _ALGORITHMS:
        raise refuse(400, "Invalid algorithm. Must be one of: SHA1, SHA256, SHA512")
    if digits not in (6, 8):
        raise refuse(400, "Invalid digits. Must be one of: 6, 8")
    if type(period) is not int or not 1 <= period <= 3600:
        raise refuse(400, "'period' must be a number of seconds")
    given = text_of(fields, "secret")
    key = _decoded(given, strict=world.options.validate) if given else world.random.randbytes(20)
    return TotpSecret(
        secret_id=secret_id or world.new_uuid(),
        label=label,
        issuer=text_of(fields, "issuer") or None,
        algorithm=algorithm,
        digits=digits,
        period=period,
        key=key,
        created=world.clock.now(),
    )


def _from_uri(uri: str) -> dict[str, Any]:
    """The fields of an otpauth:// URI."""
    parts = urlsplit(uri)
    if parts.scheme != "otpauth" or parts.netloc != "totp":
        raise refuse(400, "'uri' must begin with otpauth://totp/")
    query = {name: values[0] for name, values in parse_qs(parts.query).items()}
    issuer, _, label = unquote(parts.path.lstrip("/")).rpartition(":")
    fields: dict[str, Any] = {"label": label.strip(), "issuer": query.get("issuer") or issuer}
    fields |= {name: query[name] for name in ("secret", "algorithm") if name in query}
    for name in ("digits", "period"):
        if name in query:
            fields[name] = int(query[name]) if query[name].isdecimal() else query[name]
    if "secret" not in fields:
        raise refuse(400, "'uri' holds no secret")
    return fields


def _decoded(secret: str, *, strict: bool) -> bytes:
    """Base32 with or without blanks, dashes and padding."""
    text = secret.replace(" ", "").replace("-", "").rstrip("=").upper()
    try:
        return base64.b32decode(text + "=" * (-len(text) % 8))
    except binascii.Error:
        if strict:
            raise refuse(400, "'secret' must be Base32") from None
        return secret.encode()


routes = [
    Route("/api/v2/totp/secrets", list_secrets, methods=["GET"]),
    Route("/api/v2/totp/secrets", create_secret, methods=["POST"]),
    Route("/api/v2/totp/secrets/{secret_id}", delete_secret, methods=["DELETE"]),
    Route("/api/v2/totp/code/{secret_id}", current_code, methods=["GET"]),
]
