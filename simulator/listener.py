"""The listening socket and its connections, within reach of faults that break them."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import socket
import struct
from typing import TYPE_CHECKING, Any

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

if TYPE_CHECKING:
    from starlette.types import Receive, Scope

_TRANSPORTS: dict[tuple[str, int], asyncio.Transport] = {}


class Connection(H11Protocol):
    """uvicorn's HTTP connection, which an application can find again by the client's address."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """A client is here."""
        super().connection_made(transport)
        self._peer = transport.get_extra_info("peername")[:2]
        _TRANSPORTS[self._peer] = transport

    def connection_lost(self, exc: Exception | None) -> None:
        """The client has gone."""
        _TRANSPORTS.pop(self._peer, None)
        super().connection_lost(exc)


class Listener(uvicorn.Server):
    """A server that can stop listening for a while: then the machine refuses connections."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self._closed: asyncio.Task[None] | None = None

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Listen, and say where, once it is true."""
        await super().startup(sockets)
        if self.started:
            print(f"Simulator on http://{self.config.host}:{self.config.port}", flush=True)

    def refuse_for(self, seconds: float) -> None:
        """Close the door for so many seconds; connections that are open stay open."""
        if self._closed is None or self._closed.done():
            self._closed = asyncio.get_running_loop().create_task(self._refuse(seconds))

    async def _refuse(self, seconds: float) -> None:
        await asyncio.sleep(0.05)  # let the answer that announced it leave first
        for server in self.servers:
            server.close()
        await asyncio.sleep(seconds)
        make = functools.partial(
            Connection,
            config=self.config,
            server_state=self.server_state,
            app_state=self.lifespan.state,
        )
        loop = asyncio.get_running_loop()
        self.servers = [
            await loop.create_server(
                make, self.config.host, self.config.port, backlog=self.config.backlog
            )
        ]


def listener(app: Any, host: str, port: int) -> Listener:
    """A server for the app, not listening yet; on asyncio's own loop, whose transports we know."""
    config = uvicorn.Config(
        app,
        host=host,
        port=port,
        loop="asyncio",
        http=Connection,
        ws="none",
        log_level="warning",
        access_log=False,
        proxy_headers=False,  # the loopback check of the control door must see the true peer
        timeout_keep_alive=75,
        timeout_graceful_shutdown=1,
    )
    return Listener(config)


def free_port(host: str) -> int:
    """A port nobody listens on right now."""
    with contextlib.closing(socket.socket(socket.AF_INET, socket.SOCK_STREAM)) as probe:
        probe.bind((host, 0))
        return int(probe.getsockname()[1])


async def break_connection(scope: Scope, receive: Receive) -> None:
    """Reset the connection: the client sees RST, not an orderly end."""
    transport = _TRANSPORTS.get(tuple(scope["client"]))
    if transport is not None:
        raw = transport.get_extra_info("socket")
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        transport.abort()
    await _gone(receive)


async def close_connection(scope: Scope, receive: Receive) -> None:
    """End the connection in order, after what was written."""
    transport = _TRANSPORTS.get(tuple(scope["client"]))
    if transport is not None:
        transport.close()
    await _gone(receive)


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
