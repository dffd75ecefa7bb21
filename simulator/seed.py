"""The state that a fresh simulator starts in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .state import World

LINES = ("+14155550100", "+16465550101")


def sow(world: World, wishes: Mapping[str, Any]) -> None:
    """Fill an empty world; wishes are those of POST /_sim/reset."""
    for number in wishes.get("lines") or LINES:
        world.add_line(number)
