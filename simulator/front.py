"""The front of the server: writes the ledger, and spoils the answers that are to fail."""

from __future__ import annotations

import asyncio
import logging
import re
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

import orjson

from .clock import iso
from .listener import break_connection, close_connection

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from .faults import Fault
    from .simulation import Simulation

log = logging.getLogger("simulator.requests")

_LOOPBACK = ("127.", "::1", "::ffff:127.")
_PRIVATE = re.compile(r"[^/]*(?:\d{5}|@|%40)[^/]*")
_HTML = b"<!doctype html><title>Error</title><h1>Server Error</h1><p>Please try again.</p>"


@dataclass(slots=True)
class _Answer:
    """What the application answered, held back until it is known what becomes of it."""

    status: int = 500
    headers: list[tuple[bytes, bytes]] = field(default_factory=list)
    body: bytes = b""

    async def collect(self, message: Message) -> None:
        """ASGI send that keeps instead of sending."""
        if message["type"] == "http.response.start":
            self.status, self.headers = message["status"], list(message["headers"])
        elif message["type"] == "http.response.body":
            self.body += message.get("body", b"")


class Front:
    """ASGI application around the API: control door and media pass by unrecorded."""

    def __init__(self, api: ASGIApp, control: ASGIApp, sim: Simulation) -> None:
        self.api = api
        self.control = control
        self.sim = sim

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Route one connection."""
        if scope["type"] != "http":
            await self.api(scope, receive, send)
        elif scope["path"].startswith("/_sim/"):
            if (scope.get("client") or ("",))[0].startswith(_LOOPBACK):
                await self.control(scope, receive, send)
            else:
                await _plain(send, 403, b'{"error":"loopback only"}')
        elif scope["path"].startswith("/media/"):
            await self.api(scope, receive, send)
        else:
            await self._record(scope, receive, send)

    async def _record(self, scope: Scope, receive: Receive, send: Send) -> None:
        started = time.perf_counter()
        method, path = scope["method"], scope["path"]
        body = await _whole_body(receive)
        entry = self.sim.ledger.add(
            {
                "at": iso(self.sim.world.clock.now()),
                "method": method,
                "path": path,
                "query": dict(parse_qsl(scope["query_string"].decode("latin-1"), True)),
                "body": _readable(scope, body),
                "outcome": "taken",
                "status": None,
                "message_handle": None,
                "fault": None,
            }
        )
        scope["ledger_entry"] = entry
        fault = self.sim.faults.take(method, path)
        if fault is None:
            await self.api(scope, _replay(body, receive), _noting(send, entry))
        else:
            entry["fault"] = fault.mode
            await self._spoil(fault, scope, body, receive, send, entry)
        log.info(
            "%s %s %s %s %.0f ms",
            method,
            _PRIVATE.sub("…", path),
            entry["status"] or "-",
            entry["outcome"],
            (time.perf_counter() - started) * 1000,
        )

    async def _spoil(
        self,
        fault: Fault,
        scope: Scope,
        body: bytes,
        receive: Receive,
        send: Send,
        entry: dict[str, Any],
    ) -> None:
        answer = _Answer()
        if fault.accepts:
            await self.api(scope, _replay(body, receive), answer.collect)
            entry["outcome"] = _outcome(answer.status)
        else:
            entry["outcome"] = "not_accepted"
        if fault.mode in ("reset_before", "reset_after"):
            await break_connection(scope, receive)
        elif fault.mode == "timeout_after":
            await _until_gone(receive, fault.delay_s or 120.0)
            await break_connection(scope, receive)
        elif fault.mode == "truncated":
            await _send_half(answer, send)
            await close_connection(scope, receive)
        else:
            if fault.delay_s or fault.mode == "slow":
                await asyncio.sleep(2.0 if fault.delay_s is None else fault.delay_s)
            _distort(fault, scope, answer)
            entry["status"] = answer.status
            await _send_whole(answer, send)


def _distort(fault: Fault, scope: Scope, answer: _Answer) -> None:
    """Put the spoiled answer in place of the true one."""
    if fault.mode in ("error_before", "error_after"):
        answer.status = fault.status or 500
        error = {"status": "ERROR", "error_code": 5000, "message": "Internal server error"}
        _set_body(answer, orjson.dumps(fault.body or error))
        if answer.status in (502, 504) and fault.body is None:
            _set_body(answer, _HTML, b"text/html; charset=utf-8")
    elif fault.mode == "html_200":
        answer.status = 200
        _set_body(answer, _HTML, b"text/html; charset=utf-8")
    elif fault.mode == "empty_200":
        answer.status = 200
        _set_body(answer, b"")
    elif fault.mode == "no_handle":
        content = orjson.loads(answer.body or b"{}")
        if isinstance(content, dict):
            content = {k: v for k, v in content.items() if k not in ("message_handle", "uuid")}
        _set_body(answer, orjson.dumps(content))
    elif fault.mode == "redirect":
        # A client that follows finds the same operation: the ledger shows its second request.
        answer.status = fault.status or 307
        _set_body(answer, b"")
        answer.headers.append((b"location", scope["path"].encode() + b"?redirected=1"))
    elif fault.mode == "answer":
        answer.status = fault.status or 500
        _set_body(answer, orjson.dumps(fault.body or {}))
    answer.headers += [(name.encode(), value.encode()) for name, value in fault.headers.items()]


def _set_body(answer: _Answer, body: bytes, kind: bytes = b"application/json") -> None:
    answer.body = body
    answer.headers = [
        (b"content-type", kind),
        (b"content-length", str(len(body)).encode()),
    ]


async def _send_whole(answer: _Answer, send: Send) -> None:
    await send({"type": "http.response.start", "status": answer.status, "headers": answer.headers})
    await send({"type": "http.response.body", "body": answer.body})


async def _send_half(answer: _Answer, send: Send) -> None:
    """Announce the whole length, send half of it."""
    await send({"type": "http.response.start", "status": answer.status, "headers": answer.headers})
    half = answer.body[: len(answer.body) // 2]
    await send({"type": "http.response.body", "body": half, "more_body": True})


async def _plain(send: Send, status: int, body: bytes) -> None:
    answer = _Answer(status)
    _set_body(answer, body)
    await _send_whole(answer, send)


async def _whole_body(receive: Receive) -> bytes:
    chunks = []
    while True:
        message = await receive()
        chunks.append(message.get("body", b""))
        if not message.get("more_body"):
            return b"".join(chunks)


def _replay(body: bytes, receive: Receive) -> Receive:
    """The body once more, then whatever the connection says next."""
    pending = [{"type": "http.request", "body": body, "more_body": False}]

    async def replayed() -> Message:
        return pending.pop() if pending else await receive()

    return replayed


def _noting(send: Send, entry: dict[str, Any]) -> Send:
    """Write the outcome down before the first byte of the answer leaves."""

    async def noted(message: Message) -> None:
        if message["type"] == "http.response.start":
            entry["status"] = message["status"]
            entry["outcome"] = _outcome(message["status"])
        await send(message)

    return noted


async def _until_gone(receive: Receive, longest: float) -> None:
    """Keep silent until the client gives up, or at most so many seconds."""
    try:
        async with asyncio.timeout(longest):
            while (await receive())["type"] != "http.disconnect":
                pass
    except TimeoutError:
        return


def _outcome(status: int) -> str:
    return "accepted" if status < 400 else "refused"


def _readable(scope: Scope, body: bytes) -> Any:
    """The body as the ledger shows it: parsed where it is JSON or a form, else its size."""
    if not body:
        return None
    kind = dict(scope["headers"]).get(b"content-type", b"")
    if kind.startswith(b"multipart/"):
        return {"bytes": len(body)}
    if kind.startswith(b"application/x-www-form-urlencoded"):
        return dict(parse_qsl(body.decode("utf-8", "replace"), True))
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        return {"bytes": len(body)}
