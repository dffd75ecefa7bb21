"""What the web server runs: Django, with every page made in one go by one thread.

Django's own handler sends a request through all asynchronous middleware and lets each synchronous
piece of it change to a thread and back: some twenty changes a page, each of them a fight for the
interpreter once many ask at a time. Here a page changes threads once. Streams and static files go
Django's way: they have views or threads of their own.
"""

from __future__ import annotations

import asyncio
import contextvars
import os
import tempfile
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import django
from asgiref.sync import sync_to_async
from django.conf import settings
from django.core import signals
from django.core.exceptions import RequestAborted
from django.core.handlers.asgi import ASGIHandler, get_script_prefix
from django.core.handlers.base import BaseHandler
from django.db import close_old_connections
from django.http import HttpResponse
from django.urls import set_script_prefix

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping
    from typing import IO

    from django.http.response import HttpResponseBase

# These answer by themselves: the stream is asynchronous, files have their own threads.
ASYNCHRONOUS = ("/events/", "/static/")
# Deliveries have a lane of their own too: no page keeps Sendblue waiting.
HOOKS = "/hooks/"
# What every screen asks for when anything happens anywhere waits in a lane of its own, so that
# whoever opens a conversation passes by.
LISTS = "/threads/list/"
LIST_THREADS, HOOK_THREADS, PAGE_THREADS = 2, 6, 16
# The largest thing that is ever uploaded is a list of people (bytes).
MOST_BODY = 300_000_000


class TooLarge(Exception):
    """The body of a request is more than anybody uploads here."""


class Application(ASGIHandler):
    """Django's handler, and beside it a synchronous one in threads."""

    def __init__(self) -> None:
        super().__init__()
        self._pages = BaseHandler()
        self._pages.load_middleware(is_async=False)
        self._list_threads = ThreadPoolExecutor(LIST_THREADS, "list")
        self._hook_threads = ThreadPoolExecutor(HOOK_THREADS, "hook")
        self._page_threads = ThreadPoolExecutor(PAGE_THREADS, "page")

    async def handle(
        self,
        scope: dict[str, Any],
        receive: Callable[[], Awaitable[Mapping[str, Any]]],
        send: Callable[[Mapping[str, Any]], Awaitable[None]],
    ) -> None:
        """Answer one request."""
        path = scope["path"]
        if path.startswith(ASYNCHRONOUS):
            await super().handle(scope, receive, send)
            return
        try:
            body = await self.read_body(bounded(receive))
        except RequestAborted:
            return
        except TooLarge:
            refusal = HttpResponse("This is too large to be taken.", "text/plain", status=413)
            await self.send_response(refusal, send)
            return
        run = contextvars.copy_context().run
        loop = asyncio.get_running_loop()
        response = await loop.run_in_executor(self._lane(path), run, self._answer, scope, body)
        if response.streaming:
            await self._stream(response, receive, send)
        else:
            await self.send_response(response, send)

    async def _stream(
        self,
        response: HttpResponseBase,
        receive: Callable[[], Awaitable[Mapping[str, Any]]],
        send: Callable[[Mapping[str, Any]], Awaitable[None]],
    ) -> None:
        """Send an answer piece by piece, and stop where whoever asked is gone."""
        ends = [
            asyncio.create_task(self.send_response(response, send)),
            asyncio.create_task(self.listen_for_disconnect(receive)),
        ]
        try:
            done, _ = await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for end in ends:
                end.cancel()
            await asyncio.gather(*ends, return_exceptions=True)
            await sync_to_async(response.close)()
        if ends[0] in done:
            ends[0].result()

    def _lane(self, path: str) -> ThreadPoolExecutor:
        if path.startswith(HOOKS):
            return self._hook_threads
        return self._list_threads if path == LISTS else self._page_threads

    def _answer(self, scope: dict[str, Any], body: IO[bytes]) -> HttpResponseBase:
        set_script_prefix(get_script_prefix(scope))
        signals.request_started.send(sender=self.__class__, scope=scope)
        request, refusal = self.create_request(scope, body)
        response = self._pages.get_response(request) if request else refusal
        assert response  # one of both is there
        # Both give this thread's database connection back: nobody else could later.
        if response.streaming:
            close_old_connections()
        else:
            response.close()
        body.close()
        return response


def bounded(
    receive: Callable[[], Awaitable[Mapping[str, Any]]],
) -> Callable[[], Awaitable[Mapping[str, Any]]]:
    """The same messages of a request; raises TooLarge once their bodies are more than allowed."""
    left = MOST_BODY

    async def receive_bounded() -> Mapping[str, Any]:
        nonlocal left
        message = await receive()
        left -= len(message.get("body", b""))
        if left < 0:
            raise TooLarge
        return message

    return receive_bounded


def put_aside_here() -> None:
    """Have large bodies written to the data folder: the system's own place may be memory.

    It is also where they stay, so keeping an uploaded file moves it and copies nothing.
    """
    folder = settings.DATA_DIR / "uploads"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    tempfile.tempdir = str(folder)


os.environ.setdefault("DJANGO_SETTINGS_MODULE", "sendblue_inbox.settings")
django.setup(set_prefix=False)
put_aside_here()
application = Application()
