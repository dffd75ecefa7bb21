"""The list of conversations: does it cost the same in a small and in a huge inbox?"""

from __future__ import annotations

import asyncio
from statistics import median
from typing import TYPE_CHECKING
from urllib.parse import quote

from . import seed
from .client import log_in, request_bytes
from .compare import Probe, compare
from .report import Gate, Result
from .services import EMAIL
from .stats import percentile, ratios

if TYPE_CHECKING:
    from .services import Services

ROWS_A_PAGE = 40
DEEP = 1_000
PAGE_END = """
    SELECT last_message_at, id FROM inbox_thread WHERE NOT is_closed
     ORDER BY last_message_at DESC, id DESC OFFSET %s LIMIT 1
"""


def run(services: Services, *, quick: bool) -> Result:
    """The list in two databases, each behind a web process of its own."""
    small, large = seed.ensure(services, seed.SMALL), seed.ensure(services, seed.LARGE)
    with services.web(small) as small_port, services.web(large) as large_port:
        before = place_before_page(services, DEEP)
        probes = asyncio.run(measure(services, small_port, large_port, before, quick=quick))
    return result(probes)


async def measure(
    services: Services, small_port: int, large_port: int, before: str, *, quick: bool
) -> dict[str, Probe]:
    """The requests, by name."""
    at_small = await log_in(small_port, EMAIL, services.password)
    at_large = await log_in(large_port, EMAIL, services.password)

    def probe(name: str, path: str, *, large: bool = True) -> Probe:
        headers = at_large if large else at_small
        port = large_port if large else small_port
        return Probe(name, port, request_bytes("GET", path, headers=headers))

    probes = {
        "small": probe("list, 1,000 threads", "/threads/list/", large=False),
        "large": probe("list, 100,000 threads", "/threads/list/"),
        "deep": probe("list, page 1,000", f"/threads/list/?before={quote(before)}"),
        "page small": probe("whole page, 1,000 threads", "/threads/", large=False),
        "page large": probe("whole page, 100,000 threads", "/threads/"),
        "closed small": probe("closed, 1,000 threads", "/threads/list/?view=closed", large=False),
        "closed large": probe("closed, 100,000 threads", "/threads/list/?view=closed"),
        "line small": probe("one line, 1,000 threads", "/threads/list/?line=7", large=False),
        "line large": probe("one line, 100,000 threads", "/threads/list/?line=7"),
        "unread small": probe("unread, 1,000 threads", "/threads/list/?view=unread", large=False),
        "unread large": probe("unread, 100,000 threads", "/threads/list/?view=unread"),
    }
    await compare(list(probes.values()), rounds=8 if quick else 30)
    return probes


def place_before_page(services: Services, page: int) -> str:
    """The place that the link to this page carries; walked here by the database, not by us."""
    with services.connect(seed.LARGE.name) as connection:
        row = connection.execute(PAGE_END, [(page - 1) * ROWS_A_PAGE - 1]).fetchone()
    assert row
    return f"{row[0].isoformat()}~{row[1]}~"


def result(probes: dict[str, Probe]) -> Result:
    """The gates, and each request in milliseconds."""

    def ratio(one: str, other: str) -> Gate:
        name = f"{probes[one].name} ÷ {probes[other].name}"
        bar = 2.0 if one == "deep" else 1.3
        return Gate(name, ratios(probes[one].rounds, probes[other].rounds), bar, "at most")

    figures = {}
    for probe in probes.values():
        figures[f"{probe.name}, median ms"] = median(probe.seconds) * 1000
        figures[f"{probe.name}, p95 ms"] = percentile(0.95)(probe.seconds) * 1000
    return Result(
        "Thread list",
        [ratio("large", "small"), ratio("page large", "page small"), ratio("deep", "large")],
        figures,
        "Over HTTP with a logged-in session, one client, the real web process and middleware.",
    )
