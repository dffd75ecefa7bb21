"""A simulator of one's own as a process, the official SDK aimed at it, and a webhook receiver."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from sendblue_api import SendblueAPI

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ROOT = Path(__file__).resolve().parents[2]
KEYS = {"sb-api-key-id": "key-for-tests", "sb-api-secret-key": "secret-for-tests"}
LINE, OTHER_LINE = "+14155550100", "+16465550101"
# Everything at once: a test that is about time says so itself.
QUICK = {
    "sent_after_s": 0.01,
    "delivered_after_s": 0.01,
    "throughput_per_s": 0.0,
    "burst_per_s": 0,
    "extra_steps": False,
    "retry_delays_s": [0.05, 0.05, 0.05],
}


@dataclass
class Simulation:
    """A running simulator: its API for key holders and its control door."""

    url: str
    http: httpx.Client
    printed: list[str] = field(default_factory=list)

    def call(self, method: str, path: str, **options: Any) -> httpx.Response:
        """One API call with the keys."""
        return self.http.request(method, path, headers=KEYS, **options)

    def control(self, method: str, path: str, body: Any = None, /, **query: Any) -> Any:
        """One call of the control door that has to work."""
        answer = self.http.request(method, f"/_sim/{path}", json=body, params=query)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def reset(self, *, options: dict[str, Any] | None = None, **wishes: Any) -> None:
        """Back to the seeded state, quick, without webhooks."""
        wishes |= {"options": QUICK | (options or {})}
        self.control("POST", "reset", {"webhooks": {}, **wishes})
        self.control("POST", "people", {"enabled": False})

    def send(self, number: str, content: str = "Hello", **fields: Any) -> httpx.Response:
        """POST /api/send-message from the first line."""
        body = {"number": number, "from_number": LINE, "content": content, **fields}
        return self.call("POST", "/api/send-message", json=body)

    def ledger(self, path: str) -> list[dict[str, Any]]:
        """What the ledger says about a path."""
        return self.control("GET", "ledger", path=path)["entries"]

    def status_of(self, handle: str) -> str:
        """The status of a message now."""
        return self.call("GET", "/api/status", params={"handle": handle}).json()["status"]


class Receiver:
    """An address that webhooks come to; answers what the test says, 200 by default."""

    def __init__(self) -> None:
        self.arrived: list[tuple[str, dict[str, str], dict[str, Any]]] = []
        self.answers: list[int] = []
        receiver = self
        self._changed = threading.Condition()

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["content-length"])))
                headers = {name.lower(): value for name, value in self.headers.items()}
                with receiver._changed:
                    receiver.arrived.append((self.path, headers, body))
                    self.send_response(receiver.answers.pop(0) if receiver.answers else 200)
                    receiver._changed.notify_all()
                self.send_header("content-length", "0")
                self.end_headers()

            def log_message(self, *_: Any) -> None: ...

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def wait(self, count: int, path: str = "") -> list[dict[str, Any]]:
        """The bodies at a path once there are so many; fails after 10 s."""
        with self._changed:
            enough = self._changed.wait_for(lambda: len(self.at(path)) >= count, 10)
        assert enough, f"{len(self.at(path))} of {count} webhooks came"
        return self.at(path)

    def at(self, path: str) -> list[dict[str, Any]]:
        """The bodies that have come to a path."""
        return [body for where, _, body in self.arrived if where.startswith(path)]

    def close(self) -> None:
        """Stop listening."""
        self._server.shutdown()
        self._server.server_close()


@contextmanager
def running(*flags: str) -> Iterator[Simulation]:
    """A simulator process on a free port; its address is read from what it prints."""
    keys = ["--key-id", KEYS["sb-api-key-id"], "--secret-key", KEYS["sb-api-secret-key"]]
    process = subprocess.Popen(
        [sys.executable, "-m", "simulator", "--port", "0", *keys, *flags],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    first = process.stdout.readline()
    url = first.split()[-1]
    printed = [first]
    reader = threading.Thread(target=printed.extend, args=(process.stdout,), daemon=True)
    reader.start()
    try:
        with httpx.Client(base_url=url, trust_env=False, timeout=10) as http:
            yield Simulation(url, http, printed)
    finally:
        process.terminate()
        assert process.wait(10) in (0, -15)


def eventually(condition: Callable[[], Any], seconds: float = 10) -> Any:
    """The first true value of the condition; fails when it stays false."""
    deadline = time.monotonic() + seconds
    while not (value := condition()):
        assert time.monotonic() < deadline, "it never came true"
        time.sleep(0.01)
    return value


@pytest.fixture(scope="session")
def live() -> Iterator[Simulation]:
    """One simulator for all tests here."""
    with running() as simulation:
        yield simulation


@pytest.fixture
def sim(live: Simulation) -> Simulation:
    """The simulator in its seeded state."""
    live.reset()
    return live


@pytest.fixture
def sdk(sim: Simulation) -> Iterator[SendblueAPI]:
    """The official SDK, refusing every answer that does not fit its own models."""
    sim.control("POST", "options", {"null_for_empty": True})
    with SendblueAPI(
        api_key=KEYS["sb-api-key-id"],
        api_secret=KEYS["sb-api-secret-key"],
        base_url=sim.url,
        max_retries=0,
        _strict_response_validation=True,
    ) as client:
        yield client


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """A webhook receiver."""
    opened = Receiver()
    yield opened
    opened.close()
