"""Requests in, answers out: JSON bodies, form bodies, and refusals as Sendblue words them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import orjson
from starlette.datastructures import UploadFile
from starlette.responses import Response

from .phones import is_e164, is_email

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.requests import Request

    from .simulation import Simulation
    from .state import Line, World


class Json(Response):
    """A JSON answer."""

    media_type = "application/json"

    def render(self, content: Any) -> bytes:
        """Write the content as UTF-8."""
        return orjson.dumps(content)


class Refusal(Exception):
    """An answer that says no: HTTP status and body."""

    def __init__(self, status: int, body: Mapping[str, Any]) -> None:
        super().__init__(status)
        self.status = status
        self.body = dict(body)
        self.headers: dict[str, str] = {}


def refuse(status: int, message: str, error_code: int | None = None) -> Refusal:
    """The generic error of contract 1.2."""
    body: dict[str, Any] = {"status": "ERROR", "message": message}
    if error_code is not None:
        body["error_code"] = error_code
    return Refusal(status, body)


def refuse_v3(status: int, code: str, message: str) -> Refusal:
    """The error of the /v3 paths (contract 1.2)."""
    return Refusal(status, {"error": {"code": code, "message": message}})


async def answer_refusal(request: Request, error: Exception) -> Response:
    """Exception handler that turns a Refusal into its answer."""
    refusal = cast("Refusal", error)
    return Json(refusal.body, status_code=refusal.status, headers=refusal.headers)


def sim_of(request: Request) -> Simulation:
    """The simulation behind this server."""
    return cast("Simulation", request.app.state.sim)


def world_of(request: Request) -> World:
    """The state of the simulated account."""
    return sim_of(request).world


async def body_of(request: Request) -> dict[str, Any]:
    """The fields of a JSON or form body; 400 for anything that is no object."""
    kind = request.headers.get("content-type", "")
    if kind.startswith(("multipart/form-data", "application/x-www-form-urlencoded")):
        async with request.form() as form:
            return {
                name: value for name, value in form.items() if not isinstance(value, UploadFile)
            }
    return await json_of(request)


async def json_of(request: Request) -> dict[str, Any]:
    """The fields of a JSON body whatever its content type says; 400 for anything else."""
    raw = await request.body()
    if not raw:
        return {}
    try:
        body = orjson.loads(raw)
    except orjson.JSONDecodeError:
        raise refuse(400, "Invalid JSON in the request body") from None
    if not isinstance(body, dict):
        raise refuse(400, "The request body must be a JSON object")
    return body


async def upload_of(request: Request, field: str, limit: int) -> tuple[str, str, bytes]:
    """File name, type and bytes of a multipart field; 400 when absent or above the limit."""
    if not request.headers.get("content-type", "").startswith("multipart/form-data"):
        raise refuse(400, f"Missing file: send multipart/form-data with the field '{field}'")
    async with request.form() as form:
        file = form.get(field)
        if not isinstance(file, UploadFile):
            raise refuse(400, f"Missing file: send multipart/form-data with the field '{field}'")
        content = await file.read()
        if len(content) > limit:
            raise refuse(400, f"File is larger than {limit // 1_000_000} MB")
        return file.filename or "file", file.content_type or "application/octet-stream", content


def first_of(body: Mapping[str, Any], *names: str) -> Any:
    """The first present spelling of a field; None when all are absent."""
    for name in names:
        if body.get(name) is not None:
            return body[name]
    return None


def text_of(body: Mapping[str, Any], *names: str) -> str:
    """A text field under any of its spellings, "" when absent; 400 when it is no text."""
    value = first_of(body, *names)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise refuse(400, f"'{names[0]}' must be a string", 4000)
    return value


def number_of(world: World, body: Mapping[str, Any], *names: str, email: bool = True) -> str:
    """A recipient in E.164 (or an iMessage e-mail); 400 when missing or malformed."""
    number = text_of(body, *names)
    if not number:
        raise refuse(400, f"missing required parameter: {names[0]}", 4000)
    check_number(world, number, names[0], email=email)
    return number


def check_number(world: World, number: str, name: str, *, email: bool = True) -> None:
    """400 when the text is neither E.164 nor, where allowed, an e-mail address."""
    if not world.options.validate or is_e164(number) or (email and is_email(number)):
        return
    raise refuse(400, f"'{name}' must be a phone number in E.164 format", 4000)


def line_of(world: World, number: str, *, status: int = 404) -> Line:
    """One of our lines; in the sdk profile an unknown number becomes one."""
    if number in world.lines:
        return world.lines[number]
    if not world.options.validate:
        return world.add_line(number)
    raise refuse(status, "The `from_number` is not registered to this account")


def whole_number(raw: str | None, name: str, default: int, *, most: int | None = None) -> int:
    """A count from a query, clamped from above; 400 when it is no whole number from 0 on."""
    if raw is None or raw == "":
        return default
    if not raw.isdecimal():
        raise refuse(400, f"'{name}' must be a non-negative integer")
    return int(raw) if most is None else min(int(raw), most)


def require_whole_account(request: Request) -> None:
    """403 for a temporary token that is limited to lines (contract 1.3)."""
    if request.scope.get("token_numbers"):
        raise refuse(403, "This token is limited to lines")
