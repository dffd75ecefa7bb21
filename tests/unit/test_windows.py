"""A walk through a list that changes meanwhile reads every row that stays, and ends."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest

from sendblue_inbox.sendblue.terms import MAX_OFFSET
from sendblue_inbox.sendblue.windows import Listing

START = datetime(2026, 1, 1, tzinfo=UTC)
PAGE = 10


@dataclass
class Row:
    """A row of the remote list, at so many milliseconds."""

    key: str
    at: float | None

    @property
    def time(self) -> datetime | None:
        """Its time."""
        return None if self.at is None else START + timedelta(milliseconds=self.at)


class Remote:
    """A list somewhere else, which `meddle` may change before each page."""

    def __init__(self, rows: list[Row], *, newest_first: bool) -> None:
        self.rows = rows
        self.newest_first = newest_first
        self.offsets: list[int] = []

    def fetch(self, bound: datetime | None, offset: int) -> tuple[list[Row], bool]:
        """A page, cut as Sendblue cuts it: bounds have milliseconds and are inclusive."""
        self.meddle()
        self.offsets.append(offset)
        limit = bound and (bound - START) // timedelta(milliseconds=1)
        rows = [row for row in self.rows if bound is None or self._is_inside(row, limit or 0)]
        rows.sort(key=lambda row: (row.at or 0, row.key), reverse=self.newest_first)
        return rows[offset : offset + PAGE], offset + PAGE < len(rows)

    def meddle(self) -> None:
        """Nothing happens on this list."""

    def walk(self, bound: datetime | None = None) -> list[str]:
        """The keys of all rows that a walk reads."""
        listing = Listing(
            self.fetch, lambda row: row.time, lambda row: row.key, newest_first=self.newest_first
        )
        return [row.key for page in listing.walk(bound) for row in page.rows]

    def _is_inside(self, row: Row, limit: int) -> bool:
        at = row.at or 0
        return at <= limit if self.newest_first else at >= limit


class Lively(Remote):
    """Between two pages a row is touched (it moves to the newest end) or deleted."""

    def __init__(self, rows: list[Row], *, newest_first: bool, seed: int) -> None:
        super().__init__(rows, newest_first=newest_first)
        self.dice = random.Random(seed)
        self.touched = 0
        self.deleted: set[str] = set()

    def meddle(self) -> None:
        """Change up to three rows, thirty times at most."""
        if self.touched > 90:
            return
        for row in self.dice.sample(self.rows, 3):
            self.touched += 1
            if self.newest_first:
                self.rows.remove(row)
                self.deleted.add(row.key)
            else:
                row.at = 10_000 + self.touched


@pytest.mark.parametrize("newest_first", [False, True])
@pytest.mark.parametrize("seed", range(40))
def test_no_row_is_missed_while_rows_move_and_go(seed: int, newest_first: bool) -> None:
    dice = random.Random(seed)
    times = [
        dice.choice([5, 5, 5, dice.randrange(100)]) + dice.choice([0, 0.5]) for _ in range(200)
    ]
    rows = [Row(f"row {n}", at) for n, at in enumerate(times)]
    remote = Lively(rows, newest_first=newest_first, seed=seed)
    read = set(remote.walk())
    assert {row.key for row in remote.rows} <= read
    assert read <= {f"row {n}" for n in range(200)}


@pytest.mark.parametrize("newest_first", [False, True])
def test_offsets_grow_only_inside_a_group_of_equal_times(newest_first: bool) -> None:
    times = [*range(100), *[100] * 35, *range(101, 200)]
    remote = Remote([Row(f"{n:03d}", at) for n, at in enumerate(times)], newest_first=newest_first)
    assert sorted(set(remote.walk())) == [f"{n:03d}" for n in range(len(times))]
    assert 25 < max(remote.offsets) < 40


@pytest.mark.parametrize("newest_first", [False, True])
def test_a_walk_goes_on_from_where_any_page_ended(newest_first: bool) -> None:
    times = [n // 15 for n in range(120)]
    rows = [Row(f"{n:03d}", at) for n, at in enumerate(times)]
    remote = Remote(rows, newest_first=newest_first)
    listing = Listing(
        remote.fetch, lambda row: row.time, lambda row: row.key, newest_first=newest_first
    )
    before: set[str] = set()
    for page in listing.walk(None):
        before |= {row.key for row in page.rows}
        assert before | set(remote.walk(page.resume_at)) == {row.key for row in rows}


def test_rows_without_a_time_are_read_by_offset() -> None:
    remote = Remote([Row(f"{n:03d}", None) for n in range(55)], newest_first=False)
    assert sorted(set(remote.walk())) == [f"{n:03d}" for n in range(55)]


def test_a_group_larger_than_offsets_reach_does_not_stop_the_walk() -> None:
    many = MAX_OFFSET + 500
    rows = [Row(f"{n:05d}", 7) for n in range(many)] + [Row("after", 8)]
    assert "after" in Remote(rows, newest_first=False).walk()
