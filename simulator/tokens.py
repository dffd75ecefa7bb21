"""Temporary bearer tokens (contract 2.10)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.responses import Response
from starlette.routing import Route

from .clock import SECOND, iso
from .state import Token
from .wire import Json, body_of, line_of, refuse_v3, world_of

if TYPE_CHECKING:
    from starlette.requests import Request

_DEFAULT_S = 900
_LONGEST_S = 24 * 3600


async def create_token(request: Request) -> Json:
    """POST /v3/auth/tokens: for the account, or for some of its lines."""
    world, body = world_of(request), await body_of(request)
    seconds = body.get("expires_in_seconds", _DEFAULT_S)
    if type(seconds) is not int or not 1 <= seconds <= _LONGEST_S:
        raise refuse_v3(400, "invalid_expiry", "expires_in_seconds must be 1 to 86400")
    numbers = body.get("phone_numbers") or filter(None, [body.get("phone_number")])
    lines = [line_of(world, str(number)).number for number in numbers]
    token = Token(
        token_id=f"tok_{world.new_uuid()}",
        token=world.random.randbytes(24).hex(),
        expires=world.clock.now() + seconds * SECOND,
        numbers=lines,
    )
    world.tokens[token.token_id] = token
    return Json(
        {
            "token": token.token,
            "token_id": token.token_id,
            "token_type": "Bearer",
            "expires_at": iso(token.expires),
            "phone_numbers": lines,
        }
    )


async def revoke_token(request: Request) -> Response:
    """DELETE /v3/auth/tokens/{token_id}."""
    world = world_of(request)
    known = world.tokens.pop(request.path_params["token_id"], None)
    if known is None and world.options.validate:
        raise refuse_v3(404, "token_not_found", "Token not found")
    return Response(status_code=204)


routes = [
    Route("/v3/auth/tokens", create_token, methods=["POST"]),
    Route("/v3/auth/tokens/{token_id}", revoke_token, methods=["DELETE"]),
]
