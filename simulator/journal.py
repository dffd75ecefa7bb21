"""A numbered log in memory that forgets its oldest entries before it fills the machine."""

from __future__ import annotations

from collections import deque
from itertools import islice
from typing import Any


class Journal:
    """Entries numbered from 1; since(n) gives those after n."""

    def __init__(self, longest: int = 200_000) -> None:
        self._entries: deque[dict[str, Any]] = deque(maxlen=longest)
        self._last = 0

    def add(self, entry: dict[str, Any]) -> dict[str, Any]:
        """Number an entry and keep it; the caller may fill it in later."""
        self._last += 1
        numbered = {"n": self._last, **entry}
        self._entries.append(numbered)
        return numbered

    def since(self, number: int) -> list[dict[str, Any]]:
        """The kept entries with a number above this one, oldest first."""
        first = self._last - len(self._entries) + 1
        return list(islice(self._entries, max(number + 1 - first, 0), None))

    def clear(self) -> None:
        """Forget everything and number from 1 again."""
        self._entries.clear()
        self._last = 0
