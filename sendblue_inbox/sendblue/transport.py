"""HTTP to Sendblue: keys, time limits, retries of reads, and what each failure means.

The only module that imports requests, and the only one that sees URLs and headers. Paths are
templates everywhere else, so that neither a log line nor an exception carries a phone number.
"""

from __future__ import annotations

import json
import logging
import random
import re
import time
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from http.cookiejar import DefaultCookiePolicy
from itertools import count
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlsplit

import orjson
import requests
from requests.adapters import HTTPAdapter
from urllib3 import Retry
from urllib3.exceptions import HTTPError

from .errors import (
    MaybeSent,
    NotSent,
    RateLimited,
    SendblueError,
    error_for,
    is_refused,
)
from .payloads.reading import mapping, text
from .sse import ServerSentEvent, parse_events
from .terms import FINAL_FAILURES, normalize_status
from .tracing import Written, trace
from .wire import WATCHED_POOLS, exchange

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping

    from .multipart import FilePart

logger = logging.getLogger(__name__)

_FAILURES = (requests.RequestException, HTTPError, OSError, ValueError)
_UNREADABLE = object()
_CHUNK = 64 * 1024
_DECIMAL = re.compile(r"[0-9]+(\.[0-9]+)?")
DAY = 86_400  # no answer that asks for more is to be believed
_dice = random.SystemRandom()


@dataclass(frozen=True, slots=True)
class Limits:
    """Seconds and bytes that one call may take; `*_total` bounds tries and pauses together."""

    connect: float = 3
    send_read: float = 45
    send_total: float = 48
    upload_total: float = 300
    fetch_read: float = 15
    fetch_total: float = 45
    fetch_tries: int = 3
    backoff: float = 0.5
    stream_silence: float = 45  # three heartbeats
    send_bytes: int = 1_000_000
    fetch_bytes: int = 16_000_000


@dataclass(frozen=True, slots=True)
class _Request:
    method: str
    path: str
    url: str = field(repr=False)
    query: Mapping[str, str] = field(repr=False)
    json: Any = field(default=None, repr=False)
    part: FilePart | None = None


@dataclass(frozen=True, slots=True)
class _Answer:
    status: int
    headers: Mapping[str, str]
    content: bytes = field(repr=False)


class _Adapter(HTTPAdapter):
    def __init__(self) -> None:
        super().__init__(max_retries=Retry(total=0, read=False, redirect=False))

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = WATCHED_POOLS


class Transport:
    """Calls one Sendblue account. Reads share connections, each write opens its own."""

    def __init__(
        self, *, base_url: str, key_id: str, secret_key: str, limits: Limits | None = None
    ) -> None:
        """Raises ValueError for a base URL that is no plain http(s) address."""
        parts = urlsplit(base_url)
        if parts.scheme not in {"http", "https"} or not parts.hostname or parts.username:
            raise ValueError("the Sendblue base URL must look like https://api.sendblue.com")
        self._base_url = base_url.rstrip("/")
        self._headers = {
            "sb-api-key-id": key_id.strip(),
            "sb-api-secret-key": secret_key.strip(),
            "User-Agent": "sendblue-inbox",
            "Accept": "application/json",
        }
        self._limits = limits or Limits()
        self._reading = self._session()

    def get(self, path: str, *, query: Mapping[str, Any] | None = None, **ids: str) -> Any:
        """The parsed answer of a read, tried again with jitter while that is safe and in time."""
        request = self._request("GET", path, ids, query=query)
        limits = self._limits
        deadline = time.monotonic() + limits.fetch_total
        for attempt in count(1):
            try:
                answer = self._perform(
                    self._reading,
                    request,
                    deadline=deadline,
                    read_timeout=limits.fetch_read,
                    cap=limits.fetch_bytes,
                )
                return _result(request, answer)
            except (NotSent, RateLimited, MaybeSent) as error:
                pause = _dice.uniform(0, limits.backoff * 2 ** (attempt - 1))
                pause += error.retry_after or 0
                redirected = error.status is not None and 300 <= error.status < 400
                late = time.monotonic() + pause >= deadline
                if redirected or late or attempt >= limits.fetch_tries:
                    raise
            time.sleep(pause)
        raise AssertionError("unreachable: the loop returns or raises")

    def write(
        self,
        method: str,
        path: str,
        *,
        body: Mapping[str, Any] | None = None,
        is_send: bool = False,
        **ids: str,
    ) -> Any:
        """The parsed answer of a write, made once. `is_send`: a repeat could reach a person."""
        request = self._request(method, path, ids, body=body)
        return self._write(request, total=self._limits.send_total, is_send=is_send)[1]

    def send(self, path: str, *, body: Mapping[str, Any], **ids: str) -> dict[str, Any]:
        """The message object of an accepted send, which always has a `message_handle`.

        Raises MaybeSent when a success names no message, and Rejected (with the handle) when it
        names one that has failed already.
        """
        request = self._request("POST", path, ids, body=body)
        status, answer = self._write(request, total=self._limits.send_total, is_send=True)
        message = mapping(answer)
        if not text(message.get("message_handle")) and mapping(message.get("data")):
            message = message["data"]
        if not text(message.get("message_handle")).strip():
            unnamed = "the answer names no message"
            raise MaybeSent("POST", path, status=status, message=unnamed, body=answer)
        if normalize_status(text(message.get("status"))) in FINAL_FAILURES:
            raise error_for("POST", path, status=status, body=message, is_send=True)
        return message

    def upload(self, path: str, part: FilePart, **ids: str) -> Any:
        """The parsed answer of a file upload."""
        request = self._request("POST", path, ids, part=part)
        return self._write(request, total=self._limits.upload_total)[1]

    def stream(
        self, path: str, *, query: Mapping[str, Any] | None = None, **ids: str
    ) -> Generator[ServerSentEvent, None, None]:
        """Events as they come, until the server ends the stream. Close the generator to stop.

        Raises as `get` does; a stream that falls silent or breaks raises MaybeSent.
        """
        request = self._request("GET", path, ids, query=query)
        limits = self._limits
        with self._session() as session:
            failed = ""
            try:
                with exchange(
                    deadline=time.monotonic() + limits.fetch_total,
                    read_timeout=limits.stream_silence,
                ) as wire:
                    response = session.request(
                        request.method,
                        request.url,
                        params=request.query,
                        headers={"Accept": "text/event-stream", "Accept-Encoding": "identity"},
                        timeout=(limits.connect, limits.stream_silence),
                        allow_redirects=False,
                        stream=True,
                    )
                with response:
                    media_type = response.headers.get("Content-Type", "").partition(";")[0]
                    if response.status_code != 200 or media_type.strip() != "text/event-stream":
                        content = response.raw.read(limits.send_bytes, decode_content=True)
                        _result(request, _Answer(response.status_code, response.headers, content))
                        failed = "not an event stream"
                    else:
                        # Unchunked, a larger read would wait for more than one event.
                        size = None if response.raw.chunked else 1
                        yield from parse_events(response.iter_content(size))
            except _FAILURES as error:
                failed = type(error).__name__
            if failed:
                kind = MaybeSent if wire.written else NotSent
                raise kind(request.method, path, message=failed)

    def _session(self) -> requests.Session:
        session = requests.Session()
        session.trust_env = False  # no proxy, no .netrc: the keys go to the base URL only
        session.headers.update(self._headers)
        session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=()))
        session.mount("http://", _Adapter())
        session.mount("https://", _Adapter())
        return session

    def _request(
        self,
        method: str,
        path: str,
        ids: Mapping[str, str],
        *,
        query: Mapping[str, Any] | None = None,
        body: Mapping[str, Any] | None = None,
        part: FilePart | None = None,
    ) -> _Request:
        for name, value in ids.items():
            if value in {"", ".", ".."}:  # would turn one contact's address into that of all
                raise ValueError(f"{name} must not be empty")
        quoted = {name: quote(value, safe="") for name, value in ids.items()}
        given = {name: str(value) for name, value in (query or {}).items()}
        url = self._base_url + path.format_map(quoted)
        return _Request(method, path, url, given, json=body, part=part)

    def _write(self, request: _Request, *, total: float, is_send: bool = False) -> tuple[int, Any]:
        """(HTTP status, parsed body) of the only try."""
        written = trace(Written(request.method, request.path, request.json))
        # A kept-alive connection can be reset while idle, and nobody could say whether this
        # request was read before that: writes always open their own.
        with self._session() as session:
            session.headers["Connection"] = "close"
            answer = self._perform(
                session,
                request,
                deadline=time.monotonic() + total,
                read_timeout=self._limits.send_read,
                cap=self._limits.send_bytes,
            )
        written.status, written.answer = (
            answer.status,
            _result(request, answer, is_send=is_send),
        )
        return answer.status, written.answer

    def _perform(
        self,
        session: requests.Session,
        request: _Request,
        *,
        deadline: float,
        read_timeout: float,
        cap: int,
    ) -> _Answer:
        """One exchange on the wire. Raises NotSent or MaybeSent where no whole answer came."""
        started = time.monotonic()
        status: int | None = None
        failed = ""
        content = b""
        with exchange(deadline=deadline, read_timeout=read_timeout) as wire:
            try:
                with session.request(
                    request.method,
                    request.url,
                    params=request.query,
                    json=request.json,
                    data=request.part,
                    headers={"Content-Type": request.part.content_type} if request.part else None,
                    timeout=(self._limits.connect, read_timeout),
                    allow_redirects=False,
                    stream=True,
                ) as response:
                    status = response.status_code
                    headers = response.headers
                    content = _drain(response, cap)
            except _FAILURES as error:
                failed = "out of time" if wire.expired else type(error).__name__
        milliseconds = (time.monotonic() - started) * 1000
        outcome = " ".join(filter(None, (str(status or ""), failed)))
        level = logging.WARNING if failed or (status or 0) >= 400 else logging.INFO
        logger.log(
            level, "%s %s -> %s in %d ms", request.method, request.path, outcome, milliseconds
        )
        if failed or status is None:
            # Raised out here because the library's own exceptions quote URLs with numbers in them.
            kind: type[SendblueError] = MaybeSent if wire.written else NotSent
            raise kind(request.method, request.path, status=status, message=failed)
        return _Answer(status, headers, content)


def _drain(response: requests.Response, cap: int) -> bytes:
    chunks, size = [], 0
    for chunk in response.iter_content(_CHUNK):
        size += len(chunk)
        if size > cap:
            raise ValueError("the answer is too large")
        chunks.append(chunk)
    return b"".join(chunks)


def _result(request: _Request, answer: _Answer, *, is_send: bool = False) -> Any:
    """The parsed body of a success, None for 204. Raises what the answer means otherwise."""
    if answer.status == 204:
        return None
    body = _parsed(answer.content)
    if 200 <= answer.status < 300 and body is not _UNREADABLE and not is_refused(body):
        return body
    if body is _UNREADABLE:
        body = _plain_text(answer)
    raise error_for(
        request.method,
        request.path,
        status=answer.status,
        body=body,
        retry_after=_retry_after(answer.headers),
        is_send=is_send,
    )


def _parsed(content: bytes) -> Any:
    try:
        return orjson.loads(content)
    except orjson.JSONDecodeError:
        pass
    try:
        # NaN, lone surrogates, a byte order mark, bytes that are no UTF-8.
        return json.loads(content.decode("utf-8-sig", "replace"))
    except (ValueError, RecursionError):
        return _UNREADABLE


def _plain_text(answer: _Answer) -> str | None:
    """A short sentence from the old paths that answer in plain text; no HTML error page."""
    is_plain = answer.headers.get("Content-Type", "").startswith("text/plain")
    return answer.content[:300].decode("utf-8", "replace").strip() if is_plain else None


def _retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds, at most a day, from `retry-after-ms` or `Retry-After` (RFC 9110, 10.2.3)."""
    milliseconds = headers.get("retry-after-ms", "").strip()
    written = headers.get("Retry-After", "").strip()
    if _DECIMAL.fullmatch(milliseconds):
        seconds = float(milliseconds) / 1000
    elif _DECIMAL.fullmatch(written):
        seconds = float(written)
    else:
        try:
            seconds = parsedate_to_datetime(written).timestamp() - time.time()
        except (ValueError, OverflowError):
            return None
    return min(max(seconds, 0), DAY)
