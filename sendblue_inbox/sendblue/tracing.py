"""What was written to Sendblue, for whoever must be able to prove it.

Headers are not kept, so no key is; bodies are as they went out.
"""

from __future__ import annotations

from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(slots=True)
class Written:
    """One write: when it left, its path, its JSON, and what a success answered."""

    method: str
    path: str
    body: Any = field(repr=False)
    at: datetime = field(default_factory=lambda: datetime.now(UTC))
    status: int | None = None
    answer: Any = field(default=None, repr=False)


_traced: ContextVar[list[Written] | None] = ContextVar("writes to Sendblue", default=None)


@contextmanager
def traced() -> Iterator[list[Written]]:
    """The writes of this thread that are made inside, in order, also those that fail."""
    written: list[Written] = []
    token = _traced.set(written)
    try:
        yield written
    finally:
        _traced.reset(token)


def trace(written: Written) -> Written:
    """Tell whoever wants to know that a write is about to be made."""
    found = _traced.get()
    if found is not None:
        found.append(written)
    return written
