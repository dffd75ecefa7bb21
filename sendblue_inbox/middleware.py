"""What every request gets before a view sees it."""

from __future__ import annotations

import zoneinfo
from typing import TYPE_CHECKING

from asgiref.sync import iscoroutinefunction, markcoroutinefunction
from django.utils import timezone

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from django.http import HttpRequest


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
