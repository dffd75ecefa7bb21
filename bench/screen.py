"""What a browser does with an open thread and its list, without the browser."""

from __future__ import annotations

import asyncio
import random
import re
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from .client import Connection, request_bytes

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Coroutine

HANDLE = re.compile(rb"The handle of this is (live-\d+)\.")
ROW = re.compile(rb"event: row-(\d+)\n")
CURSOR = re.compile(rb'id="since"[^>]*value="(\d+)"')
# As in static/js/thread_rows.js, in seconds: a moment before a question, a rest after its answer.
SOON, SPREAD, REST = 0.05, 0.2, 0.5


@dataclass
class Screen:
    """Hears names over a stream and asks for what changed, one question of a kind at a time.

    `there` and `listed` map a message's handle to the monotonic time at which the answer that
    carried it, in the thread and in a row of the list, had arrived; `heard` are the times of the
    thread's own name.
    """

    port: int
    browser: dict[str, str]
    thread: int
    shows_list: bool = False
    since: int = 0
    there: dict[str, float] = field(default_factory=dict)
    listed: dict[str, float] = field(default_factory=dict)
    heard: list[float] = field(default_factory=list)
    rows: set[str] = field(default_factory=set)
    list_times: list[float] = field(default_factory=list)
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
            if rows := ROW.findall(chunk):
                self.rows.update(row.decode() for row in rows)
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
            self._repeat(self._when(listed, self.ask_rows))

    def poll(self, seconds: float) -> None:
        """Ask again and again instead."""
        self._repeat(self._each(seconds))

    async def ask_changes(self) -> None:
        """Fetch what changed since the last answer."""
        path = f"/threads/{self.thread}/changes/?since={self.since}"
        body = await self._get(self.connection, path)
        note(body, self.there)
        if found := CURSOR.search(body):
            self.since = int(found[1])

    async def ask_rows(self) -> None:
        """Fetch the rows that changed, after a moment, and rest."""
        await asyncio.sleep(SOON + random.random() * SPREAD)
        rows, self.rows = self.rows, set()
        path = f"/threads/list/?selected={self.thread}&rows={'%2C'.join(rows)}"
        started = time.monotonic()
        note(await self._get(self.list_connection, path), self.listed)
        took = time.monotonic() - started
        self.list_times.append(took)
        await asyncio.sleep(max(REST, took) - SOON)

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


def note(body: bytes, seen: dict[str, float]) -> None:
    """Remember when each message of an answer was first seen."""
    at = time.monotonic()
    for handle in HANDLE.findall(body):
        seen.setdefault(handle.decode(), at)
