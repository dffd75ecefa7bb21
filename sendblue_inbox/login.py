"""Requests with a login, what a browser without one is told, and logins that are recent."""

from __future__ import annotations

import time
from functools import wraps
from typing import TYPE_CHECKING, Any, TypeVar

from allauth.account.authentication import get_authentication_records
from django.conf import settings
from django.contrib.auth import REDIRECT_FIELD_NAME
from django.contrib.auth.middleware import LoginRequiredMiddleware as ForPages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import urlencode

from sendblue_inbox.roles import SAFE_METHODS

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http.response import HttpResponseBase
    from django_htmx.middleware import HtmxDetails

    from sendblue_inbox.models import User

View = TypeVar("View", bound="Callable[..., Any]")
LOGIN_AT = "Login-At"  # the header that tells a script where the password is asked for


class AgentRequest(HttpRequest):
    """A request as views get it: the middleware below has let only agents through."""

    user: User
    htmx: HtmxDetails


def is_by_script(request: HttpRequest) -> bool:
    """Whether a script asks, htmx or our own: it cannot follow a redirect to another page."""
    return "HX-Request" in request.headers or not request.accepts("text/html")


class LoginRequiredMiddleware(ForPages):
    """Sends people to the login page, and tells a page that asks for a fragment that it must go.

    A redirect would be followed, and the login page would stand in the middle of the inbox.
    """

    def handle_no_permission(  # type: ignore[override]
        self, request: HttpRequest, view_func: Any
    ) -> HttpResponseBase:
        """401 for scripts, the login page for everybody else."""
        if is_by_script(request):
            return HttpResponse("Log in again.", status=401, content_type="text/plain")
        return super().handle_no_permission(request, view_func)


def recent_login(view: View) -> View:
    """Let only those through who have just logged in or shown their password again.

    Others are sent to do so and come back to the address; a script gets 401 and reads `Login-At`.
    What they posted is not kept meanwhile, because it may hold a secret: the page asks again.
    """

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        if has_recent_login(request):
            return view(request, *args, **kwargs)
        back = request.get_full_path() if request.method in SAFE_METHODS else request.path
        there = f"{reverse('account_reauthenticate')}?{urlencode({REDIRECT_FIELD_NAME: back})}"
        if is_by_script(request):
            headers = {LOGIN_AT: there}
            return HttpResponse("Enter your password again.", status=401, headers=headers)
        return redirect(there)

    return guarded  # type: ignore[return-value]


def has_recent_login(request: HttpRequest) -> bool:
    """Whether this session was proved within ACCOUNT_REAUTHENTICATION_TIMEOUT."""
    proofs = get_authentication_records(request, request.user)
    proved_at = max((proof["at"] for proof in proofs), default=0.0)
    return time.time() - proved_at < settings.ACCOUNT_REAUTHENTICATION_TIMEOUT
