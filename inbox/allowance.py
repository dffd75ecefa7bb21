"""How many new people a line may write to, and when the next (contract 1.6, 2.8).

Pure reckoning over moments: what is asked of the rows is in `actions/opening.py`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

NEW_YORK = ZoneInfo("America/New_York")
# The day of a line begins at 3 AM there, an hour that every day has exactly once.
DAY_BEGINS_AT = 3
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
# What counts is when Sendblue took a message: at most one long POST after it left here.
SLACK = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Told:
    """What Sendblue last said of a line's windows; None is not told, which is not zero.

    `hourly` and `daily` are new people that others than this inbox wrote to.
    """

    sampled_at: datetime
    hourly: int = 0
    daily: int = 0
    next_slot_at: datetime | None = None
    resets_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Allowance:
    """The caps of a line: in any rolling hour, in a day of New York, and nobody before a time."""

    per_hour: int
    per_day: int
    not_before: datetime | None = None
    told: Told | None = None

    def next_slot(self, taken: list[datetime], at: datetime) -> datetime | None:
        """The first moment from `at` on at which one more fits beside those taken, past or
        planned; None where the caps let nobody through."""
        if self.per_hour < 1 or self.per_day < 1:
            return None
        slot = max(at, self.not_before or at)
        hourly = sorted(taken + self._others_of_the_hour())
        while True:
            start, end = self.day(slot)
            if self._taken_in(start, end, taken) >= self.per_day:
                slot = end
                continue
            blocking = self._crowd(hourly, slot)
            if blocking is None:
                return slot
            slot = blocking + HOUR + SLACK

    def left(self, taken: list[datetime], at: datetime) -> tuple[int, int]:
        """How many new people may still be written to in this hour and in this day."""
        start, end = self.day(at)
        hourly = [moment for moment in taken + self._others_of_the_hour() if moment <= at]
        recent = sum(at - moment < HOUR for moment in hourly)
        today = max(0, self.per_day - self._taken_in(start, end, taken))
        return min(max(0, self.per_hour - recent), today), today

    def day(self, at: datetime) -> tuple[datetime, datetime]:
        """The line's day around a moment; Sendblue's own end of it where it was told."""
        start, end = day_around(at)
        resets_at = self.told.resets_at if self.told else None
        if resets_at and start < resets_at < end:
            return (start, resets_at) if at < resets_at else (resets_at, end)
        return start, end

    def _taken_in(self, start: datetime, end: datetime, taken: list[datetime]) -> int:
        count = sum(start - SLACK <= moment < end for moment in taken)
        if self.told and start <= self.told.sampled_at < end:
            count += self.told.daily
        return count

    def _others_of_the_hour(self) -> list[datetime]:
        if not self.told:
            return []
        next_slot_at = self.told.next_slot_at
        counted_at = next_slot_at - HOUR - SLACK if next_slot_at else self.told.sampled_at
        return [counted_at] * self.told.hourly

    def _crowd(self, taken: list[datetime], slot: datetime) -> datetime | None:
        """The first of `per_hour` moments that with the slot would be too many in one hour."""
        window = HOUR + SLACK
        near = [moment for moment in taken if abs(moment - slot) < window]
        for first, last in zip(near, near[self.per_hour - 1 :], strict=False):
            if max(last, slot) - min(first, slot) < window:
                return first
        return None


def day_around(at: datetime) -> tuple[datetime, datetime]:
    """The last and the next 3 AM in New York; 23, 24 or 25 hours apart."""
    local = at.astimezone(NEW_YORK)
    start = local.replace(hour=DAY_BEGINS_AT, minute=0, second=0, microsecond=0, fold=0)
    if local < start:
        start -= DAY
    return start.astimezone(UTC), (start + DAY).astimezone(UTC)
