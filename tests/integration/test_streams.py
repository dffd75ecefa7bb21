"""Many open streams neither hold the database nor all ask at once: that would stop the site."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client

from sendblue_inbox.asgi import application
from sendblue_inbox.live import Hub, Subscriber
from tests.factories import make_agent

if TYPE_CHECKING:
    from collections.abc import Mapping

STREAMS = 20


@pytest.mark.django_db(transaction=True)
def test_open_streams_hold_no_connection() -> None:
    client = Client()
    client.force_login(make_agent())
    cookie = f"{settings.SESSION_COOKIE_NAME}={client.cookies[settings.SESSION_COOKIE_NAME].value}"
    connection.close()
    asyncio.run(open_many(cookie.encode()))


def test_all_hear_that_the_list_changed_once_and_in_turns() -> None:
    asyncio.run(tell_many())


async def tell_many() -> None:
    """Of a burst, the name of one thread comes at once and that of the list later, to each once."""
    hub, subscribers = Hub(), [Subscriber() for _ in range(10)]
    hub.subscribers.update(subscribers)
    for name in ("threads", "thread-1", "threads"):
        hub.tell(name)
    first = [await subscriber.take() for subscriber in subscribers]
    assert all("thread-1" in names for names in first)
    assert sum("threads" in names for names in first) < 5
    waiting = [s for s, names in zip(subscribers, first, strict=True) if "threads" not in names]
    assert await asyncio.gather(*(one.take() for one in waiting)) == [{"threads"}] * len(waiting)
    assert not any(one.pending or one.awaits_turn for one in subscribers)


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
    """A browser's stream, straight through the whole application."""
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "GET",
        "scheme": "http",
        "path": "/events/",
        "raw_path": b"/events/",
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

    async def send(message: Mapping[str, Any]) -> None:
        if b"event: hello" in message.get("body", b""):
            hello.set()

    await application(scope, receive, send)
