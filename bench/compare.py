"""Latency of several requests beside each other, in rounds that run A B B A."""

from __future__ import annotations

from dataclasses import dataclass, field
from statistics import median
from typing import TYPE_CHECKING

from .client import Connection

if TYPE_CHECKING:
    from collections.abc import Sequence

EACH = 3  # requests of a kind in a row


@dataclass
class Probe:
    """A request that is repeated on a connection of its own, and the seconds that it took."""

    name: str
    port: int
    request: bytes
    seconds: list[float] = field(default_factory=list)
    rounds: list[float] = field(default_factory=list)
    size: int = 0

    async def open(self) -> None:
        """Connect, and warm up whatever wants to be warm."""
        self._connection = await Connection.open(self.port)
        for _ in range(20):
            await self._ask()
        self.seconds.clear()

    async def measure(self) -> None:
        """A few requests, one after the other."""
        for _ in range(EACH):
            await self._ask()

    def end_round(self) -> None:
        """Close a round: its value is the median of its requests."""
        self.rounds.append(median(self.seconds[-2 * EACH :]))

    async def _ask(self) -> None:
        answer = await self._connection.ask(self.request)
        if answer.status != 200:
            raise RuntimeError(f"{self.name} was answered with {answer.status}.")
        self.seconds.append(answer.seconds)
        self.size = len(answer.body)


async def compare(probes: Sequence[Probe], *, rounds: int) -> None:
    """Fill the probes. One client, so this is the time of the server alone, not of a queue."""
    for probe in probes:
        await probe.open()
    for _ in range(rounds):
        for probe in [*probes, *reversed(probes)]:
            await probe.measure()
        for probe in probes:
            probe.end_round()
