"""What every request gets before a view sees it."""

from __future__ import annotations

import zoneinfo
from typing import TYPE_CHECKING

from asgiref.sync import iscoroutinefunction, markcoroutinefunction, sync_to_async
from django.db import close_old_connections
from django.http import HttpResponse
from django.urls import resolve
from django.utils import timezone
from whitenoise.middleware import WhiteNoiseMiddleware

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from typing import Any

    from django.http import HttpRequest
    from whitenoise.responders import StaticFile

HOOKS = "/hooks/"


class HooksFirstMiddleware:
    """Gives webhooks to their view at once: a delivery needs no session, cookie or policy."""

    sync_capable = True
    async_capable = True

    def __init__(self, get_response: Callable[[HttpRequest], Any]) -> None:
        self.get_response = get_response
        self.is_async = iscoroutinefunction(get_response)
        if self.is_async:
            markcoroutinefunction(self)

    def __call__(self, request: HttpRequest) -> Any:
        if not request.path_info.startswith(HOOKS):
            return self.get_response(request)
        return self.answer_in_pool(request) if self.is_async else self.answer(request)

    def answer_in_pool(self, request: HttpRequest) -> Awaitable[HttpResponse]:
        """The view's answer from one of the loop's threads.

        Not `thread_sensitive`: Django would start a new thread for every delivery.
        """
        return sync_to_async(self.answer_and_return_connection, thread_sensitive=False)(request)

    def answer_and_return_connection(self, request: HttpRequest) -> HttpResponse:
        """The view's answer; Django's own clean-up runs in another thread, so ours is here."""
        try:
            return self.answer(request)
        finally:
            close_old_connections()

    def answer(self, request: HttpRequest) -> HttpResponse:
        """The view's answer; raises Http404 for an address that is no hook's."""
        match = resolve(request.path_info)
        request.resolver_match = match
        return match.func(request, *match.args, **match.kwargs)


class StaticFilesMiddleware(WhiteNoiseMiddleware):
    """WhiteNoise for an asynchronous chain.

    WhiteNoise itself is only synchronous, and one such link makes Django run all links behind it
    through an extra thread and an event loop of its own, at every request.
    """

    sync_capable = True
    async_capable = True

    def __init__(self, get_response: Callable[[HttpRequest], Any]) -> None:
        super().__init__(get_response)
        if iscoroutinefunction(get_response):
            markcoroutinefunction(self)
            self.serve = sync_to_async(serve_whole, thread_sensitive=False)


def serve_whole(static_file: StaticFile, request: HttpRequest) -> HttpResponse:
    """The file as one body: Django reads a file that is streamed under ASGI into a list first."""
    streamed = WhiteNoiseMiddleware.serve(static_file, request)
    try:
        body = b"".join(streamed.streaming_content)
    finally:
        streamed.close()
    return HttpResponse(body, status=streamed.status_code, headers=streamed.headers)


class BrowserTimeZoneMiddleware:
    """Shows days and times in the zone that the browser told us in the cookie `timezone`."""

    sync_capable = True
    async_capable = True

    def __init__(self, get_response: Callable[[HttpRequest], Any]) -> None:
        self.get_response = get_response
        if iscoroutinefunction(get_response):
            markcoroutinefunction(self)

    def __call__(self, request: HttpRequest) -> Any:
        # The response is made inside this call or, under ASGI, inside the coroutine that it
        # returns: the zone lives in a context of the request, so nothing needs to be put back.
        activate_zone(request.COOKIES.get("timezone", ""))
        return self.get_response(request)


def activate_zone(name: str) -> None:
    """Use the named IANA zone from here on, or the installation's own where there is none such."""
    try:
        timezone.activate(zoneinfo.ZoneInfo(name))
    except (ValueError, OSError, zoneinfo.ZoneInfoNotFoundError):
        timezone.deactivate()
