"""From a commit to another agent's screen, the thread and the list, with a hundred streams open."""

from __future__ import annotations

import asyncio
import contextlib
import math
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
BUSY, LISTED_PER_SECOND = 20, 5
POLLED, POLL_SECONDS = 10, 2.0
PATIENCE = 20.0


@dataclass
class Run:
    """A load and what came of it; all times are monotonic, delays are milliseconds."""

    events: int
    per_second: float
    busy: int = STREAMS
    with_lists: bool = False
    committed: list[float] = field(default_factory=list)
    notified: list[float] = field(default_factory=list)
    screens: list[Screen] = field(default_factory=list)
    pollers: list[Screen] = field(default_factory=list)

    def to_screen(self, screens: Iterable[Screen]) -> list[float]:
        """Delays from commit to each screen that shows the thread."""
        return [
            (screen.there[f"live-{event}"] - at) * 1000
            for screen in screens
            for event, at in enumerate(self.committed)
            if f"live-{event}" in screen.there
        ]

    def to_last_list(self) -> list[float]:
        """Delays from commit to the last of all lists: the row says it, or something newer."""
        lists = [self._listed(screen) for screen in self.screens]
        return [
            (max(seen[event] for seen in lists) - at) * 1000
            for event, at in enumerate(self.committed)
        ]

    def _listed(self, screen: Screen) -> list[float]:
        times = [screen.listed.get(f"live-{n}", math.inf) for n in range(self.events)]
        for event in reversed(range(self.events - self.busy)):
            times[event] = min(times[event], times[event + self.busy])
        return times

    def to_name(self) -> list[float]:
        """Delays from commit to the name in the stream; each thread hears its own in order."""
        return [
            (self.screens[event % self.busy].heard[event // self.busy] - at) * 1000
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
    calm = Run(10 if quick else 20, 1, BUSY, with_lists=True)
    lists = Run(200 if quick else 600, LISTED_PER_SECOND, BUSY, with_lists=True)
    for one in (load, calm, lists):
        url = services.fresh_database("bench_live")
        with services.web(url) as port:
            asyncio.run(measure(one, services, url, port))
        services.drop_database("bench_live")
    screen, polled = load.to_screen(load.screens), load.to_screen(load.pollers)
    if len(screen) != load.events:
        raise RuntimeError(f"{load.events - len(screen)} messages never came to their screen.")
    p50, p95, p99 = percentile(0.5), percentile(0.95), percentile(0.99)
    with_lists = f"with lists, {LISTED_PER_SECOND} messages/s:"
    figures = {
        "commit → screen, median ms": p50(screen),
        "commit → screen, p99 ms": p99(screen),
        "commit → name in the stream, p95 ms": p95(load.to_name()),
        "floor: commit → name in a bare LISTEN, p95 ms": p95(load.to_listener()),
        f"peer: polling every {POLL_SECONDS:.0f} s, median ms": p50(polled),
        f"peer: polling every {POLL_SECONDS:.0f} s, p95 ms": p95(polled),
        "with lists, 1 message/s: commit → screen, p95 ms": p95(calm.to_screen(calm.screens)),
        "with lists, 1 message/s: commit → last list, p95 ms": p95(calm.to_last_list()),
        f"{with_lists} commit → last list, median ms": p50(lists.to_last_list()),
        f"{with_lists} questions for rows a second": rows_a_second(lists),
        f"{with_lists} answer with rows, p95 ms": p95(answers_with_rows(lists)),
        "messages, all of them on their screen": len(screen),
    }
    gates = [
        Gate(
            f"commit → {place}, p95, {STREAMS} streams", estimate(delays, p95), bar, "at most", "ms"
        )
        for place, delays, bar in (
            ("screen", screen, 300.0),
            ("screen with lists", lists.to_screen(lists.screens), 300.0),
            ("last list", lists.to_last_list(), 1000.0),
        )
    ]
    note = (
        f"{STREAMS} streams on one web process, {PER_SECOND} messages/s at fixed moments, each"
        " fetched by the screen that shows its thread. Counted from the return of the commit."
        " The hundred browsers run beside the server, on the same processors."
    )
    return Result("Commit to screen", gates, figures, note)


def answers_with_rows(lists: Run) -> list[float]:
    """How long each question for rows took, in milliseconds."""
    return [took * 1000 for screen in lists.screens for took in screen.list_times]


def rows_a_second(lists: Run) -> float:
    """Questions for rows that all screens asked together, a second."""
    return len(answers_with_rows(lists)) / (lists.committed[-1] - lists.committed[0])


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
        on_lists = not load.with_lists or max(load.to_last_list()) < math.inf
        if on_lists and seen == (load.events, load.events):
            break
        await asyncio.sleep(0.1)
    await asyncio.sleep(POLL_SECONDS + 1)


@contextlib.asynccontextmanager
async def writer(
    load: Run, services: Services, url: str
) -> AsyncIterator[asyncio.subprocess.Process]:
    """The process that commits the messages."""
    argv = [
        "-m",
        "bench.live_writer",
        *map(str, (STREAMS, load.busy, load.events, load.per_second)),
    ]
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
