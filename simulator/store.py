"""Messages in memory: a million of them, found again by handle, number, group and time."""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections import defaultdict
from dataclasses import dataclass, field
from operator import attrgetter
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

_NOTHING: Mapping[str, Any] = MappingProxyType({})


@dataclass(slots=True, eq=False)
class Message:
    """One message either way; times in milliseconds, rare fields (errors, replies …) in extra."""

    handle: str
    line: str
    number: str
    content: str
    is_outbound: bool
    status: str
    created: int
    service: str = "iMessage"
    media_url: str = ""
    message_type: str = "message"
    group_id: str = ""
    send_style: str = ""
    was_downgraded: bool | None = None
    opted_out: bool = False
    extra: Mapping[str, Any] = field(default_factory=lambda: _NOTHING)
    updated: int = 0
    seq: int = 0

    def __post_init__(self) -> None:
        self.updated = self.updated or self.created

    @property
    def from_number(self) -> str:
        """Who sent it."""
        return self.line if self.is_outbound else self.number

    @property
    def to_number(self) -> str:
        """Who got it."""
        return self.number if self.is_outbound else self.line


@dataclass(slots=True)
class Pair:
    """What a line and a contact have said to each other; milliseconds, 0 is never."""

    last_inbound: int = 0
    last_outbound: int = 0
    outbound_since_reply: int = 0


@dataclass(slots=True)
class Query:
    """A listing: window bounds inclusive in milliseconds, and equality filters by field name."""

    order_by: str = "created"
    descending: bool = True
    limit: int = 100
    offset: int = 0
    windows: dict[str, tuple[int, int]] = field(default_factory=dict)
    number: str = ""
    group_id: str = ""
    equals: dict[str, Any] = field(default_factory=dict)


def _created(message: Message) -> tuple[int, int]:
    return message.created, message.seq


def _updated(message: Message) -> tuple[int, int]:
    return message.updated, message.seq


_KEYS: dict[str, Callable[[Message], tuple[int, int]]] = {"created": _created, "updated": _updated}
_LAST = float("inf")


class MessageStore:
    """All messages, in sorted lists: adding and touching happen near the end, so they are cheap."""

    def __init__(self) -> None:
        self.by_handle: dict[str, Message] = {}
        self.pairs: dict[tuple[str, str], Pair] = defaultdict(Pair)
        self._created: list[Message] = []
        self._updated: list[Message] = []
        self._by_number: dict[str, list[Message]] = defaultdict(list)
        self._by_group: dict[str, list[Message]] = defaultdict(list)
        self._next_seq = 1

    def __len__(self) -> int:
        return len(self.by_handle)

    def add(self, message: Message) -> None:
        """Keep a new message."""
        self._number(message)
        insort(self._created, message, key=_created)
        insort(self._updated, message, key=_updated)
        insort(self._by_number[message.number], message, key=_created)
        if message.group_id:
            insort(self._by_group[message.group_id], message, key=_created)

    def load(self, messages: Iterable[Message]) -> None:
        """Keep many at once: append and sort, not one insertion each."""
        for message in sorted(messages, key=lambda row: row.created):
            self._number(message)
            self._created.append(message)
            self._updated.append(message)
            self._by_number[message.number].append(message)
            if message.group_id:
                self._by_group[message.group_id].append(message)
        self._created.sort(key=_created)
        self._updated.sort(key=_updated)
        for rows in (*self._by_number.values(), *self._by_group.values()):
            rows.sort(key=_created)

    def touch(self, message: Message, at: int) -> None:
        """Give the message a new time of change."""
        self._take_out(self._updated, message, _updated)
        message.updated = at
        insort(self._updated, message, key=_updated)

    def remove(self, message: Message) -> None:
        """Forget a message in every list."""
        del self.by_handle[message.handle]
        self._take_out(self._created, message, _created)
        self._take_out(self._updated, message, _updated)
        self._take_out(self._by_number[message.number], message, _created)
        if message.group_id:
            self._take_out(self._by_group[message.group_id], message, _created)

    def of_group(self, group_id: str) -> list[Message]:
        """The messages of a group, oldest first."""
        return self._by_group.get(group_id, [])

    def of_number(self, number: str) -> list[Message]:
        """The messages of a contact, oldest first."""
        return self._by_number.get(number, [])

    def find(self, query: Query) -> tuple[list[Message], int]:
        """One page and the total. A window on the sort key without filters costs only the page."""
        rows, key = self._candidates(query)
        windows = {name: bounds for name, bounds in query.windows.items() if name != key}
        for name, (low, high) in windows.items():
            bound = attrgetter(name)
            rows = [row for row in rows if low <= bound(row) <= high]
        equals = dict(query.equals)
        if query.group_id and query.number:
            equals["number"] = query.number
        for name, value in equals.items():
            field_of = attrgetter(name)
            rows = [row for row in rows if field_of(row) == value]
        if key != query.order_by:
            rows = sorted(rows, key=_KEYS[query.order_by])
        total = len(rows)
        first, last = query.offset, min(query.offset + query.limit, total)
        if query.descending:
            return list(reversed(rows[max(total - last, 0) : max(total - first, 0)])), total
        return rows[first:last], total

    def _candidates(self, query: Query) -> tuple[list[Message], str]:
        """The shortest list that holds every answer, and the key that it is sorted by."""
        if query.group_id:
            rows, key = self._by_group.get(query.group_id, []), "created"
        elif query.number:
            rows, key = self._by_number.get(query.number, []), "created"
        elif "updated" in query.windows and (
            query.order_by == "updated" or "created" not in query.windows
        ):
            rows, key = self._updated, "updated"
        elif "created" in query.windows or query.order_by == "created":
            rows, key = self._created, "created"
        else:
            rows, key = self._updated, "updated"
        low, high = query.windows.get(key, (0, _LAST))
        first = bisect_left(rows, (low, 0), key=_KEYS[key])
        last = bisect_right(rows, (high, _LAST), key=_KEYS[key])
        whole = first == 0 and last == len(rows)
        return (rows if whole else rows[first:last]), key

    def _number(self, message: Message) -> None:
        message.seq = self._next_seq
        self._next_seq += 1
        self.by_handle[message.handle] = message
        if message.group_id:
            return
        pair = self.pairs[message.line, message.number]
        if message.is_outbound:
            pair.last_outbound = max(pair.last_outbound, message.created)
            pair.outbound_since_reply += 1
        else:
            pair.last_inbound = max(pair.last_inbound, message.created)
            pair.outbound_since_reply = 0

    @staticmethod
    def _take_out(
        rows: list[Message], message: Message, key: Callable[[Message], tuple[int, int]]
    ) -> None:
        del rows[bisect_left(rows, key(message), key=key)]
