"""Walking through a long list that changes under our feet, without its growing offsets.

Offsets end at 10,000 and shift whenever a row before them comes or goes, so the walk moves a time
window: after each page the bound becomes the time of its last row. Only inside a group of rows
with one and the same time does it use the offset, one row short of the end of the last page: if
the first row of the next page is not one that was just read, rows went away and the walk steps
back.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING, Generic, TypeVar

from .terms import MAX_OFFSET

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

Row = TypeVar("Row")
# Sendblue's times have milliseconds.
TICK = timedelta(milliseconds=1)
logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Page(Generic[Row]):
    """Rows in the order asked for. A later walk may start at `resume_at` and misses nothing."""

    rows: Sequence[Row]
    resume_at: datetime | None
    is_last: bool = False


@dataclass(frozen=True, slots=True)
class Listing(Generic[Row]):
    """How to read one list: `fetch(bound, offset)` gives the rows from the inclusive bound on, and
    whether there are more; `time` and `key` are those of a row.
    """

    fetch: Callable[[datetime | None, int], tuple[Sequence[Row], bool]]
    time: Callable[[Row], datetime | None]
    key: Callable[[Row], str]
    newest_first: bool = False

    def walk(self, bound: datetime | None) -> Iterator[Page[Row]]:
        """Every row from the bound on at least once, in pages (an empty one is no end)."""
        offset = 0
        read: set[str] = set()
        while True:
            rows, has_more = self.fetch(bound, offset)
            if offset and (not rows or self.key(rows[0]) not in read):
                # Rows of this group went away and the others moved up, past this place.
                offset = max(0, offset - max(len(rows), 1))
                yield Page((), bound)
                continue
            read.update(map(self.key, rows))
            edge = self._edge(rows)
            if edge and self._is_beyond(edge, bound):
                bound, offset, read = edge, 0, set()
            else:
                offset += len(rows) - 1
            if offset > MAX_OFFSET:
                logger.error("more rows of one time than offsets reach: some are left out")
                has_more = has_more and bound is not None
                bound = bound and bound + (-TICK if self.newest_first else TICK)
                offset, read = 0, set()
            is_last = not has_more or not rows
            yield Page(rows, bound, is_last)
            if is_last:
                return

    def _edge(self, rows: Sequence[Row]) -> datetime | None:
        """The time of the last row, rounded so that the row stays inside the window.

        None where rows have no time or do not come in the order of their times; then only the
        offset is left to go by.
        """
        times = [self.time(row) for row in rows]
        known = [time for time in times if time]
        if not known or len(known) < len(times):
            return None
        pairs = pairwise(reversed(known) if self.newest_first else known)
        if any(later < earlier for earlier, later in pairs):
            logger.warning("a list did not come in the order that was asked for")
            return None
        floor = known[-1].replace(microsecond=known[-1].microsecond // 1000 * 1000)
        return floor + TICK if self.newest_first and floor < known[-1] else floor

    def _is_beyond(self, edge: datetime, bound: datetime | None) -> bool:
        if bound is None:
            return True
        return edge < bound if self.newest_first else edge > bound
