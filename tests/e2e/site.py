"""A whole inbox as processes: web, worker, beat and a simulator, on a database of its own.

PostgreSQL and Valkey are those of the test run. Nothing else uses the site's database, so its
worker and the tests of other files never meet.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import signal
import socket
import subprocess
import sys
import tempfile
import time
from typing import TYPE_CHECKING

import httpx
import psycopg
from django.conf import settings
from django.core.management import call_command
from django.db import connection
from django.test import Client
from psycopg.conninfo import make_conninfo

from sendblue_inbox.lifeline import lifeline
from sendblue_inbox.roles import Role
from sendblue_inbox.supervisor.plan import CELERY, WORKER
from tests.conftest import ROOT, Simulator
from tests.factories import make_agent

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sendblue_inbox.models import User

OUR_LINE, OTHER_LINE = "+15550100001", "+15550100002"
SECONDS = 40


class Site:
    """A running inbox: its address, its simulator, and its processes to be mistreated."""

    def __init__(self, simulator: Simulator, *, number: int) -> None:
        self.simulator = simulator
        self.database = f"e2e_{os.getpid()}"
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=2048)
        self.url = f"http://127.0.0.1:{self.listener.getsockname()[1]}"
        broker = os.environ["CELERY_BROKER_URL"]
        if "virtual_host=0" in broker:
            broker = broker.replace("virtual_host=0", f"virtual_host={number}")
        else:
            broker = f"{broker.removesuffix('/0')}/{number}"
        self.environ = os.environ | {
            "DJANGO_SETTINGS_MODULE": "tests.e2e.settings",
            "DATABASE_URL": make_conninfo(settings.DATABASE_URL, dbname=self.database),
            "CELERY_BROKER_URL": broker,
            "SITE_URL": self.url,
            "SENDBLUE_API_BASE_URL": simulator.url,
            "SENDBLUE_API_KEY_ID": simulator.key_id,
            "SENDBLUE_API_SECRET_KEY": simulator.secret_key,
            "SENDBLUE_SIMULATED": "1",
            "DATABASE_POOL_SIZE": "4",
            "LOG_LEVEL": "ERROR",
        }
        self.log = tempfile.TemporaryFile()  # noqa: SIM115
        self.parts: list[subprocess.Popen[bytes]] = []
        self.web: subprocess.Popen[bytes] | None = None
        self.users: dict[str, User] = {}
        self.sessions: dict[str, str] = {}

    def start(self) -> None:
        """Make the database, start every part, and wait until the account is connected."""
        self.simulator.reset(lines=[OUR_LINE, OTHER_LINE], contacts=[], messages=[])
        self._make_database()
        self.start_web()
        worker = [*CELERY, *WORKER, "--concurrency", "2"]
        for argv in (worker, [*CELERY, "beat", "--loglevel", "WARNING"]):
            self.parts.append(self._popen(argv))
        with self.rows():
            self.add_agent("Ana", role=Role.ADMINISTRATOR)
            self.add_agent("Ben")
        wait_until(self._is_connected, "the inbox answers and is connected to the simulator")

    def stop(self) -> None:
        """End every part and remove the database."""
        processes = [*self.parts, *([self.web] if self.web else [])]
        for process in processes:
            process.kill()
        for process in processes:
            process.wait()
        self.listener.close()
        self.log.close()
        with self._maintenance() as admin:
            admin.execute(f'DROP DATABASE IF EXISTS "{self.database}" WITH (FORCE)')

    def start_web(self) -> None:
        """Start the web server on the socket that we hold, as the supervisor does."""
        listener = self.listener.fileno()
        argv = ["-m", "sendblue_inbox.web", str(listener)]
        self.web = self._popen(argv, pass_fds=(listener,))

    def kill_web(self) -> None:
        """SIGKILL for the web server; the socket goes on taking connections."""
        assert self.web
        self.web.kill()
        self.web.wait()

    def add_agent(self, name: str, **fields: str) -> None:
        """Somebody who works here, with a login of theirs."""
        self.users[name] = make_agent(f"{name.lower()}@example.com", name=name, **fields)
        self.log_in(name)

    def log_in(self, name: str) -> None:
        """A new session for somebody, without the page."""
        client = Client()
        client.force_login(self.users[name])
        self.sessions[name] = client.cookies[settings.SESSION_COOKIE_NAME].value

    @contextlib.contextmanager
    def rows(self) -> Iterator[None]:
        """The test's own connection reads and writes the site's database inside."""
        own = connection.settings_dict["NAME"]
        self._use_database(self.database)
        try:
            yield
        finally:
            self._use_database(own)

    @staticmethod
    def _use_database(name: str) -> None:
        connection.close()
        connection.close_pool()
        connection.settings_dict["NAME"] = name

    def _make_database(self) -> None:
        with self._maintenance() as admin:
            admin.execute(f'CREATE DATABASE "{self.database}" TEMPLATE template0')
        with self.rows():
            call_command("migrate", interactive=False, verbosity=0)
            call_command("createcachetable")

    @staticmethod
    def _maintenance() -> psycopg.Connection:
        return psycopg.connect(
            make_conninfo(settings.DATABASE_URL, dbname="postgres"), autocommit=True
        )

    def _popen(self, argv: list[str], *, pass_fds: tuple[int, ...] = ()) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [sys.executable, *argv],
            cwd=ROOT,
            env=self.environ,
            pass_fds=pass_fds,
            stdout=self.log,
            stderr=self.log,
            preexec_fn=lifeline(signal.SIGKILL),
        )

    def _is_connected(self) -> bool:
        for process in (*self.parts, self.web):
            assert process and process.poll() is None, self._last_words()
        try:
            is_up = httpx.get(f"{self.url}/up", timeout=2, trust_env=False).is_success
        except httpx.TransportError:
            return False
        webhooks = self.simulator.state()["webhooks"]
        return is_up and bool(webhooks.get("receive")) and bool(webhooks.get("outbound"))

    def _last_words(self) -> str:
        self.log.seek(0)
        return f"a part of the site ended:\n{self.log.read().decode()[-3000:]}"


def new_number() -> str:
    """Somebody who has never written."""
    return f"+1415{secrets.randbelow(10**7 - 2 * 10**6) + 2 * 10**6:07d}"


def wait_until(true: Callable[[], object], what: str) -> None:
    """Wait for something outside the browser; locators wait by themselves."""
    deadline = time.monotonic() + SECONDS
    while not true():
        assert time.monotonic() < deadline, f"not within {SECONDS} s: {what}"
        time.sleep(0.03)
