"""What `manage.py up` has decided, handed over to the supervisor as JSON."""

from __future__ import annotations

import json
import os
import sys
from dataclasses import asdict, dataclass
from pathlib import Path

from .part import Command

CELERY = ["-m", "celery", "-A", "sendblue_inbox"]
WORKER = [
    *("worker", "--pool", "prefork", "--queues", "default,sending,media,bulk"),
    *("--without-gossip", "--without-mingle", "--without-heartbeat", "--loglevel", "WARNING"),
]
# A worker's child sends on several lines at once, and holds no connection during a POST.
WORKER_POOL_SIZE = "4"


@dataclass(frozen=True)
class Plan:
    """One installation on this machine."""

    base_dir: str
    data_dir: str
    host: str
    port: int
    site_url: str
    simulator_port: int | None  # None: a real account
    run_postgres: bool
    run_valkey: bool
    web_workers: int
    worker_concurrency: int

    @classmethod
    def from_json(cls, text: str) -> Plan:
        """The plan that `to_json` wrote."""
        return cls(**json.loads(text))

    def to_json(self) -> str:
        """The plan as one argument of a command line; it holds no secret."""
        return json.dumps(asdict(self))

    @property
    def data(self) -> Path:
        """The data folder."""
        return Path(self.data_dir)

    @property
    def web_names(self) -> list[str]:
        """The names of the web processes."""
        return (
            ["web"] if self.web_workers == 1 else [f"web{n + 1}" for n in range(self.web_workers)]
        )

    def environment(self) -> dict[str, str]:
        """What every process of ours gets: in the simulator's mode, its address and keys."""
        environ = os.environ | {"DATA_DIR": self.data_dir, "PYTHONUNBUFFERED": "1"}
        if self.simulator_port:
            environ |= {
                "SENDBLUE_API_BASE_URL": f"http://127.0.0.1:{self.simulator_port}",
                "SENDBLUE_API_KEY_ID": "simulator",
                "SENDBLUE_API_SECRET_KEY": "simulator-secret",
                "SENDBLUE_SIMULATED": "1",
            }
        return environ

    def simulator(self) -> Command:
        """The simulated account with people who write and answer."""
        environ = self.environment()
        keys = [
            *("--key-id", environ["SENDBLUE_API_KEY_ID"]),
            *("--secret-key", environ["SENDBLUE_API_SECRET_KEY"]),
        ]
        argv = ["-m", "simulator", "--port", str(self.simulator_port), *keys, "--people"]
        return self._python("simulator", argv)

    def prepare(self) -> Command:
        """Migrations, first administrator, static files; ends by itself."""
        return self._python("prepare", ["manage.py", "prepare", "--static", "--json"])

    def web(self, name: str, listener: int) -> Command:
        """One web process on the socket that we hold, so that its restart refuses nobody."""
        return self._python(name, ["-m", "sendblue_inbox.web", str(listener)], pass_fds=(listener,))

    def worker(self) -> Command:
        """One Celery worker for all queues."""
        argv = [*CELERY, *WORKER, "--concurrency", str(self.worker_concurrency)]
        return self._python("worker", argv, DATABASE_POOL_SIZE=WORKER_POOL_SIZE)

    def beat(self) -> Command:
        """The clock that rings for what a doorbell missed."""
        return self._python("beat", [*CELERY, "beat", "--loglevel", "WARNING"])

    def _python(
        self, name: str, argv: list[str], *, pass_fds: tuple[int, ...] = (), **environ: str
    ) -> Command:
        env = self.environment() | environ
        return Command(name, [sys.executable, *argv], Path(self.base_dir), env, pass_fds)
