"""How fast contacts may be saved at Sendblue, over all workers, and how long many of them take.

Sendblue allows an account 100 requests to the contacts in any 10 s (contract 1.6). Pushing takes
at most half of them; the rest is for reading, and for whoever else uses the account.
"""

from __future__ import annotations

import time
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.db import connection

if TYPE_CHECKING:
    from sendblue_inbox.sendblue.errors import SendblueError

INTERVAL = timedelta(seconds=0.25)
# So many may go at once after a rest: then 10 + 40 in any 10 s.
BURST = 10
# Rather another piece of work than a longer wait for a place.
LONGEST_WAIT = timedelta(seconds=1)
# After a 429 that does not say how long.
REST = timedelta(seconds=10)
BULK_ROWS = 100
TAKE = """
    INSERT INTO contacts_pushpace AS pace (id, free_at)
    VALUES (1, clock_timestamp() - %(burst)s + %(interval)s)
    ON CONFLICT (id) DO UPDATE
    SET free_at = greatest(pace.free_at, clock_timestamp() - %(burst)s) + %(interval)s
    WHERE pace.free_at <= clock_timestamp() + %(longest)s
    RETURNING pace.free_at - %(interval)s - clock_timestamp()"""
REST_UNTIL = """
    INSERT INTO contacts_pushpace AS pace (id, free_at) VALUES (1, clock_timestamp() + %(wait)s)
    ON CONFLICT (id) DO UPDATE SET free_at = greatest(pace.free_at, excluded.free_at)"""


class NoPlace(Exception):
    """There is no place for a request within a moment: the work waits for the next turn."""


def is_resting() -> bool:
    """Whether no place comes within a moment: then nothing need be claimed."""
    asked: Any = LONGEST_WAIT
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT EXISTS (SELECT FROM contacts_pushpace WHERE free_at > clock_timestamp() + %s)",
            [asked],
        )
        return cursor.fetchone()[0]


def take_place() -> None:
    """Wait for the place of the next request, without a connection. Raises NoPlace."""
    figures: dict[str, Any] = {
        "interval": INTERVAL,
        "burst": (BURST - 1) * INTERVAL,
        "longest": LONGEST_WAIT,
    }
    with connection.cursor() as cursor:
        cursor.execute(TAKE, figures)
        taken = cursor.fetchone()
    connection.close()
    if taken is None:
        raise NoPlace
    time.sleep(max(0.0, taken[0].total_seconds()))


def rest(error: SendblueError) -> timedelta:
    """Let all workers make no request for as long as Sendblue asks; how long that is."""
    wait = timedelta(seconds=error.retry_after) if error.retry_after else REST
    figures: dict[str, Any] = {"wait": wait}
    with connection.cursor() as cursor:
        cursor.execute(REST_UNTIL, figures)
    return wait


def push_forecast(*, bulk: int = 0, single: int = 0) -> timedelta:
    """How long it takes to save so many contacts at Sendblue.

    `bulk`: of whom only names, company, tags and custom variables are told: a hundred a request,
    twice, because what Sendblue has of them is read first. `single`: the others.
    """
    requests = 2 * -(-bulk // BULK_ROWS) + single
    return max(0, requests - BURST) * INTERVAL
