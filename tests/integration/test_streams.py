"""Many open streams and many questions at once neither hold the database nor stop the site."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client

from inbox.views.live import names_for
from sendblue_inbox.asgi import application
from sendblue_inbox.live import Subscriber
from tests.factories import make_agent

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

STREAMS = 20


@pytest.mark.django_db(transaction=True)
def test_open_streams_hold_no_connection() -> None:
    client = Client()
    client.force_login(make_agent())
    cookie = f"{settings.SESSION_COOKIE_NAME}={client.cookies[settings.SESSION_COOKIE_NAME].value}"
    connection.close()
    asyncio.run(open_many(cookie.encode()))


@pytest.mark.django_db(transaction=True)
def test_pages_that_are_asked_for_at_once_give_their_connections_back() -> None:
    client = Client()
    client.force_login(make_agent())
    cookie = f"{settings.SESSION_COOKIE_NAME}={client.cookies[settings.SESSION_COOKIE_NAME].value}"
    connection.close()
    asyncio.run(ask_many(cookie.encode()))


def test_a_burst_is_heard_once() -> None:
    asyncio.run(hear_a_burst())


def test_what_one_agent_read_is_told_to_no_other() -> None:
    names = {"thread-3", "row-3", "reader-7-12", "reader-77-13"}
    assert names_for(7, names) == {"thread-3", "row-3", "row-12"}
    assert names_for(77, names) == {"thread-3", "row-3", "row-13"}
    assert names_for(1, names) == {"thread-3", "row-3"}


async def hear_a_burst() -> None:
    """A hundred changes of one thread are one name."""
    subscriber = Subscriber()
    for name in ["thread-1", "row-1"] * 100:
        subscriber.add(name)
    assert await subscriber.take() == {"thread-1", "row-1"}
    assert not subscriber.pending


async def ask_many(cookie: bytes) -> None:
    """Lists and whole pages, more than there are connections; all are answered with 200."""
    statuses: list[int] = []

    async def note(message: Mapping[str, Any]) -> None:
        if message["type"] == "http.response.start":
            statuses.append(message["status"])

    paths = ["/threads/list/", "/threads/"] * STREAMS
    async with asyncio.timeout(20):
        await asyncio.gather(*(request(cookie, path, note) for path in paths))
        assert statuses == [200] * len(paths)
        while not all_are_back(connection.pool.get_stats()):
            await asyncio.sleep(0.01)


async def open_many(cookie: bytes) -> None:
    """More streams than the pool has connections; each must say hello, and then hold none."""
    pool = connection.pool
    assert pool.max_size < STREAMS
    hellos = [asyncio.Event() for _ in range(STREAMS)]
    streams = [asyncio.create_task(stream(cookie, hello)) for hello in hellos]
    try:
        async with asyncio.timeout(8):  # below the time that the pool lets people wait
            for hello in hellos:
                await hello.wait()
            # The pool may still be making connections that nobody waits for any more.
            while not all_are_back(pool.get_stats()):
                await asyncio.sleep(0.01)
    finally:
        for task in streams:
            task.cancel()
        await asyncio.gather(*streams, return_exceptions=True)


def all_are_back(stats: Mapping[str, int]) -> bool:
    """Whether no connection is lent."""
    return stats["pool_available"] == stats["pool_size"]


async def stream(cookie: bytes, hello: asyncio.Event) -> None:
    """A browser's stream."""

    async def send(message: Mapping[str, Any]) -> None:
        if b"event: hello" in message.get("body", b""):
            hello.set()

    await request(cookie, "/events/", send)


async def request(
    cookie: bytes, path: str, send: Callable[[Mapping[str, Any]], Awaitable[None]]
) -> None:
    """A browser's request, straight through the whole application."""
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "GET",
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "root_path": "",
        "query_string": b"",
        "headers": [(b"host", b"localhost"), (b"cookie", cookie)],
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 80),
    }
    asked = False

    async def receive() -> dict[str, Any]:
        nonlocal asked
        if asked:
            await asyncio.Event().wait()
        asked = True
        return {"type": "http.request", "body": b"", "more_body": False}

    await application(scope, receive, send)
