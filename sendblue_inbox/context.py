"""What every template may know about this installation."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings

if TYPE_CHECKING:
    from django.http import HttpRequest


def installation(request: HttpRequest) -> dict[str, object]:
    """Whether the other side is the simulator, for the mark in the navigation."""
    return {"simulated": settings.SIMULATED}
