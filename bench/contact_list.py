"""The list of people: does it cost the same among a thousand and among a hundred thousand?"""

from __future__ import annotations

import asyncio
import subprocess
import sys
from statistics import median
from typing import TYPE_CHECKING
from urllib.parse import quote

from .client import log_in, request_bytes
from .compare import Probe, compare
from .report import Gate, Result
from .services import EMAIL, ROOT
from .stats import percentile, ratios

if TYPE_CHECKING:
    from .services import Services

SMALL, LARGE = ("bench_people_small", 1_000), ("bench_people_large", 100_000)
ROWS_A_PAGE = 50
DEEP = 1_000
# What fills a page in both, in three orders; the last of them has to be looked for.
ASKED = {
    "everybody": "",
    "by company": "sort=company",
    "newest": "sort=newest",
    "very many": "opted_out=no",
    "a third": "tag=newsletter&sort=newest",
    "a part of all numbers": "q=1555",
}
# What few match, next to the page of everybody.
FEW = {
    "one in fifty": "tag=vip",
    "one in fifty, newest": "tag=vip&sort=newest",
    "one in twenty thousand": "q=zo%C3%AB+northside",
    "hardly anybody": "q=%28555%29+001-2345",
    "nobody": "q=nobody",
}
PAGE_END = """
    SELECT id, sort_name FROM contacts_contact WHERE removed_at IS NULL
     ORDER BY sort_name, id OFFSET %s LIMIT 1
"""


def run(services: Services, *, quick: bool) -> Result:
    """The list in two databases, each behind a web process of its own."""
    small, large = ensure(services, *SMALL), ensure(services, *LARGE)
    with services.web(small) as small_port, services.web(large) as large_port:
        after = place_before_page(services, DEEP)
        probes = asyncio.run(measure(services, small_port, large_port, after, quick=quick))
    return result(probes)


def ensure(services: Services, name: str, contacts: int) -> str:
    """The address of the database with so many contacts, filled at the first call."""
    if not services.has_database(name):
        draft = f"{name}_draft"
        environ = services.environment(services.fresh_database(draft))
        argv = ["manage.py", "seed_demo", "--threads=100", "--messages=100"]
        argv += [f"--contacts={contacts}"]
        subprocess.run(
            [sys.executable, *argv], cwd=ROOT, env=environ, check=True, capture_output=True
        )
        with services.connect(draft) as connection:
            connection.execute("VACUUM ANALYZE")
        with services.connect("postgres") as connection:
            connection.execute(f'ALTER DATABASE "{draft}" RENAME TO "{name}"')
    services.prepare(name)  # a release since may have brought migrations
    return services.database(name)


async def measure(
    services: Services, small_port: int, large_port: int, after: str, *, quick: bool
) -> dict[str, Probe]:
    """The requests, by what is asked and where."""
    at_small = await log_in(small_port, EMAIL, services.password)
    at_large = await log_in(large_port, EMAIL, services.password)

    def probe(name: str, path: str, *, large: bool = True) -> Probe:
        headers, port = (at_large, large_port) if large else (at_small, small_port)
        return Probe(name, port, request_bytes("GET", path, headers=headers))

    probes = {"deep": probe("page 1,000", f"/contacts/list/?after={quote(after)}")}
    for name, query in ASKED.items():
        path = f"/contacts/list/?{query}"
        probes[f"{name} small"] = probe(f"{name}, 1,000 people", path, large=False)
        probes[f"{name} large"] = probe(f"{name}, 100,000 people", path)
    for name, query in FEW.items():
        probes[name] = probe(f"{name} of 100,000", f"/contacts/list/?{query}")
    probes["count"] = probe("counting everybody", "/contacts/count/")
    probes["count many"] = probe("counting a part of all numbers", "/contacts/count/?q=1555")
    await compare(list(probes.values()), rounds=6 if quick else 20)
    return probes


def place_before_page(services: Services, page: int) -> str:
    """The place that the link to this page carries; walked here by the database, not by us."""
    with services.connect(LARGE[0]) as connection:
        row = connection.execute(PAGE_END, [(page - 1) * ROWS_A_PAGE - 1]).fetchone()
    assert row
    return f"{row[0]}~{row[1]}"


def result(probes: dict[str, Probe]) -> Result:
    """The gates, and each request in milliseconds."""

    def gate(one: str, other: str, bar: float) -> Gate:
        name = f"{probes[one].name} ÷ {probes[other].name}"
        return Gate(name, ratios(probes[one].rounds, probes[other].rounds), bar, "at most")

    figures = {}
    for probe in probes.values():
        figures[f"{probe.name}, median ms"] = median(probe.seconds) * 1000
        figures[f"{probe.name}, p95 ms"] = percentile(0.95)(probe.seconds) * 1000
    return Result(
        "List of people",
        [
            *(gate(f"{name} large", f"{name} small", 1.3) for name in ASKED),
            *(gate(name, "everybody large", 1.3) for name in FEW),
            gate("deep", "everybody large", 2.0),
        ],
        figures,
        "Over HTTP with a logged-in session, one client, the real web process and middleware.",
    )
