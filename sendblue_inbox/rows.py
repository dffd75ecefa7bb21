"""What every drain of due rows has in common."""

from __future__ import annotations

import random
import time
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Self

# A drain takes no new row after this long; the bell and the sweep bring the next drain.
DRAIN_SECONDS = 20
# For drains whose single steps are short: the worker ends one that hangs (seconds).
SHORT_DRAIN = {"soft_time_limit": 25, "time_limit": 30}


@dataclass(frozen=True, slots=True)
class Turn:
    """The time that one drain may spend taking rows."""

    ends_at: float = field(default_factory=lambda: time.monotonic() + DRAIN_SECONDS)

    @classmethod
    def of(cls, seconds: float) -> Self:
        """A turn of another length."""
        return cls(time.monotonic() + seconds)

    @property
    def is_over(self) -> bool:
        """Whether no new row may be taken."""
        return time.monotonic() >= self.ends_at


def backoff(attempts: int, *, first: float, most: float) -> timedelta:
    """How long to wait before the next attempt: doubling from `first` to `most` seconds.

    Full jitter, so that what failed together does not come back together.
    """
    ceiling = min(most, first * 2 ** min(attempts, 30))
    return timedelta(seconds=ceiling * random.uniform(0.5, 1))  # noqa: S311
