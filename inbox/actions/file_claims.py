"""What copying and handing over files have in common: claims by lease, a few at a time."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from django.db import connection, transaction

from sendblue_inbox.clock import now

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import timedelta

    from django.db.models import QuerySet

    from inbox.models import MediaFile


def claim(due: QuerySet[MediaFile], *, lease: timedelta) -> MediaFile | None:
    """The first of the due files, ours alone for the time of a lease, with the claim committed."""
    with transaction.atomic():
        file = due.select_for_update(skip_locked=True, of=("self",)).first()
        if file:
            file.attempts += 1
            file.lease_until = now() + lease
            file.save(update_fields=["attempts", "lease_until"])
        return file


def share_out(work: Callable[[], None], *, unfinished: QuerySet[MediaFile], at_once: int) -> None:
    """Do the work in threads: as many as are missing to `at_once` files on all workers together."""
    free = at_once - unfinished.filter(lease_until__gt=now()).count()
    connection.close()
    if free > 0:
        with ThreadPoolExecutor(free, thread_name_prefix="file") as threads:
            for done in [threads.submit(_with_own_connection, work) for _ in range(free)]:
                done.result()


def _with_own_connection(work: Callable[[], None]) -> None:
    try:
        work()
    finally:
        connection.close()
