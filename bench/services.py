"""The servers of a benchmark: a durable PostgreSQL, a Valkey and web processes, on loopback.

Everything ends with the `with` block that started it, and by the kernel's hand if we are killed.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
from psycopg.conninfo import make_conninfo

from sendblue_inbox import embedded
from sendblue_inbox.lifeline import lifeline

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ROOT = Path(__file__).resolve().parent.parent
EMAIL = "bench@example.com"
WEBHOOK_SECRET = "bench-webhook-secret"
PATIENCE = 60.0


@dataclass(frozen=True)
class Services:
    """The database and broker servers of one data folder, and who may log in."""

    data_dir: Path
    password: str

    def database(self, name: str) -> str:
        """The address of a database of that name."""
        return make_conninfo(embedded.database_url(self.data_dir), dbname=name)

    def fresh_database(self, name: str) -> str:
        """A database with the schema and one administrator, empty but for that."""
        self.drop_database(name)
        with self.connect("postgres") as connection:
            connection.execute(f'CREATE DATABASE "{name}" TEMPLATE template0')
        self.prepare(name)
        return self.database(name)

    def drop_database(self, name: str) -> None:
        """Remove the database where there is one."""
        with self.connect("postgres") as connection:
            connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')

    def has_database(self, name: str) -> bool:
        """Whether there is a database of that name."""
        with self.connect("postgres") as connection:
            query = "SELECT 1 FROM pg_database WHERE datname = %s"
            return connection.execute(query, [name]).fetchone() is not None

    def prepare(self, name: str) -> None:
        """Migrations, administrator and static files."""
        argv = [sys.executable, "manage.py", "prepare", "--static", "--json"]
        environ = self.environment(self.database(name))
        done = subprocess.run(argv, cwd=ROOT, env=environ, capture_output=True, text=True)
        if done.returncode:
            raise RuntimeError(f"manage.py prepare failed:\n{done.stderr[-2000:]}")

    def connect(self, name: str) -> psycopg.Connection:
        """A connection that commits each statement."""
        return psycopg.connect(self.database(name), autocommit=True)

    def environment(self, database_url: str, settings: str = "bench.settings") -> dict[str, str]:
        """What a process of the project gets."""
        return os.environ | {
            "DJANGO_SETTINGS_MODULE": settings,
            "DATA_DIR": str(self.data_dir),
            "DATABASE_URL": database_url,
            "CELERY_BROKER_URL": embedded.broker_url(self.data_dir),
            "SENDBLUE_API_KEY_ID": "bench",
            "SENDBLUE_API_SECRET_KEY": "bench",
            "SENDBLUE_API_BASE_URL": "http://127.0.0.1:9",  # nobody listens there
            "SENDBLUE_WEBHOOK_SECRETS": WEBHOOK_SECRET,
            "ADMIN_EMAIL": EMAIL,
            "ADMIN_PASSWORD": self.password,
            "LOG_LEVEL": "ERROR",
        }

    @contextlib.contextmanager
    def web(self, database_url: str, settings: str = "bench.settings") -> Iterator[int]:
        """One web process, started as `manage.py up` starts it; its port."""
        with socket.create_server(("127.0.0.1", 0), backlog=2048) as listener:
            port = listener.getsockname()[1]
            argv = [sys.executable, "-m", "sendblue_inbox.web", str(listener.fileno())]
            environ = self.environment(database_url, settings)
            descriptors = (listener.fileno(),)
            with running(argv, env=environ, pass_fds=descriptors) as process:
                wait_until(lambda: answers(port), process)
                yield port


@contextlib.contextmanager
def services(data_dir: Path) -> Iterator[Services]:
    """PostgreSQL, as durable as in an installation, and Valkey, over a kept data folder."""
    data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    password_file = data_dir / "password"
    if not password_file.exists():
        password_file.touch(mode=0o600)
        password_file.write_text(secrets.token_urlsafe(12), encoding="ascii")
    with contextlib.ExitStack() as stack:
        for server in (embedded.postgres(data_dir), embedded.valkey(data_dir)):
            log = stack.enter_context((data_dir / f"{server.name}.log").open("wb"))
            attach = lifeline(server.stop_signal)
            process = server.popen(output=log, preexec_fn=attach, start_new_session=True)
            stack.callback(end, process, server.stop_signal)
            wait_until(server.is_ready, process)
        yield Services(data_dir, password_file.read_text(encoding="ascii"))


@contextlib.contextmanager
def running(
    argv: list[str], *, env: dict[str, str], pass_fds: tuple[int, ...] = ()
) -> Iterator[subprocess.Popen[bytes]]:
    """A process of the project, ended with the block."""
    process = subprocess.Popen(
        argv, cwd=ROOT, env=env, pass_fds=pass_fds, preexec_fn=lifeline(signal.SIGTERM)
    )
    try:
        yield process
    finally:
        end(process, signal.SIGTERM)


def end(process: subprocess.Popen[bytes], stop_signal: signal.Signals) -> None:
    """Ask a process to stop, and make it."""
    process.send_signal(stop_signal)
    try:
        process.wait(30)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def wait_until(ready: Callable[[], bool], process: subprocess.Popen[bytes]) -> None:
    """Wait for a server's first answer; raises RuntimeError where none comes."""
    deadline = time.monotonic() + PATIENCE
    while not ready():
        if process.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError(f"{process.args!r} does not answer.")
        time.sleep(0.02)


def answers(port: int) -> bool:
    """Whether a web server answers, with whatever status."""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
            connection.sendall(b"GET /up HTTP/1.0\r\nHost: localhost\r\n\r\n")
            return connection.recv(5) == b"HTTP/"
    except OSError:
        return False
