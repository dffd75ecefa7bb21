"""Webhooks on their way: late, twice, shuffled, lost or paused as asked, retried as documented."""

from __future__ import annotations

import asyncio
import ipaddress
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import httpx
import orjson

from .clock import iso
from .journal import Journal

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .state import World

SECRET_HEADER = "sb-signing-secret"  # the name of the header, not a secret


@dataclass(slots=True)
class Travel:
    """How webhooks travel from now on (POST /_sim/deliveries)."""

    duplicate: float = 0.0
    shuffle_within_s: float = 0.0
    delay_s: tuple[float, float] = (0.0, 0.0)
    drop: float = 0.0
    paused: bool = False

    def apply(self, changes: Mapping[str, Any]) -> None:
        """Change the named settings; ValueError for unknown names and impossible values."""
        for name, value in changes.items():
            if name == "paused":
                self.paused = bool(value)
            elif name == "delay_s":
                low, high = value if isinstance(value, list) else (value, value)
                self.delay_s = (float(low), float(high))
            elif name in ("duplicate", "shuffle_within_s", "drop"):
                setattr(self, name, float(value))
            else:
                raise ValueError(f"unknown delivery setting {name!r}")

    def as_dict(self) -> dict[str, Any]:
        """The settings as JSON."""
        return {**asdict(self), "delay_s": list(self.delay_s)}


@dataclass(frozen=True, slots=True)
class Parcel:
    """One webhook to one address."""

    kind: str
    url: str
    secret: str | None
    body: bytes
    message_handle: str | None


class Courier:
    """Posts webhooks to this machine only and keeps a log of every attempt."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.travel = Travel()
        self.journal = Journal()
        self._client: httpx.AsyncClient | None = None
        self._running = asyncio.Event()
        self._running.set()
        self._slots = asyncio.Semaphore(world.options.webhook_concurrency)

    def reset(self) -> None:
        """Travel straight again, with an empty log; the world has ended what was on its way."""
        self.travel = Travel()
        self.journal.clear()
        self._running.set()
        self._slots = asyncio.Semaphore(self.world.options.webhook_concurrency)

    def set_travel(self, changes: Mapping[str, Any]) -> None:
        """Change how webhooks travel; ends or begins a pause."""
        self.travel.apply(changes)
        if self.travel.paused:
            self._running.clear()
        else:
            self._running.set()

    def announce(self, kind: str, payload: Mapping[str, Any]) -> None:
        """Send an event to every address registered for its kind, once for each registration."""
        for entry in self.world.webhooks.get(kind, []):
            url, secret, lines = entry, None, None
            if isinstance(entry, dict):
                url, secret, lines = (
                    entry["url"],
                    entry.get("secret"),
                    entry.get("sendblue_numbers"),
                )
            if kind == "receive" and lines and payload.get("sendblue_number") not in lines:
                continue
            self.post(kind, url, payload, secret or self.world.global_secret)

    def post(
        self, kind: str, url: str, payload: Mapping[str, Any], secret: str | None = None
    ) -> None:
        """Send one webhook; a status callback goes without a secret (contract 3.1)."""
        handle = payload.get("message_handle")
        parcel = Parcel(kind, url, secret, orjson.dumps(dict(payload)), handle)
        chance = self.world.random.random
        if not may_reach(url, self.world.settings.callback_hosts):
            self._note(parcel, 0, None, "not an address of this machine")
            return
        if chance() < self.travel.drop:
            self._note(parcel, 0, None, "dropped on purpose")
            return
        for _ in range(2 if chance() < self.travel.duplicate else 1):
            self.world.runs(self._carry(parcel, self._delay()))

    async def close(self) -> None:
        """Let go of open connections."""
        if self._client is not None:
            await self._client.aclose()
            self._client = None

    def _delay(self) -> float:
        low, high = self.travel.delay_s
        uniform = self.world.random.uniform
        return uniform(low, high) + uniform(0, self.travel.shuffle_within_s)

    async def _carry(self, parcel: Parcel, delay: float) -> None:
        waits = [delay, *self.world.options.retry_delays_s]
        for attempt, wait in enumerate(waits, start=1):
            if wait:
                await asyncio.sleep(wait)
            await self._running.wait()
            async with self._slots:
                status, error = await self._attempt(parcel)
            self._note(parcel, attempt, status, error)
            if not self._again(status):
                return

    async def _attempt(self, parcel: Parcel) -> tuple[int | None, str | None]:
        if self._client is None:
            limits = httpx.Limits(max_connections=64, max_keepalive_connections=16)
            self._client = httpx.AsyncClient(limits=limits, trust_env=False)
        headers = {"content-type": "application/json"}
        if parcel.secret:
            headers[SECRET_HEADER] = parcel.secret
        try:
            answer = await self._client.post(
                parcel.url,
                content=parcel.body,
                headers=headers,
                timeout=self.world.options.webhook_timeout_s,
            )
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            return None, type(error).__name__
        return answer.status_code, None

    def _again(self, status: int | None) -> bool:
        """Contract 3.1 and 5.24: no answer and 5xx are retried, by choice everything but 2xx."""
        if status is None or status >= 500:
            return True
        return self.world.options.retry_on == "non_2xx" and not 200 <= status < 300

    def _note(self, parcel: Parcel, attempt: int, status: int | None, error: str | None) -> None:
        self.journal.add(
            {
                "at": iso(self.world.clock.now()),
                "kind": parcel.kind,
                "url": parcel.url,
                "message_handle": parcel.message_handle,
                "attempt": attempt,
                "status": status,
                "error": error,
            }
        )


def may_reach(url: str, allowed_hosts: tuple[str, ...]) -> bool:
    """Whether a webhook may go there: this machine, or a host named on the command line.

    Whatever address a test or a person registers, no traffic leaves the machine by accident.
    """
    parts = urlsplit(url)
    host = parts.hostname or ""
    if parts.scheme not in ("http", "https"):
        return False
    if host == "localhost" or host in allowed_hosts:
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
