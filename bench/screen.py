"""What a browser does with an open thread, without the browser."""

from __future__ import annotations

import asyncio
import re
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from .client import Connection, request_bytes

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Coroutine

HANDLE = re.compile(rb"The handle of this is (live-\d+)\.")
CURSOR = re.compile(rb'id="since"[^>]*value="(\d+)"')


@dataclass
class Screen:
    """Hears names over a stream and asks for what changed, one question of a kind at a time.

    `there` maps each message's handle to the monotonic time at which the answer that carried it
    had arrived; `heard` are the times of the thread's own name.
    """

    port: int
    browser: dict[str, str]
    thread: int
    shows_list: bool = False
    since: int = 0
    there: dict[str, float] = field(default_factory=dict)
    heard: list[float] = field(default_factory=list)
    tasks: list[asyncio.Task[None]] = field(default_factory=list)

    async def open(self) -> None:
        """Take what is in the thread already."""
        self.connection = await Connection.open(self.port)
        await self.ask_changes()

    async def follow(self) -> None:
        """Hold a stream, and ask whenever a name says so. Returns once the stream is open."""
        hello, changed, listed = asyncio.Event(), asyncio.Event(), asyncio.Event()
        name = f"event: thread-{self.thread}\n".encode()

        def hear(chunk: bytes) -> None:
            if b"event: hello\n" in chunk:
                hello.set()
            if b"event: threads\n" in chunk:
                listed.set()
            if name in chunk:
                self.heard.append(time.monotonic())
                changed.set()

        self.stream = await Connection.open(self.port)
        self.stream.on_chunk = hear
        self.stream.send(request_bytes("GET", "/events/", headers=self.browser))
        await asyncio.wait_for(hello.wait(), 20)
        self._repeat(self._when(changed, self.ask_changes))
        if self.shows_list:
            self.list_connection = await Connection.open(self.port)
            self._repeat(self._when(listed, self.ask_list))

    def poll(self, seconds: float) -> None:
        """Ask again and again instead."""
        self._repeat(self._each(seconds))

    async def ask_changes(self) -> None:
        """Fetch what changed since the last answer."""
        path = f"/threads/{self.thread}/changes/?since={self.since}"
        body = await self._get(self.connection, path)
        at = time.monotonic()
        for handle in HANDLE.findall(body):
            self.there.setdefault(handle.decode(), at)
        if found := CURSOR.search(body):
            self.since = int(found[1])

    async def ask_list(self) -> None:
        """Fetch the rows of the list."""
        await self._get(self.list_connection, f"/threads/list/?count=40&selected={self.thread}")

    def close(self) -> None:
        """Stop asking and listening; raises what went wrong while asking."""
        for task in self.tasks:
            if task.done():
                task.result()
            task.cancel()
        for name in ("connection", "list_connection", "stream"):
            if connection := getattr(self, name, None):
                connection.close()

    async def _get(self, connection: Connection, path: str) -> bytes:
        answer = await connection.ask(request_bytes("GET", path, headers=self.browser))
        if answer.status != 200:
            raise RuntimeError(f"{path} was answered with {answer.status}.")
        return answer.body

    def _repeat(self, coroutine: Coroutine[None, None, None]) -> None:
        self.tasks.append(asyncio.create_task(coroutine))

    async def _when(self, event: asyncio.Event, ask: Callable[[], Awaitable[None]]) -> None:
        while True:
            await event.wait()
            event.clear()
            await ask()

    async def _each(self, seconds: float) -> None:
        while True:
            await asyncio.sleep(seconds)
            await self.ask_changes()
