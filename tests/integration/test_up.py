"""The real `manage.py up`, in a folder of its own, as a person would start and mistreat it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import psutil
import pytest

from tests.conftest import ROOT, free_port

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

PARTS = ["web", "worker", "beat", "simulator", "valkey", "postgres"]
SECONDS = 40


class Installation:
    """One data folder with its ports, and the `manage.py up` that runs on it."""

    def __init__(self, data_dir: Path) -> None:
        self.data_dir = data_dir
        self.url = f"http://127.0.0.1:{free_port()}"
        self.environ = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
        self.environ |= {
            "DATA_DIR": str(data_dir),
            "PORT": self.url.rpartition(":")[2],
            "SIMULATOR_PORT": str(free_port()),
            # A developer's .env must not reach this installation.
            "DATABASE_URL": "",
            "CELERY_BROKER_URL": "",
            "SENDBLUE_API_KEY_ID": "",
            "SENDBLUE_API_SECRET_KEY": "",
        }
        self.process: subprocess.Popen[str] | None = None
        self.seen: set[psutil.Process] = set()

    def popen(self) -> subprocess.Popen[str]:
        """Start `manage.py up` without waiting for anything."""
        return subprocess.Popen(
            [sys.executable, "manage.py", "up"],
            cwd=ROOT,
            env=self.environ,
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )

    def start(self) -> str:
        """Start it and return the block that it prints once the first page answers."""
        self.process = self.popen()
        assert self.process.stdout
        lines: list[str] = []
        for line in self.process.stdout:
            lines.append(line)
            if "Ctrl-C stops it" in line:
                break
        banner = "".join(lines)
        assert "Sendblue Inbox is running." in banner, banner
        self.look()
        return banner

    def look(self) -> None:
        """Remember every process of the tree."""
        assert self.process
        self.seen |= set(psutil.Process(self.process.pid).children(recursive=True))

    def pid(self, part: str) -> int | None:
        """The process that a part runs in at the moment."""
        try:
            return int((self.data_dir / "run" / f"{part}.pid").read_text().split()[0])
        except (FileNotFoundError, IndexError):
            return None

    def ready(self) -> bool:
        """Whether `/ready` finds everything well."""
        try:
            return httpx.get(f"{self.url}/ready", timeout=5, trust_env=False).is_success
        except httpx.TransportError:
            return False

    def left(self) -> list[psutil.Process]:
        """What still runs of all that was ever seen in the tree."""
        return [process for process in self.seen if process.is_running() and not _zombie(process)]


def _zombie(process: psutil.Process) -> bool:
    try:
        return process.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def wait_until(true: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + SECONDS
    while not true():
        assert time.monotonic() < deadline, f"not within {SECONDS} s: {what}"
        time.sleep(0.05)


@pytest.fixture(scope="module")
def installation() -> Iterator[Installation]:
    with tempfile.TemporaryDirectory(prefix="inbox-up-", ignore_cleanup_errors=True) as folder:
        installation = Installation(Path(folder) / "var")
        yield installation
        if installation.process and installation.process.poll() is None:
            installation.process.terminate()
            installation.process.wait(SECONDS)


# One start costs seconds, so the tests go on from each other, in this order.


def test_a_first_start_says_where_it_is_and_who_may_log_in(installation: Installation) -> None:
    banner = installation.start()
    assert installation.url in banner
    assert "admin@example.com" in banner
    assert "Password" in banner
    assert "simulator" in banner
    assert str(installation.data_dir) in banner
    assert installation.ready()
    answer = httpx.get(installation.url, follow_redirects=True, trust_env=False)
    assert answer.status_code == 200
    assert installation.data_dir.stat().st_mode & 0o007 == 0
    assert (installation.data_dir / "secrets").stat().st_mode & 0o077 == 0
    assert (installation.data_dir / "postgres").stat().st_mode & 0o077 == 0


def test_answers_on_a_kept_connection_are_not_delayed(installation: Installation) -> None:
    with httpx.Client(base_url=installation.url, trust_env=False) as http:
        http.get("/up")
        times = []
        for _ in range(9):
            start = time.perf_counter()
            http.get("/up")
            times.append(time.perf_counter() - start)
    assert sorted(times)[4] < 0.020


def test_a_second_start_on_the_same_data_says_so(installation: Installation) -> None:
    second = installation.popen()
    output, _ = second.communicate(timeout=SECONDS)
    assert second.returncode == 1
    assert "already running" in output
    assert len(output.strip().splitlines()) == 1
    assert installation.ready()


def test_a_taken_port_is_one_clear_sentence(installation: Installation) -> None:
    with tempfile.TemporaryDirectory() as folder:
        other = Installation(Path(folder))
        other.environ["PORT"] = installation.environ["PORT"]
        process = other.popen()
        output, _ = process.communicate(timeout=SECONDS)
        assert process.returncode == 1
        assert "Cannot listen on 127.0.0.1:" in output
        assert len(output.strip().splitlines()) == 1


@pytest.mark.parametrize("part", PARTS)
def test_a_killed_part_comes_back(installation: Installation, part: str) -> None:
    before = installation.pid(part)
    assert before
    os.kill(before, signal.SIGKILL)
    wait_until(lambda: installation.pid(part) not in (None, before), f"{part} is started again")
    wait_until(installation.ready, f"everything is well after {part} was killed")
    installation.look()


def test_a_killed_up_leaves_nothing_and_starts_again(installation: Installation) -> None:
    assert installation.process
    installation.process.kill()
    installation.process.wait(SECONDS)
    assert "Password" not in installation.start()  # the administrator is there already
    assert installation.ready()
    new = {psutil.Process(pid) for part in PARTS if (pid := installation.pid(part))}
    assert len(new) == len(PARTS)


def test_sigterm_ends_every_process(installation: Installation) -> None:
    assert installation.process
    installation.look()
    installation.process.terminate()
    assert installation.process.wait(SECONDS) == 0
    wait_until(lambda: not installation.left(), "no process is left")
    assert not list((installation.data_dir / "run").iterdir())
