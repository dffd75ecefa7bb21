"""Opening a conversation: does its length matter?"""

from __future__ import annotations

import asyncio
from statistics import median
from typing import TYPE_CHECKING

from . import seed
from .client import log_in, request_bytes
from .compare import Probe, compare
from .report import Gate, Result
from .services import EMAIL
from .stats import percentile, ratios

if TYPE_CHECKING:
    from .services import Services

# The seed gives these threads their lengths.
LONG_THREAD, SHORT_THREAD = 3, 4


def run(services: Services, *, quick: bool) -> Result:
    """A thread of 20,000 messages and one of 50, both in the large database."""
    with services.web(seed.ensure(services, seed.LARGE)) as port:
        long, short, pane_long, pane_short = asyncio.run(measure(services, port, quick=quick))
    pairs = [(long, short), (pane_long, pane_short)]
    gates = [
        Gate(f"{one.name} ÷ {other.name}", ratios(one.rounds, other.rounds), 1.2, "at most")
        for one, other in pairs
    ]
    figures = {}
    for probe in (long, short, pane_long, pane_short):
        figures[f"{probe.name}, median ms"] = median(probe.seconds) * 1000
        figures[f"{probe.name}, p95 ms"] = percentile(0.95)(probe.seconds) * 1000
        figures[f"{probe.name}, kB"] = probe.size / 1000
    note = "Over HTTP with a logged-in session, one client. The pane is what a click in the list"
    return Result("Opening a thread", gates, figures, f"{note} fetches; the page has the list too.")


async def measure(services: Services, port: int, *, quick: bool) -> list[Probe]:
    """Long and short, as a page and as a pane."""
    browser = await log_in(port, EMAIL, services.password)
    probes = [
        Probe(
            f"{what} with {length} messages",
            port,
            request_bytes("GET", f"/threads/{pk}/", headers=browser | extra),
        )
        for what, extra in (("page", {}), ("pane", {"HX-Request": "true"}))
        for length, pk in (("20,000", LONG_THREAD), ("50", SHORT_THREAD))
    ]
    await compare(probes, rounds=8 if quick else 30)
    return probes
