"""Connections that know whether anything was written, and that end at a deadline.

A read timeout counts from byte to byte, so a dripping server could hold a call for ever, and an
exception alone does not tell whether the request had left the machine. Both questions decide
whether a send may be repeated, so they are answered here, at the socket.
"""

from __future__ import annotations

import socket
import threading
import time
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection

if TYPE_CHECKING:
    from collections.abc import Iterator


class Exchange:
    """One request on the wire: its deadline, its socket, and whether a byte was written."""

    def __init__(self, *, deadline: float, read_timeout: float) -> None:
        self.deadline = deadline
        self.read_timeout = read_timeout
        self.written = False
        self._socket: socket.socket | None = None

    @property
    def expired(self) -> bool:
        """Whether the total time is used up."""
        return time.monotonic() >= self.deadline

    def about_to_write(self, sock: socket.socket) -> None:
        """Take note of the socket. Raises TimeoutError when it is too late to begin."""
        if not self.written:
            if self.expired:
                raise TimeoutError("the time for this call was used up before it was written")
            self._socket = sock
            self.written = True
            sock.settimeout(self.read_timeout)  # urllib3 leaves the connect timeout in force here

    def cut(self) -> None:
        """End the connection under the thread that reads from it."""
        if self._socket is not None:
            with suppress(OSError):
                # Not SSLSocket.shutdown, which pulls the TLS object away from the reader.
                socket.socket.shutdown(self._socket, socket.SHUT_RDWR)


_exchange: ContextVar[Exchange] = ContextVar("sendblue_exchange")


@contextmanager
def exchange(*, deadline: float, read_timeout: float) -> Iterator[Exchange]:
    """The block in which requests are watched and end at `deadline` (monotonic seconds)."""
    current = Exchange(deadline=deadline, read_timeout=read_timeout)
    token = _exchange.set(current)
    timer = threading.Timer(max(deadline - time.monotonic(), 0), current.cut)
    timer.daemon = True
    timer.start()
    try:
        yield current
    finally:
        timer.cancel()
        _exchange.reset(token)


class _Watched:
    sock: Any

    def send(self, data: Any) -> None:
        if self.sock is None:
            self.connect()  # type: ignore[attr-defined]
        _exchange.get().about_to_write(self.sock)
        super().send(data)  # type: ignore[misc]


class _WatchedHTTPConnection(_Watched, HTTPConnection):
    pass


class _WatchedHTTPSConnection(_Watched, HTTPSConnection):
    pass


class _WatchedHTTPPool(HTTPConnectionPool):
    ConnectionCls = _WatchedHTTPConnection


class _WatchedHTTPSPool(HTTPSConnectionPool):
    ConnectionCls = _WatchedHTTPSConnection


WATCHED_POOLS = {"http": _WatchedHTTPPool, "https": _WatchedHTTPSPool}
"""For a urllib3 PoolManager whose requests are made inside `exchange()`."""
