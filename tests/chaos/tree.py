"""A whole installation as processes, for a test to break: `manage.py up` and an account beside."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import psycopg
from psycopg.rows import dict_row

from sendblue_inbox import embedded
from sendblue_inbox.lifeline import lifeline
from sendblue_inbox.supervisor.leftovers import identity

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).resolve().parents[2]
EMAIL, PASSWORD = "agent@example.com", "correct horse battery"
START_SECONDS = 90.0
STOP_SECONDS = 40.0
# What a test run has put into the environment, and what must not reach the tree.
NOT_OURS = ("DATABASE_URL", "CELERY_BROKER_URL", "DJANGO_SETTINGS_MODULE", "TEST_SERVICES_OWNER")


class Tree:
    """The supervisor with everything under it, on ports and in a folder of its own."""

    def __init__(self, port: int, simulator_port: int) -> None:
        self.data_dir = Path(tempfile.mkdtemp(prefix="inbox-chaos-"))
        self.url = f"http://127.0.0.1:{port}"
        self.account = httpx.Client(base_url=f"http://127.0.0.1:{simulator_port}", trust_env=False)
        environ = {name: value for name, value in os.environ.items() if name not in NOT_OURS}
        keys = {"SENDBLUE_API_KEY_ID": "chaos-key", "SENDBLUE_API_SECRET_KEY": "chaos-secret"}
        self.environ = (
            environ
            | keys
            | {
                "DATA_DIR": str(self.data_dir),
                "PORT": str(port),
                "SITE_URL": self.url,
                "SENDBLUE_API_BASE_URL": str(self.account.base_url).rstrip("/"),
                "SENDBLUE_SIMULATED": "1",  # it may subscribe to the account's webhooks unasked
                "ADMIN_EMAIL": EMAIL,
                "ADMIN_PASSWORD": PASSWORD,
                "WEB_WORKERS": "1",
                "WORKER_CONCURRENCY": "3",
                "LOG_LEVEL": "WARNING",
            }
        )
        simulator = ["-m", "simulator", "--port", str(simulator_port)]
        keys_given = ["--key-id", "chaos-key", "--secret-key", "chaos-secret"]
        self.simulator = self._popen([*simulator, *keys_given], "simulator")
        self.supervisor: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Up to the first page; raises where that takes too long."""
        self.supervisor = self._popen(["manage.py", "up"], "up")
        wait_until(lambda: self._answers() or not self._runs(), START_SECONDS)
        assert self._runs() and self._answers(), f"it does not start:\n{self.output()}"

    def control(self, method: str, path: str, body: Any = None, /, **query: Any) -> Any:
        """One call of the simulator's control door."""
        answer = self.account.request(method, f"/_sim/{path}", json=body, params=query, timeout=30)
        assert answer.is_success, f"{method} /_sim/{path}: {answer.text}"
        return answer.json()

    def messages(self) -> dict[str, dict[str, Any]]:
        """All messages of the account, by handle."""
        keys = {"sb-api-key-id": "chaos-key", "sb-api-secret-key": "chaos-secret"}
        found: dict[str, dict[str, Any]] = {}
        while True:
            page = self.account.get(
                "/api/v2/messages",
                params={"limit": 1000, "offset": len(found), "order_direction": "asc"},
                headers=keys,
                timeout=30,
            ).json()
            found |= {row["message_handle"]: row for row in page["data"]}
            if not page["pagination"]["hasMore"]:
                return found

    def sql(self, statement: str, *values: Any) -> list[dict[str, Any]]:
        """The rows that a statement gives, committed. Waits for a database that was killed."""
        deadline = time.monotonic() + 30
        while True:
            try:
                with psycopg.connect(
                    embedded.database_url(self.data_dir), row_factory=dict_row, connect_timeout=2
                ) as database:
                    cursor = database.execute(statement, values)
                    return cursor.fetchall() if cursor.description else []
            except psycopg.OperationalError:
                assert time.monotonic() < deadline, f"the database is gone:\n{self.output()}"
                time.sleep(0.1)

    def pid(self, name: str) -> int | None:
        """The running process of a part; None while it is down."""
        path = self.data_dir / "run" / f"{name}.pid"
        with contextlib.suppress(FileNotFoundError):
            mark = path.read_text(encoding="ascii")
            pid = mark.partition(" ")[0]
            if pid.isdigit() and identity(int(pid)) == mark:
                return int(pid)
        return None

    def kill(self, name: str) -> bool:
        """SIGKILL a part with its children and see it gone; False where it is down already."""
        pid = self.pid(name)
        if pid is None:
            return False
        try:
            if name == "worker":
                os.killpg(pid, signal.SIGKILL)
            else:
                os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            return False
        wait_until(lambda: self.pid(name) != pid, 10)
        return True

    def stop(self) -> list[int]:
        """End everything; returns the processes that had to be killed (none, one hopes)."""
        names = [path.stem for path in (self.data_dir / "run").glob("*.pid")]
        parts = [pid for name in names if (pid := self.pid(name))]
        for process in (self.supervisor, self.simulator):
            if process and process.poll() is None:
                process.terminate()
                with contextlib.suppress(subprocess.TimeoutExpired):
                    process.wait(STOP_SECONDS)
        left = [process.pid for process in (self.supervisor, self.simulator) if process]
        left = [pid for pid in (*left, *parts) if identity(pid)]
        for pid in left:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self.account.close()
        shutil.rmtree(self.data_dir, ignore_errors=True)
        return left

    def output(self) -> str:
        """The end of what everything has logged, for whoever asks why a test failed."""
        paths = [*self.data_dir.glob("*.log"), *(self.data_dir / "logs").glob("*.log")]
        ends = [(path, path.read_text(errors="replace").splitlines()[-15:]) for path in paths]
        return "\n".join(f"== {path.name}\n" + "\n".join(_brief(end)) for path, end in ends)

    def _popen(self, argv: list[str], name: str) -> subprocess.Popen[bytes]:
        with (self.data_dir / f"{name}.log").open("wb") as log:
            return subprocess.Popen(
                [sys.executable, *argv],
                cwd=ROOT,
                env=self.environ,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=lifeline(signal.SIGTERM),
            )

    def _runs(self) -> bool:
        return bool(self.supervisor and self.supervisor.poll() is None)

    def _answers(self) -> bool:
        try:
            return httpx.get(f"{self.url}/up", timeout=1, trust_env=False).is_success
        except httpx.TransportError:
            return False


def wait_until(condition: Callable[[], bool], seconds: float) -> None:
    """Look again and again until the condition holds; raises after so many seconds."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.05)


def _brief(lines: list[str]) -> list[str]:
    """Log lines without the long traces in them."""
    found = []
    for line in lines:
        try:
            entry = json.loads(line)
            line = f"{entry.get('level')} {entry.get('logger')} {entry.get('message')}"
        except (ValueError, AttributeError):
            pass
        found.append(line[:300])
    return found
