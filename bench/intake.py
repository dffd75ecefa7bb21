"""Taking webhooks: how close to a bare view that does one INSERT?"""

from __future__ import annotations

import asyncio
import itertools
import json
import time
from dataclasses import dataclass, field
from statistics import median
from typing import TYPE_CHECKING

from . import floor
from .client import Connection, request_bytes
from .report import Gate, Result
from .services import WEBHOOK_SECRET
from .stats import percentile, ratios

if TYPE_CHECKING:
    from .services import Services

CLIENTS = 8
HEADERS = {"Content-Type": "application/json", "sb-signing-secret": WEBHOOK_SECRET}
REPORT = {
    "accountEmail": "owner@example.test",
    "content": "The blue one, in size M, and if possible before Friday 🙂",
    "is_outbound": False,
    "status": "RECEIVED",
    "error_code": None,
    "date_sent": "2026-05-01T10:00:00.000Z",
    "date_updated": "2026-05-01T10:00:00.000Z",
    "from_number": "+16505550123",
    "number": "+16505550123",
    "to_number": "+14155550100",
    "was_downgraded": None,
    "media_url": "",
    "message_type": "message",
    "group_id": "",
    "participants": [],
    "send_style": "",
    "opted_out": False,
    "sendblue_number": "+14155550100",
    "service": "iMessage",
}
_numbers = itertools.count(1)


@dataclass
class Target:
    """A view under load: requests per second of each round, and every latency."""

    name: str
    port: int
    path: str
    rounds: list[float] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)

    async def load(self, seconds: float) -> None:
        """One round in a closed loop of CLIENTS connections; each delivery is a new one."""
        connections = [await Connection.open(self.port) for _ in range(CLIENTS)]
        started = time.perf_counter()
        until = started + seconds
        counts = await asyncio.gather(*(self._client(one, until) for one in connections))
        self.rounds.append(sum(counts) / (time.perf_counter() - started))
        for connection in connections:
            connection.close()

    async def _client(self, connection: Connection, until: float) -> int:
        done = 0
        while time.perf_counter() < until:
            report = REPORT | {"message_handle": f"bench-{next(_numbers)}"}
            body = json.dumps(report).encode()
            answer = await connection.ask(
                request_bytes("POST", self.path, body=body, headers=HEADERS)
            )
            if answer.status != 200:
                raise RuntimeError(f"{self.name} was answered with {answer.status}.")
            self.seconds.append(answer.seconds)
            done += 1
        return done


def run(services: Services, *, quick: bool) -> Result:
    """Ours, one INSERT and nothing at all, on the same server over the same database."""
    name = "bench_intake"
    url = services.fresh_database(name)
    with services.connect(name) as connection:
        connection.execute(floor.TABLE)
    with services.web(url) as ours, services.web(url, "bench.floor_settings") as floors:
        targets = [
            Target("webhook", ours, "/hooks/sendblue/receive/"),
            Target("INSERT view", floors, "/insert/"),
            Target("bare view", floors, "/bare/"),
        ]
        asyncio.run(measure(targets, quick=quick))
    with services.connect(name) as connection:
        row = connection.execute("SELECT count(*) FROM webhooks_admin_webhookevent").fetchone()
    hook, insert, bare = targets
    assert row
    if row[0] != len(hook.seconds):
        raise RuntimeError(f"{len(hook.seconds)} deliveries were answered 200, {row[0]} are kept.")
    services.drop_database(name)
    figures = {f"{target.name}, requests/s": median(target.rounds) for target in targets}
    figures |= {
        f"{target.name}, p99 ms": percentile(0.99)(target.seconds) * 1000 for target in targets
    }
    figures["webhook ÷ bare view"] = ratios(hook.rounds, bare.rounds).value
    figures["deliveries answered 200, all of them found as rows"] = len(hook.seconds)
    gate = Gate("webhook ÷ INSERT view", ratios(hook.rounds, insert.rounds), 0.6, "at least")
    note = f"Closed loop of {CLIENTS} kept connections, 0.5 kB bodies, one web process each."
    return Result("Taking webhooks", [gate], figures, note)


async def measure(targets: list[Target], *, quick: bool) -> None:
    """Rounds in the order A B C C B A, after one to warm up."""
    for target in targets:
        await target.load(0.5)
        target.rounds.clear()
    for _ in range(3 if quick else 8):
        for target in [*targets, *reversed(targets)]:
            await target.load(0.5 if quick else 1.0)
