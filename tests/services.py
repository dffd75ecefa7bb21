"""A pytest plugin: a PostgreSQL and a Valkey of their own for each test run.

Loaded with `-p`, because the addresses must be in the environment before Django's settings are
read. One process owns the servers: the only one, or the controller of pytest-xdist, whose workers
inherit the environment. A run that touches no database starts nothing.
"""

from __future__ import annotations

import atexit
import os
import shutil
import subprocess
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from sendblue_inbox import embedded
from sendblue_inbox.lifeline import lifeline

if TYPE_CHECKING:
    from sendblue_inbox.embedded import Server

OWNER = "TEST_SERVICES_OWNER"
START_SECONDS = 60


class Services:
    """The servers of this test run, started at the first need."""

    def __init__(self) -> None:
        self.owned = OWNER not in os.environ
        self.processes: list[tuple[Server, subprocess.Popen[bytes]]] = []
        if self.owned:
            atexit.register(self.stop)  # also after Ctrl-C and after an error before any test
            self.data_dir = Path(tempfile.mkdtemp(prefix="inbox-tests-"))
            # Also what a developer's .env says about a real account must not reach a test.
            os.environ |= {
                OWNER: str(os.getpid()),
                "DATA_DIR": str(self.data_dir),
                "DATABASE_URL": embedded.database_url(self.data_dir),
                "CELERY_BROKER_URL": embedded.broker_url(self.data_dir),
                "SECRET_KEY": "only-for-tests-" + "x" * 50,
                "SENDBLUE_API_BASE_URL": "http://127.0.0.1:9",  # nobody listens there
                "SENDBLUE_API_KEY_ID": "test-key",
                "SENDBLUE_API_SECRET_KEY": "test-secret",
                "SENDBLUE_WEBHOOK_SECRETS": "test-webhook-secret",
                "SITE_URL": "http://testserver",
                "ADMIN_EMAIL": "admin@example.com",
                "LOG_LEVEL": "WARNING",
            }

    def start(self) -> None:
        """Start both servers and wait until they answer; nothing where they run already."""
        if not self.owned or self.processes:
            return
        for server in (
            embedded.postgres(self.data_dir, durable=False),
            embedded.valkey(self.data_dir),
        ):
            with (self.data_dir / f"{server.name}.log").open("wb") as log:
                options = {"preexec_fn": lifeline(server.stop_signal), "start_new_session": True}
                self.processes.append((server, server.popen(output=log, **options)))
        deadline = time.monotonic() + START_SECONDS
        for server, process in self.processes:
            while not server.is_ready():
                if process.poll() is not None or time.monotonic() > deadline:
                    log_text = (self.data_dir / f"{server.name}.log").read_text()
                    raise RuntimeError(f"{server.name} did not start:\n{log_text}")
                time.sleep(0.02)

    def stop(self) -> None:
        """End what we started and remove its folder."""
        for server, process in self.processes:
            process.send_signal(server.stop_signal)
        for _server, process in self.processes:
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
        self.processes.clear()
        shutil.rmtree(self.data_dir, ignore_errors=True)


services = Services()


def pytest_configure(config: pytest.Config) -> None:
    # Workers of pytest-xdist cannot start them at need: who would stop them?
    if getattr(config.option, "numprocesses", None):
        services.start()


@pytest.fixture(scope="session")
def broker() -> str:
    """The address of a running Valkey."""
    services.start()
    return os.environ["CELERY_BROKER_URL"]
