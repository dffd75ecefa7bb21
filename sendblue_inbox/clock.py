"""The one import of the current time, and the one clock that all workers share."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import connection
from django.utils.timezone import now

if TYPE_CHECKING:
    from datetime import datetime

__all__ = ["database_now", "now"]


def database_now() -> datetime:
    """The database's time at this moment, also inside a long transaction.

    Whatever two workers must agree on is decided by it: their own clocks may differ.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        return cursor.fetchone()[0]
