"""The simulated clock: real time that tests may push forward or speed up."""

from __future__ import annotations

import time
from datetime import UTC, datetime

SECOND = 1000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR


class Clock:
    """Milliseconds since 1970, advanced and rated on demand; growing stamps for messages."""

    def __init__(self) -> None:
        self._anchor_real = time.time()
        self._anchor_simulated = self._anchor_real
        self.rate = 1.0
        self._last_stamp = 0

    def seconds(self) -> float:
        """Simulated seconds since 1970."""
        return self._anchor_simulated + (time.time() - self._anchor_real) * self.rate

    def now(self) -> int:
        """Simulated milliseconds since 1970."""
        return int(self.seconds() * SECOND)

    def stamp(self, *, backlog: int = 0) -> int:
        """A time no other stamp has, so that order by time is order of events.

        A batch passes the number of stamps still to come as backlog: it is laid into the
        milliseconds just past instead of running ahead into the future.
        """
        self._last_stamp = max(self.now() - backlog, self._last_stamp + 1)
        return self._last_stamp

    def advance(self, seconds: float) -> None:
        """Jump by so many seconds; negative jumps back."""
        self._anchor_simulated += seconds
        if seconds < 0:
            self._last_stamp = min(self._last_stamp, self.now())

    def set_rate(self, rate: float) -> None:
        """From now on let simulated time pass at this multiple of real time."""
        self._anchor_simulated, self._anchor_real = self.seconds(), time.time()
        self.rate = rate


def iso(milliseconds: int) -> str:
    """The time as Sendblue writes it: ISO 8601, milliseconds, Z."""
    moment = datetime.fromtimestamp(milliseconds / SECOND, UTC)
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{milliseconds % SECOND:03d}Z"


def milliseconds_of(text: str) -> int:
    """Read an ISO 8601 time (naive means UTC); ValueError when it is none."""
    # An unescaped plus sign of an offset arrives as a space.
    moment = datetime.fromisoformat(text.replace(" ", "+") if "T" in text else text)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return round(moment.timestamp() * SECOND)
