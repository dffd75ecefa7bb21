"""Fixtures for all tests: the simulator of Sendblue over HTTP."""

from __future__ import annotations

import contextlib
import signal
import socket
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from sendblue_inbox.lifeline import lifeline
from tests.services import services

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_django import Settings

ROOT = Path(__file__).resolve().parent.parent
START_SECONDS = 20


@dataclass(frozen=True)
class Simulator:
    """A running simulator and its control door."""

    url: str
    key_id: str
    secret_key: str
    http: httpx.Client

    def control(self, method: str, path: str, body: Any = None, /, **query: Any) -> Any:
        """One call of the control door; raises on any answer but a 2xx. Returns the JSON."""
        answer = self.http.request(method, f"/_sim/{path.lstrip('/')}", json=body, params=query)
        if answer.is_error:
            raise AssertionError(f"{method} /_sim/{path}: {answer.status_code} {answer.text}")
        return answer.json() if answer.content else None

    def reset(self, **seed: Any) -> None:
        """Back to the seeded state, or to the one given (`lines`, `contacts`, `messages`)."""
        self.control("POST", "reset", seed)

    def state(self) -> dict[str, Any]:
        """Everything that the simulated account holds."""
        return self.control("GET", "state")

    def inbound(self, **message: Any) -> list[str]:
        """A person writes; `from` is spelled `from_`. Returns the message handles."""
        body = {name.rstrip("_"): value for name, value in message.items()}
        return self.control("POST", "inbound", body)["handles"]

    def ledger(self, path: str | None = None, since: int = 0) -> list[dict[str, Any]]:
        """The API requests taken so far, in order."""
        query = {"since": since} | ({"path": path} if path else {})
        return self.control("GET", "ledger", **query)["entries"]

    def fault(self, **fault: Any) -> None:
        """What goes wrong next: `method`, `path`, `mode`, `times`, …"""
        self.control("POST", "faults", fault)


def free_port() -> int:
    """A loopback port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings_parallel_suffix: None) -> None:
    """pytest-django asks for this right before it makes the test database."""
    services.start()


@contextlib.contextmanager
def simulator_process() -> Iterator[Simulator]:
    """A simulator process of one's own."""
    port, key_id, secret_key = free_port(), "sim-key", "sim-secret"
    argv = [sys.executable, "-m", "simulator", "--port", str(port)]
    process = subprocess.Popen(
        [*argv, "--key-id", key_id, "--secret-key", secret_key],
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        preexec_fn=lifeline(signal.SIGTERM),
    )
    url = f"http://127.0.0.1:{port}"
    with httpx.Client(base_url=url, trust_env=False, timeout=60) as http:
        simulator = Simulator(url, key_id, secret_key, http)
        deadline = time.monotonic() + START_SECONDS
        while not _answers(http):
            assert process.poll() is None, "the simulator ended at once: see above"
            assert time.monotonic() < deadline, "the simulator does not answer"
            time.sleep(0.02)
        yield simulator
    process.terminate()
    process.wait(10)


@pytest.fixture(scope="session")
def running_simulator() -> Iterator[Simulator]:
    """One simulator process for all tests of this pytest process."""
    with simulator_process() as simulator:
        yield simulator


@pytest.fixture
def simulator(running_simulator: Simulator, settings: Settings) -> Iterator[Simulator]:
    """The simulator in its seeded state, with the settings pointing to it."""
    running_simulator.reset()
    settings.SENDBLUE_API_BASE_URL = running_simulator.url
    settings.SENDBLUE_API_KEY_ID = running_simulator.key_id
    settings.SENDBLUE_API_SECRET_KEY = running_simulator.secret_key
    settings.SIMULATED = True
    yield running_simulator
    running_simulator.control("DELETE", "faults")


def _answers(http: httpx.Client) -> bool:
    try:
        return http.get("/_sim/state").is_success
    except httpx.TransportError:
        return False
