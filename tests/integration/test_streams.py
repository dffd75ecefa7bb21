"""Open streams cost no database connections, or a handful of agents would stop the whole site."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client

from sendblue_inbox.asgi import application
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
