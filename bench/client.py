"""A lean HTTP client: the load must cost less than what is measured."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlencode

import httptools

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

PATIENCE = 60.0


@dataclass(frozen=True)
class Answer:
    """A whole answer and the seconds from the request's first byte to the answer's last."""

    status: int
    headers: dict[str, list[str]]
    body: bytes
    seconds: float


class Connection(asyncio.Protocol):
    """One kept connection, one request at a time; made anew where the server has let it go."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._headers: dict[str, list[str]] = {}
        self._body: list[bytes] = []
        self._answer: asyncio.Future[int] | None = None
        self.on_chunk: Callable[[bytes], None] = self._body.append

    @classmethod
    async def open(cls, port: int) -> Connection:
        """A connection to a server on this machine."""
        connection = cls(port)
        await connection._connect()
        return connection

    async def ask(self, request: bytes) -> Answer:
        """Send one request made by `request_bytes` and wait for the whole answer.

        A server may let go of a connection while a question is on its way: like a browser, a GET
        is then asked again (RFC 9110, section 9.2.2).
        """
        try:
            return await self._exchange(request)
        except ConnectionError:
            if not request.startswith(b"GET "):
                raise
        return await self._exchange(request)

    async def _exchange(self, request: bytes) -> Answer:
        started = time.perf_counter()
        if self._transport.is_closing():
            await self._connect()
        self._answer = asyncio.get_running_loop().create_future()
        self._headers = {}
        self._body.clear()
        self._transport.write(request)
        status = await asyncio.wait_for(self._answer, PATIENCE)
        seconds = time.perf_counter() - started
        return Answer(status, self._headers, b"".join(self._body), seconds)

    async def _connect(self) -> None:
        loop = asyncio.get_running_loop()
        await loop.create_connection(lambda: self, "127.0.0.1", self._port)

    def send(self, request: bytes) -> None:
        """Send a request whose answer does not end; `on_chunk` gets its parts."""
        self._transport.write(request)

    def close(self) -> None:
        """Leave."""
        self._transport.close()

    # --- called by asyncio and by the parser ---

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport: asyncio.Transport = transport  # type: ignore[assignment]
        self._parser = httptools.HttpResponseParser(self)

    def data_received(self, data: bytes) -> None:
        self._parser.feed_data(data)

    def connection_lost(self, exc: Exception | None) -> None:
        if self._answer and not self._answer.done():
            self._answer.set_exception(exc or ConnectionError("the server hung up"))

    def on_header(self, name: bytes, value: bytes) -> None:
        self._headers.setdefault(name.decode().lower(), []).append(value.decode())

    def on_body(self, chunk: bytes) -> None:
        self.on_chunk(chunk)

    def on_message_complete(self) -> None:
        if self._answer and not self._answer.done():
            self._answer.set_result(self._parser.get_status_code())


def request_bytes(
    method: str, path: str, *, body: bytes = b"", headers: Mapping[str, str] | None = None
) -> bytes:
    """A request as it goes over the wire."""
    lines = [f"{method} {path} HTTP/1.1", "Host: localhost", f"Content-Length: {len(body)}"]
    lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
    return "\r\n".join([*lines, "", ""]).encode() + body


async def log_in(port: int, email: str, password: str) -> dict[str, str]:
    """The headers of a logged-in browser, made through the login page."""
    connection = await Connection.open(port)
    page = await connection.ask(request_bytes("GET", "/accounts/login/"))
    cookies = _cookies(page)
    form = {"login": email, "password": password, "csrfmiddlewaretoken": cookies["csrf"]}
    headers = {
        "Content-Type": "application/x-www-form-urlencoded",
        "Cookie": _join(cookies),
    }
    request = request_bytes(
        "POST", "/accounts/login/", body=urlencode(form).encode(), headers=headers
    )
    answer = await connection.ask(request)
    connection.close()
    if answer.status != 302:
        raise RuntimeError(f"The login was answered with {answer.status}.")
    return {"Cookie": _join(cookies | _cookies(answer))}


def _cookies(answer: Answer) -> dict[str, str]:
    pairs = (line.partition(";")[0] for line in answer.headers.get("set-cookie", []))
    return dict(pair.split("=", 1) for pair in pairs)


def _join(cookies: Mapping[str, str]) -> str:
    return "; ".join(f"{name}={value}" for name, value in cookies.items())
