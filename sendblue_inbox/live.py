"""Waking the screens: names of what changed, as part of the commit that changed it.

`notify` sends names with PostgreSQL's NOTIFY, which delivers them only if the transaction commits:
`thread-12` for the open conversation, `row-12` for what lists say of it, `reader-7-12` for the same
on the screens of agent 7 alone, `threads` for everything that any list shows. Each web process
holds one LISTEN connection and hands the names to its subscribers; a subscriber is a *set* of
pending names, so a burst of a hundred changes of one thread is one name, and nothing overflows.
Names carry no content: the page asks the ordinary, permission-checked view for what changed.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from typing import TYPE_CHECKING

import psycopg
from django.conf import settings
from django.db import connection

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

CHANNEL = "live"
PING_SECONDS = 15
logger = logging.getLogger(__name__)


def notify(*names: str) -> None:
    """Wake the screens that show these names, when and if the current transaction commits."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_notify(%s, name) FROM unnest(%s::text[]) AS name", [CHANNEL, list(names)]
        )


class Subscriber:
    """One open stream: the names that changed since it last looked."""

    def __init__(self) -> None:
        self.pending: set[str] = set()
        self.wake = asyncio.Event()
        self.ended = False

    def add(self, name: str) -> None:
        """Note a name and wake the stream."""
        self.pending.add(name)
        self.wake.set()

    def end(self) -> None:
        """Tell the stream that its process no longer hears anything: the browser reconnects."""
        self.ended = True
        self.wake.set()

    async def take(self) -> set[str]:
        """The names since the last call; waits for one, at most until a ping is due.

        An empty set means: nothing happened, send a ping.
        """
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self.wake.wait(), PING_SECONDS)
        self.wake.clear()
        names, self.pending = self.pending, set()
        return names


class Hub:
    """The subscribers of one process and its LISTEN connection, which lives while any are there."""

    def __init__(self) -> None:
        self.subscribers: set[Subscriber] = set()
        self._listening: asyncio.Task[None] | None = None
        self._connected = asyncio.Event()

    @contextlib.asynccontextmanager
    async def subscribe(self) -> AsyncIterator[Subscriber]:
        """A subscriber that hears every name committed from now on.

        Raises TimeoutError where the database cannot be reached within five seconds.
        """
        subscriber = Subscriber()
        self.subscribers.add(subscriber)
        try:
            if self._listening is None or self._listening.done():
                self._connected.clear()
                self._listening = asyncio.create_task(self._listen())
            await asyncio.wait_for(self._connected.wait(), 5)
            yield subscriber
        finally:
            self.subscribers.discard(subscriber)
            if not self.subscribers and self._listening:
                self._listening.cancel()
                self._listening = None

    async def _listen(self) -> None:
        try:
            # Direct, never through a transaction pooler: LISTEN belongs to the connection.
            async with await psycopg.AsyncConnection.connect(
                settings.DATABASE_URL, autocommit=True, connect_timeout=4
            ) as listening:
                await listening.execute(f"LISTEN {CHANNEL}")
                self._connected.set()
                async for notice in listening.notifies():
                    for subscriber in self.subscribers:
                        subscriber.add(notice.payload)
        except psycopg.Error as error:
            logger.warning("the live connection was lost", extra={"error": type(error).__name__})
        finally:
            self._connected.clear()
            for subscriber in self.subscribers:
                subscriber.end()


_hubs: dict[asyncio.AbstractEventLoop, Hub] = {}


def hub() -> Hub:
    """The hub of the running event loop."""
    return _hubs.setdefault(asyncio.get_running_loop(), Hub())
