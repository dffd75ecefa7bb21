"""Who may do what: four roles, each including the one before it.

A viewer reads, an agent works in conversations and on single contacts, a manager also changes many
contacts at once and the lines, an administrator everything. Every address has a role that it
needs: to read, a viewer's; to change something, an agent's; and where a view says otherwise with
`needs`, that. tests/security/test_authorisation.py holds every address against its expected row.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from asgiref.sync import iscoroutinefunction, markcoroutinefunction
from django.core.exceptions import PermissionDenied
from django.db import models
from django.http import HttpResponse

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpRequest

View = TypeVar("View", bound="Callable[..., Any]")
SAFE_METHODS = {"GET", "HEAD", "OPTIONS"}
REFUSAL = "Your role does not allow this. Ask an administrator."


class Role(models.TextChoices):
    """What a person of the team may do, from least to most."""

    VIEWER = "viewer", "Viewer"
    AGENT = "agent", "Agent"
    MANAGER = "manager", "Manager"
    ADMINISTRATOR = "administrator", "Administrator"

    def includes(self, other: Role) -> bool:
        """Whether this role may do what the other one may."""
        ranks = list(Role)
        return ranks.index(self) >= ranks.index(other)


def needs(role: Role) -> Callable[[View], View]:
    """Say of a view which role it needs, whatever the method."""

    def mark(view: View) -> View:
        view.needed_role = role  # type: ignore[attr-defined]
        return view

    return mark


def needed_role(view: Callable[..., Any], method: str) -> Role | None:
    """The role that a request to this view needs; None where none is asked (a login page)."""
    if not getattr(view, "login_required", True):
        return None
    if found := getattr(view, "needed_role", None):
        return found
    if view.__module__.startswith("allauth."):
        return Role.VIEWER  # their own password, their own log-out
    return Role.VIEWER if method in SAFE_METHODS else Role.AGENT


class RoleMiddleware:
    """Refuses what a person's role does not include; behind the one that asks for a login."""

    sync_capable = True
    async_capable = True

    def __init__(self, get_response: Callable[[HttpRequest], Any]) -> None:
        self.get_response = get_response
        if iscoroutinefunction(get_response):
            markcoroutinefunction(self)

    def __call__(self, request: HttpRequest) -> Any:
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Callable[..., Any], args: Any, kwargs: Any
    ) -> HttpResponse | None:
        """403 where the role is not enough: one sentence for htmx, a page for everybody else."""
        role = needed_role(view, request.method or "")
        user = request.user
        if role is None or not user.is_authenticated or user.may(role):
            return None
        if "HX-Request" in request.headers:
            return HttpResponse(REFUSAL, status=403, content_type="text/plain")
        raise PermissionDenied(REFUSAL)
