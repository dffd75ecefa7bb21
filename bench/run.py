"""`python -m bench.run [--quick] [NAME…]`: runs the benchmarks and holds them to their gates.

Exit code 1 where the whole confidence interval of a gate is past its bar.
"""

from __future__ import annotations

import argparse
import shutil
import signal
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from . import contact_list, contacts_csv, footprint, intake, live, long_thread, thread_list
from .report import Result, write
from .services import Services, services

if TYPE_CHECKING:
    from collections.abc import Callable

BENCHMARKS: dict[str, Callable[..., Result]] = {
    "intake": intake.run,
    "thread_list": thread_list.run,
    "contact_list": contact_list.run,
    "long_thread": long_thread.run,
    "live": live.run,
    "contacts_csv": contacts_csv.run,
    "footprint": footprint.run,
}


def main() -> int:
    """Run what the command line names; returns the exit code."""
    asked = parse_arguments()
    # So that every `with` block ends what it has started.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    if asked.drop:
        shutil.rmtree(asked.data_dir, ignore_errors=True)
    with services(asked.data_dir) as started:
        results = [run(name, started, quick=asked.quick) for name in asked.names or BENCHMARKS]
    print(write(results, quick=asked.quick))
    gates = [gate for result in results for gate in result.gates]
    return int(any(gate.verdict == "FAIL" for gate in gates))


def run(name: str, started: Services, *, quick: bool) -> Result:
    """One benchmark."""
    print(f"{name} …", file=sys.stderr, flush=True)
    return BENCHMARKS[name](started, quick=quick)


def parse_arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m bench.run", description=__doc__)
    kept = Path(tempfile.gettempdir()) / "sendblue-inbox-bench"
    parser.add_argument("names", nargs="*", choices=[*BENCHMARKS, []], metavar="NAME")
    parser.add_argument("--quick", action="store_true", help="fewer and shorter rounds")
    parser.add_argument(
        "--data-dir", type=Path, default=kept, help=f"where the data sets are kept ({kept})"
    )
    parser.add_argument("--drop", action="store_true", help="make the data sets anew")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
