"""What an idle installation weighs: the whole tree of `manage.py up`."""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections import Counter, defaultdict
from pathlib import Path
from typing import TYPE_CHECKING

from sendblue_inbox.lifeline import lifeline

from .client import Connection, log_in, request_bytes
from .report import Gate, Result
from .services import EMAIL, ROOT, answers, wait_until
from .stats import estimate

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .services import Services

SETTLE_SECONDS = 20
SAMPLES, SAMPLE_SECONDS = 5, 2
MB = 1000
# What of the command line tells the parts apart; the first that fits counts.
PARTS = {
    "supervisor": r"supervisor",
    "PostgreSQL": r"postgres",
    "Valkey": r"valkey",
    "simulator": r"-m simulator",
    "web": r"sendblue_inbox\.web|uvicorn",
    "beat": r"\bbeat\b",
    "worker": r"\bworker\b",
}


def run(services: Services, *, quick: bool) -> Result:
    """Start an installation of its own, use it a little, let it rest, weigh it."""
    samples = []
    with (
        tempfile.TemporaryDirectory(prefix="inbox-bench-") as folder,
        up(Path(folder), services.password) as (process, port),
    ):
        asyncio.run(look_around(port, services.password))
        time.sleep(SETTLE_SECONDS / 2 if quick else SETTLE_SECONDS)
        cpu = cpu_seconds(process.pid)
        started = time.monotonic()
        for _ in range(SAMPLES):
            time.sleep(SAMPLE_SECONDS)
            samples.append(weigh(process.pid))
        busy = (cpu_seconds(process.pid) - cpu) / (time.monotonic() - started)
    totals = [sum(sample.values()) - sample["simulator"] for sample in samples]
    last, counts = samples[-1], samples[-1].processes
    figures = {f"{part}, MB ({counts[part]})": last[part] for part in PARTS}
    figures["everything with the simulator, MB"] = sum(last.values())
    figures["processor, % of one core, simulator and people included"] = busy * 100
    gate = Gate("memory of an idle installation", estimate(totals), 450.0, "at most", "MB")
    note = (
        "Proportional set size (shared pages divided among their users) of every process below"
        " `manage.py up`, after a login and a few pages; processes in brackets. The simulator"
        " stands for Sendblue and is not part of an installation with keys, so it counts apart."
    )
    return Result("Memory", [gate], figures, note)


class Weight(dict[str, float]):
    """Megabytes of each part, and how many `processes` it has."""

    def __init__(self) -> None:
        super().__init__(dict.fromkeys(PARTS, 0.0))
        self.processes: Counter[str] = Counter()


def weigh(root: int) -> Weight:
    """The proportional set size of the tree, by part."""
    weight = Weight()
    for pid in tree(root):
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            rollup = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii")
            found = re.search(r"^Pss: +(\d+) kB", rollup, re.MULTILINE)
            part = part_of(pid)
            weight[part] += int(found[1]) * 1.024 / MB if found else 0.0
            weight.processes[part] += 1
    return weight


def tree(root: int) -> list[int]:
    """The process and all below it."""
    children = defaultdict(list)
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            fields = stat.read_text(encoding="utf-8").rpartition(")")[2].split()
            children[int(fields[1])].append(int(stat.parent.name))
    found = [root]
    for pid in found:
        found.extend(children[pid])
    return found


def part_of(pid: int) -> str:
    """Which part a process belongs to, by its command line."""
    command = Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()
    return next(part for part, words in PARTS.items() if re.search(words, command))


def cpu_seconds(root: int) -> float:
    """Processor time that the tree has used so far."""
    ticks = 0
    for pid in tree(root):
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8")
            ticks += sum(map(int, stat.rpartition(")")[2].split()[11:13]))
    return ticks / os.sysconf("SC_CLK_TCK")


async def look_around(port: int, password: str) -> None:
    """What makes a web process grow to its usual size: a login and some pages."""
    browser = await log_in(port, EMAIL, password)
    connection = await Connection.open(port)
    for path in ("/threads/", "/threads/list/", "/threads/new/", "/webhooks/", "/ready"):
        await connection.ask(request_bytes("GET", path, headers=browser))
    connection.close()


@contextlib.contextmanager
def up(data_dir: Path, password: str) -> Iterator[tuple[subprocess.Popen[bytes], int]]:
    """A whole installation with its simulator, once it answers; and its port."""
    port, simulator_port = free_port(), free_port()
    environ = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("SENDBLUE_", "DATABASE_URL", "CELERY_BROKER_URL"))
    } | {
        "DJANGO_SETTINGS_MODULE": "bench.settings",
        "DATA_DIR": str(data_dir / "data"),
        "PORT": str(port),
        "SIMULATOR_PORT": str(simulator_port),
        "ADMIN_EMAIL": EMAIL,
        "ADMIN_PASSWORD": password,
    }
    process = subprocess.Popen(
        [sys.executable, "manage.py", "up"],
        cwd=ROOT,
        env=environ,
        stdout=subprocess.DEVNULL,
        preexec_fn=lifeline(signal.SIGTERM),
    )
    try:
        wait_until(lambda: answers(port), process)
        yield process, port
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(90)
        except subprocess.TimeoutExpired:
            process.kill()


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])
