"""Requests with a login, and what a browser without one is told."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib.auth.middleware import LoginRequiredMiddleware as ForPages
from django.http import HttpRequest, HttpResponse

if TYPE_CHECKING:
    from django.http.response import HttpResponseBase
    from django_htmx.middleware import HtmxDetails

    from sendblue_inbox.models import User


class AgentRequest(HttpRequest):
    """A request as views get it: the middleware below has let only agents through."""

    user: User
    htmx: HtmxDetails


class LoginRequiredMiddleware(ForPages):
    """Sends people to the login page, and tells a page that asks for a fragment that it must go.

    A redirect would be followed, and the login page would stand in the middle of the inbox.
    """

    def handle_no_permission(  # type: ignore[override]
        self, request: HttpRequest, view_func: Any
    ) -> HttpResponseBase:
        """401 for htmx, the login page for everybody else."""
        if "HX-Request" in request.headers:
            return HttpResponse("Log in again.", status=401, content_type="text/plain")
        return super().handle_no_permission(request, view_func)
