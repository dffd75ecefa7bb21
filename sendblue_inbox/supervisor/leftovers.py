"""One start per data folder, and the end of what a killed start has left behind."""

from __future__ import annotations

import contextlib
import fcntl
import os
import signal
import subprocess
import time
from pathlib import Path
from typing import IO

# By themselves they end within seconds of their parent's death; then we help.
GRACE_SECONDS = 3.0
STOP_SECONDS = 30.0


class AlreadyRunning(Exception):
    """Another start holds the data folder; the text says which."""


def take_lock(data_dir: Path) -> IO[str]:
    """Hold the data folder until the returned file is closed or this process ends."""
    lock = (data_dir / "up.lock").open("a+", encoding="ascii")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        lock.seek(0)
        raise AlreadyRunning(
            f"Sendblue Inbox is already running on {data_dir} (process {lock.read().strip()})."
            " Stop that one first, or set DATA_DIR and PORT for a second one."
        ) from None
    lock.truncate(0)
    lock.write(str(os.getpid()))
    lock.flush()
    return lock


def identity(pid: int) -> str | None:
    """The pid with the time that the process started: pids are used again. None if it is gone."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except ProcessLookupError:
        return None  # it ended between the opening and the reading
    except FileNotFoundError:
        if Path("/proc/self").exists():
            return None
    else:
        state, *fields = stat.rpartition(")")[2].split()
        return None if state == "Z" else f"{pid} {fields[18]}"
    command = ["ps", "-o", "lstart=", "-p", str(pid)]
    started = subprocess.run(command, capture_output=True, text=True).stdout.strip()
    return f"{pid} {started}" if started else None


def end_leftovers(data_dir: Path) -> None:
    """End what an earlier start of this data folder left running, PostgreSQL last and cleanly."""
    files = sorted((data_dir / "run").glob("*.pid"), key=lambda path: path.stem == "postgres")
    deadline = time.monotonic() + GRACE_SECONDS
    for path in files:
        mark = path.read_text(encoding="ascii")
        _wait(mark, deadline)
        _signal(mark, signal.SIGINT if path.stem == "postgres" else signal.SIGTERM)
        _wait(mark, time.monotonic() + STOP_SECONDS)
        _signal(mark, signal.SIGKILL)
        _wait(mark, time.monotonic() + STOP_SECONDS)
        path.unlink()


def _running(mark: str) -> bool:
    pid = mark.partition(" ")[0]
    return pid.isdigit() and identity(int(pid)) == mark


def _wait(mark: str, deadline: float) -> None:
    while _running(mark) and time.monotonic() < deadline:
        time.sleep(0.05)


def _signal(mark: str, number: signal.Signals) -> None:
    if _running(mark):
        with contextlib.suppress(ProcessLookupError):
            os.kill(int(mark.partition(" ")[0]), number)
