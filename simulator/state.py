"""The whole state of the simulated account, in memory, changed only inside one event loop."""

from __future__ import annotations

import asyncio
import logging
import random
import uuid
from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from .address_book import AddressBook
from .clock import Clock
from .options import Options, profile
from .phones import fate_of
from .store import MessageStore

if TYPE_CHECKING:
    from collections.abc import Coroutine

log = logging.getLogger("simulator")

WEBHOOK_TYPES = (
    "receive",
    "outbound",
    "typing_indicator",
    "call_log",
    "call_completed",
    "inbound_call",
    "line_blocked",
    "line_assigned",
    "contact_created",
    "contact_profile",
)


@dataclass(slots=True)
class Line:
    """One of our numbers; times in milliseconds, counters as the limits need them."""

    number: str
    status: str = "ONLINE"
    blocked: bool = False
    assignment: str = "assigned"
    status_changed: int = 0
    degraded_since: int = 0
    forwarding_number: str | None = None
    profile: dict[str, str] | None = None
    usage: dict[str, Any] = field(default_factory=dict)  # what a test laid over the real figures
    queued: int = 0
    next_slot: float = 0.0
    sends: deque[int] = field(default_factory=lambda: deque(maxlen=1000))
    new_contacts: deque[tuple[int, str]] = field(default_factory=lambda: deque(maxlen=10_000))
    follow_ups: deque[tuple[int, str]] = field(default_factory=lambda: deque(maxlen=10_000))
    overrides: dict[str, int] = field(default_factory=dict)


@dataclass(slots=True)
class Contact:
    """One entry of the account's address book."""

    contact_id: str
    phone: str
    created: int
    first_name: str = ""
    last_name: str = ""
    company_name: str = ""
    assigned_to_email: str = ""
    sendblue_number: str = ""
    tags: list[str] = field(default_factory=list)
    custom_variables: dict[str, str] = field(default_factory=dict)
    opt_out: bool = False
    verified: bool = False


@dataclass(slots=True)
class Phone:
    """The telephone at the other end: what it can receive and whether its owner said STOP."""

    service: str
    opted_out: bool = False


@dataclass(slots=True)
class Group:
    """A group conversation; numbers holds the people, not our line."""

    group_id: str
    line: str
    numbers: list[str]
    created: int
    updated: int
    name: str | None = None
    photo: dict[str, str] | None = None


@dataclass(slots=True)
class Seat:
    """A human agent as Sendblue knows them."""

    seat_id: str
    email: str
    first_name: str
    last_name: str
    created: int
    forwarding_number: str | None = None


@dataclass(slots=True)
class Upload:
    """Bytes that an upload stored, served under /media/."""

    content: bytes
    content_type: str


@dataclass(slots=True)
class Token:
    """A temporary bearer token; numbers is empty when it may use the whole account."""

    token_id: str
    token: str
    expires: int
    numbers: list[str]


@dataclass(frozen=True, slots=True)
class Settings:
    """What the command line decided; it outlives every reset."""

    key_id: str
    secret_key: str
    address: str
    profile: str = "live"
    seed: int = 1
    people: bool = False
    callback_hosts: tuple[str, ...] = ()


class World:
    """Everything that exists; reset() empties it and runs() ties background work to its life."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.webhooks: dict[str, list[Any]] = {}
        self.global_secret: str | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self.empty(settings.seed)

    def empty(self, seed: int) -> None:
        """Forget everything but the webhook registrations, and stop what was under way.

        Registrations stay because the program that listens does not know of the reset.
        """
        for task in self._tasks:
            task.cancel()
        self.seed = seed
        self.random = random.Random(seed)  # repeatable on purpose, guards nothing
        self.clock = Clock()
        self.options: Options = profile(self.settings.profile)
        self.lines: dict[str, Line] = {}
        self.contacts = AddressBook()
        self.phones: dict[str, Phone] = {}
        self.messages = MessageStore()
        self.groups: dict[str, Group] = {}
        self.seats: dict[str, Seat] = {}
        self.uploads: dict[str, Upload] = {}
        self.tokens: dict[str, Token] = {}
        self.blocked: set[str] = set()
        self.totp_secrets: dict[str, Any] = {}
        self.locations: dict[str, dict[str, Any]] = {}
        self.verified_contacts: dict[str, dict[str, Any]] = {}
        self.verifications: dict[str, dict[str, Any]] = {}
        self.line_requests: dict[str, str] = {}
        self.previews: dict[str, int] = {}
        self.app_card_keys: dict[str, str] = {}
        self.request_times: dict[str, deque[int]] = {}
        self.evaluations: deque[int] = deque()

    def runs(self, work: Coroutine[Any, Any, None]) -> None:
        """Run background work until it ends or the world is emptied."""
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("background work failed", exc_info=error)

    def add_line(self, number: str) -> Line:
        """A new line of the account, online."""
        self.lines[number] = Line(number, status_changed=self.clock.now())
        return self.lines[number]

    def phone(self, number: str) -> Phone:
        """The telephone with this number; it comes into being when first asked for."""
        if number not in self.phones:
            fate = fate_of(number)
            self.phones[number] = Phone(fate.service, fate.opted_out)
        return self.phones[number]

    def new_uuid(self) -> str:
        """A random UUID that the seed decides."""
        return str(uuid.UUID(int=self.random.getrandbits(128), version=4))

    def media_url(self, name: str) -> str:
        """The public address of an upload or a built-in picture."""
        return f"{self.settings.address}/media/{name}"
