"""No plan for writing to new people breaks a line’s windows, on any day of the year."""

from __future__ import annotations

from bisect import bisect_left
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inbox.allowance import DAY, HOUR, SLACK, Allowance, Told, day_around

NEW_YORK = ZoneInfo("America/New_York")
SPRING, AUTUMN = datetime(2026, 3, 8, tzinfo=UTC), datetime(2026, 11, 1, tzinfo=UTC)
moments = st.one_of(
    st.datetimes(datetime(2025, 1, 1), datetime(2027, 1, 1)).map(lambda at: at.replace(tzinfo=UTC)),
    # Around the nights in which New York changes its clocks.
    st.sampled_from([SPRING, AUTUMN]).flatmap(
        lambda night: st.integers(-90_000, 90_000).map(lambda s: night + timedelta(seconds=s))
    ),
)


def most_in_an_hour(times: list[datetime]) -> int:
    """The fullest rolling hour."""
    times = sorted(times)
    return max(
        (bisect_left(times, start + HOUR) - place for place, start in enumerate(times)), default=0
    )


def most_in_a_day(times: list[datetime]) -> int:
    """The fullest day of New York, which begins there at 3 AM."""
    # Hours are read off the wall: at 3 AM no clock is changed any more.
    walls = [at.astimezone(NEW_YORK) for at in times]
    days = [wall.date() if wall.hour >= 3 else (wall - DAY).date() for wall in walls]
    return max((days.count(day) for day in set(days)), default=0)


@settings(max_examples=150, deadline=None)
@given(
    start=moments,
    wishes=st.lists(st.integers(0, 3 * 3600), max_size=40),
    per_hour=st.integers(1, 6),
    per_day=st.integers(1, 20),
    jumps=st.lists(st.sampled_from([0, 0, 0, 60, -60]), min_size=40, max_size=40),
)
def test_no_plan_breaks_a_window(
    start: datetime, wishes: list[int], per_hour: int, per_day: int, jumps: list[int]
) -> None:
    allowance, at = Allowance(per_hour, per_day), start
    taken: list[datetime] = []
    for wish, jump in zip(wishes, jumps, strict=False):
        at += timedelta(seconds=wish + jump)
        slot = allowance.next_slot(taken, at)
        assert slot is not None
        assert slot >= at
        taken.append(slot)
        assert most_in_an_hour(taken) <= per_hour
        assert most_in_a_day(taken) <= per_day


@settings(max_examples=30, deadline=None)
@given(start=moments, per_hour=st.integers(2, 20))
def test_a_full_queue_uses_what_is_allowed(start: datetime, per_hour: int) -> None:
    """As many as fit leave: at least 95 of 100 that the hour alone would let through."""
    allowance = Allowance(per_hour, 10_000)
    taken: list[datetime] = []
    for _ in range(per_hour * 24):
        slot = allowance.next_slot(taken, start)
        assert slot is not None
        taken.append(slot)
    took = (max(taken) - start) / HOUR
    assert per_hour * 24 >= 0.95 * per_hour * (took + 1)


@settings(max_examples=30, deadline=None)
@given(start=moments, per_day=st.integers(2, 30))
def test_days_are_filled_to_the_brim(start: datetime, per_day: int) -> None:
    allowance = Allowance(1000, per_day)
    taken: list[datetime] = []
    for _ in range(per_day * 5):
        slot = allowance.next_slot(taken, start)
        assert slot is not None
        taken.append(slot)
    assert max(taken) <= day_around(start)[1] + 4 * DAY + HOUR


@pytest.mark.parametrize(("day", "hours"), [(7, 23), (8, 24)])
def test_the_day_of_the_change_has_as_many_hours_as_it_has(day: int, hours: int) -> None:
    start, end = day_around(datetime(2026, 3, day, 12, tzinfo=UTC))
    assert (end - start) == timedelta(hours=hours)
    assert start.astimezone(NEW_YORK).hour == end.astimezone(NEW_YORK).hour == 3
    start, end = day_around(datetime(2026, 10, 31, 12, tzinfo=UTC))
    assert (end - start) == timedelta(hours=25)


MINUTE = timedelta(minutes=1)
NOON = datetime(2026, 11, 21, 17, tzinfo=UTC)  # in New York


@pytest.mark.parametrize(
    ("told", "per_hour", "slot"),
    [
        (None, 2, NOON),
        (Told(NOON, hourly=1), 2, NOON),
        # Others than this inbox have used the hour, and the day.
        (Told(NOON - 5 * MINUTE, hourly=2), 2, NOON + 56 * MINUTE),
        (Told(NOON, hourly=2, next_slot_at=NOON + 7 * MINUTE), 2, NOON + 7 * MINUTE),
        (Told(NOON, daily=5), 9, datetime(2026, 11, 22, 8, tzinfo=UTC)),
        (Told(NOON, daily=5, resets_at=NOON + HOUR), 9, NOON + HOUR),
        # What was said on another day says nothing of this one.
        (Told(NOON - DAY, hourly=2, daily=5), 2, NOON),
    ],
)
def test_what_sendblue_says_of_the_use_counts(
    told: Told | None, per_hour: int, slot: datetime
) -> None:
    assert Allowance(per_hour, 5, told=told).next_slot([], NOON) == slot
    assert SLACK < HOUR


def test_a_cap_of_nobody_lets_nobody_through() -> None:
    assert Allowance(0, 50).next_slot([], NOON) is None
    assert Allowance(15, 0).next_slot([], NOON) is None
    assert Allowance(15, 50, not_before=NOON + HOUR).next_slot([], NOON) == NOON + HOUR
    assert Allowance(3, 5).left([NOON - HOUR, NOON - 5 * MINUTE], NOON) == (2, 3)
