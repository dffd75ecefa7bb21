"""Lists of people from files: against django-import-export on the same rows, over a raw COPY."""

from __future__ import annotations

import json
import subprocess
import sys
from statistics import median
from typing import TYPE_CHECKING, Any

from .report import Gate, Result
from .services import ROOT
from .stats import estimate, ratios

if TYPE_CHECKING:
    from .services import Services

ROWS = 100_000
MANY = 1_000_000
# The peers are slow: they get fewer of the same rows, and what counts is rows a second.
PEER_ROWS, BULK_ROWS = 2_000, 20_000
DATABASE = "contacts_csv"


def run(services: Services, *, quick: bool) -> Result:
    """Every way of importing, one after the other, each in a process of its own."""
    services.fresh_database(DATABASE)
    rounds = [one_round(services) for _ in range(1 if quick else 3)]
    many = measure(services, "ours", MANY) if not quick else None
    services.drop_database(DATABASE)
    return result(rounds, many)


def one_round(services: Services) -> dict[str, dict[str, Any]]:
    """What each way took."""
    return {
        "copy": measure(services, "copy", ROWS),
        "peer": measure(services, "peer", PEER_ROWS),
        "ours": measure(services, "ours", ROWS),
        "bulk": measure(services, "bulk", BULK_ROWS),
    }


def measure(services: Services, how: str, rows: int) -> dict[str, Any]:
    """One import: {seconds: {check, save}, peak_mb}."""
    path = services.data_dir / f"people-{rows}.csv"
    argv = [sys.executable, "-m", "bench.contacts_csv_worker", how, str(path), str(rows)]
    environ = services.environment(services.database(DATABASE))
    done = subprocess.run(argv, cwd=ROOT, env=environ, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"{how} failed:\n{done.stderr[-2000:]}")
    return json.loads(done.stdout.splitlines()[-1]) | {"rows": rows}


def result(rounds: list[dict[str, dict[str, Any]]], many: dict[str, Any] | None) -> Result:
    """Gates and figures."""

    def seconds(how: str, part: str = "save") -> list[float]:
        return [one[how]["seconds"][part] for one in rounds]

    def speed(how: str) -> list[float]:
        """Rows a second, the dry run included where there is one."""
        return [one[how]["rows"] / sum(one[how]["seconds"].values()) for one in rounds]

    found = Result(
        "Lists of people from files",
        gates=[
            Gate("dry run of 100,000 rows", estimate(seconds("ours", "check")), 10, "at most", "s"),
            Gate("saving 100,000 rows", estimate(seconds("ours")), 6, "at most", "s"),
            Gate(
                "saving ÷ django-import-export",
                ratios([ROWS / one for one in seconds("ours")], speed("peer")),
                25,
                "at least",
            ),
            Gate(
                "saving ÷ its bulk mode",
                ratios([ROWS / one for one in seconds("ours")], speed("bulk")),
                8,
                "at least",
            ),
        ],
        figures={
            "raw COPY of the file into a bare table, rows/s": median(speed("copy")),
            "dry run, rows/s": ROWS / median(seconds("ours", "check")),
            "saving, rows/s": ROWS / median(seconds("ours")),
            "dry run and saving, rows/s": median(speed("ours")),
            "django-import-export, rows/s": median(speed("peer")),
            "its bulk mode, rows/s": median(speed("bulk")),
            "peak memory with 100,000 rows, MB": median(one["ours"]["peak_mb"] for one in rounds),
        },
        note="All end with contacts that the search finds. The peers have no dry run.",
    )
    if many:
        peaks = [many["peak_mb"] - one["ours"]["peak_mb"] for one in rounds]
        bar = "memory with 1,000,000 rows − with 100,000"
        found.gates.append(Gate(bar, estimate(peaks), 50, "at most", "MB"))
        found.figures |= {
            f"1,000,000 rows: {part}, s": many["seconds"][part] for part in ("check", "save")
        }
    return found
