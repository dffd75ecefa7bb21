"""Simulated people."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .simulation import Simulation
    from .store import Message


class People:
    """Everybody who lives in the simulation."""

    def __init__(self, sim: Simulation) -> None:
        self.sim = sim
        self.enabled = sim.world.settings.people

    def reset(self) -> None: ...

    def apply(self, body: dict[str, Any]) -> None:
        self.enabled = bool(body.get("enabled", self.enabled))

    def as_list(self) -> list[dict[str, Any]]:
        return []

    def notice(self, message: Message) -> None: ...
