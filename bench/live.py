"""From a commit to another agent's screen, with a hundred streams open."""

from __future__ import annotations

import asyncio
import contextlib
import sys
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import psycopg

from .client import log_in
from .report import Gate, Result
from .screen import Screen
from .services import EMAIL, ROOT
from .stats import estimate, percentile

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable

    from .services import Services

STREAMS = 100
PER_SECOND = 10
POLLED, POLL_SECONDS = 10, 2.0
PATIENCE = 20.0


@dataclass
class Run:
    """A load and what came of it; all times are monotonic, delays are milliseconds."""

    events: int
    per_second: float
    with_lists: bool = False
    committed: list[float] = field(default_factory=list)
    notified: list[float] = field(default_factory=list)
    screens: list[Screen] = field(default_factory=list)
    pollers: list[Screen] = field(default_factory=list)

    def to_screen(self, screens: Iterable[Screen]) -> list[float]:
        """Delays from commit to screen."""
        there = {handle: at for screen in screens for handle, at in screen.there.items()}
        return [
            (there[f"live-{event}"] - at) * 1000
            for event, at in enumerate(self.committed)
            if f"live-{event}" in there
        ]

    def to_name(self) -> list[float]:
        """Delays from commit to the name in the stream; each thread hears its own in order."""
        return [
            (self.screens[event % STREAMS].heard[event // STREAMS] - at) * 1000
            for event, at in enumerate(self.committed)
        ]

    def to_listener(self) -> list[float]:
        """Delays from commit to a connection that only listens."""
        return [
            (heard - at) * 1000 for at, heard in zip(self.committed, self.notified, strict=True)
        ]


def run(services: Services, *, quick: bool) -> Result:
    """A hundred agents, each with a thread open; people write into all of them."""
    load = Run(100 if quick else 600, PER_SECOND)
    lists = Run(10 if quick else 30, 1, with_lists=True)
    for one in (load, lists):
        url = services.fresh_database("bench_live")
        with services.web(url) as port:
            asyncio.run(measure(one, services, url, port))
        services.drop_database("bench_live")
    screen, polled = load.to_screen(load.screens), load.to_screen(load.pollers)
    if len(screen) != load.events:
        raise RuntimeError(f"{load.events - len(screen)} messages never came to their screen.")
    p50, p95, p99 = percentile(0.5), percentile(0.95), percentile(0.99)
    figures = {
        "commit → screen, median ms": p50(screen),
        "commit → screen, p99 ms": p99(screen),
        "commit → name in the stream, p95 ms": p95(load.to_name()),
        "floor: commit → name in a bare LISTEN, p95 ms": p95(load.to_listener()),
        f"peer: polling every {POLL_SECONDS:.0f} s, median ms": p50(polled),
        f"peer: polling every {POLL_SECONDS:.0f} s, p95 ms": p95(polled),
        "all screens refresh their lists too, 1 message/s, p95 ms": p95(
            lists.to_screen(lists.screens)
        ),
        "messages, all of them on their screen": len(screen),
    }
    measured = estimate(screen, p95)
    gate = Gate(f"commit → screen, p95, {STREAMS} streams", measured, 300.0, "at most", "ms")
    note = (
        f"{STREAMS} streams on one web process, {PER_SECOND} messages/s at fixed moments, each"
        " fetched by the screen that shows its thread. Counted from the return of the commit."
    )
    return Result("Commit to screen", [gate], figures, note)


async def measure(load: Run, services: Services, url: str, port: int) -> None:
    """Open everything, let people write, wait until all of it is on the screens."""
    browser = await log_in(port, EMAIL, services.password)
    async with writer(load, services, url) as process:
        assert process.stdin and process.stdout
        threads = [int(word) for word in (await process.stdout.readline()).split()]
        load.screens = [Screen(port, browser, thread, load.with_lists) for thread in threads]
        load.pollers = [Screen(port, browser, thread) for thread in threads[:POLLED]]
        for screen in load.screens:
            await screen.open()
            await screen.follow()
        for place, screen in enumerate(load.pollers):
            await screen.open()
            asyncio.get_running_loop().call_later(
                POLL_SECONDS * place / POLLED, screen.poll, POLL_SECONDS
            )
        async with listener(load, url):
            process.stdin.write(b"go\n")
            while line := await process.stdout.readline():
                load.committed.append(float(line))
            await until_all_is_seen(load)
    for screen in [*load.screens, *load.pollers]:
        screen.close()


async def until_all_is_seen(load: Run) -> None:
    """Wait for the last messages, also for those who poll."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        seen = len(load.to_screen(load.screens)), len(load.notified)
        if seen == (load.events, load.events):
            break
        await asyncio.sleep(0.1)
    await asyncio.sleep(POLL_SECONDS + 1)


@contextlib.asynccontextmanager
async def writer(
    load: Run, services: Services, url: str
) -> AsyncIterator[asyncio.subprocess.Process]:
    """The process that commits the messages."""
    argv = ["-m", "bench.live_writer", str(STREAMS), str(load.events), str(load.per_second)]
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *argv,
        cwd=ROOT,
        env=services.environment(url),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()


@contextlib.asynccontextmanager
async def listener(load: Run, url: str) -> AsyncIterator[None]:
    """A connection that does nothing but hear the names: what PostgreSQL alone takes."""
    async with await psycopg.AsyncConnection.connect(url, autocommit=True) as connection:
        await connection.execute("LISTEN live")

        async def listen() -> None:
            async for notice in connection.notifies():
                if notice.payload.startswith("thread-"):
                    load.notified.append(time.monotonic())

        task = asyncio.create_task(listen())
        try:
            yield
        finally:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task
