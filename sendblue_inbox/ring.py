"""The doorbell: tells a worker that rows are due, without ever making a request wait.

Rows are the queue of record, so a bell may be lost: the sweep rings every few seconds anyway.
Publishing to a broker that accepts but does not answer takes tens of seconds, and a refused one
half a second; therefore a thread of its own does it. What waits for that thread is a *set* of
kinds, so a storm of deliveries is a few bells, and nothing overflows.
"""

from __future__ import annotations

import logging
import math
import threading
import time
from datetime import timedelta

from celery import current_app
from django.db import transaction

# Every kind of drain and the queue that it waits in.
KINDS = {
    "comparing": "bulk",
    "deleting": "bulk",
    "events": "default",
    "fetching": "media",
    "groups": "default",
    "gestures": "sending",
    "importing": "bulk",
    "jobs": "bulk",
    "pushing": "bulk",
    "looking": "default",
    "replaying": "bulk",
    "resolving": "default",
    "sending": "sending",
    "syncing": "bulk",
    "uploading": "media",
}

# After a bell the thread rests so long: publishing costs as much as taking a delivery does.
REST_SECONDS = 0.03

logger = logging.getLogger(__name__)

_pending: set[str] = set()
_wake = threading.Event()
_started = threading.Lock()
_thread: threading.Thread | None = None
_later: dict[str, tuple[float, threading.Timer]] = {}
_setting = threading.Lock()


def ring(kind: str, *, after: timedelta = timedelta()) -> None:
    """Ask for a drain of that kind once the current transaction has committed.

    `after`: that much later. A process keeps one such bell a kind, the earliest.
    """
    if kind not in KINDS:
        raise ValueError(f"There is no drain of the kind {kind}.")
    put = _put_later if after else _put
    transaction.on_commit(lambda: put(kind, after), robust=True)


def _put_later(kind: str, after: timedelta) -> None:
    rings_at = time.monotonic() + after.total_seconds()
    with _setting:
        set_for, timer = _later.get(kind, (math.inf, None))
        if time.monotonic() < set_for <= rings_at and timer and timer.is_alive():
            return
        if timer:
            timer.cancel()
        timer = threading.Timer(after.total_seconds(), _put, [kind])
        timer.daemon = True
        _later[kind] = (rings_at, timer)
        timer.start()


def _put(kind: str, _after: timedelta = timedelta()) -> None:
    _ensure_thread()
    _pending.add(kind)
    _wake.set()


def _ensure_thread() -> None:
    global _thread
    # A forked worker inherits the variable but not the thread, hence is_alive.
    if _thread is None or not _thread.is_alive():
        with _started:
            if _thread is None or not _thread.is_alive():
                _thread = threading.Thread(target=_publish_all, name="doorbell", daemon=True)
                _thread.start()


def _publish_all() -> None:
    while True:
        _wake.wait()
        _wake.clear()
        while _pending:
            _publish(_pending.pop())
        time.sleep(REST_SECONDS)


def _publish(kind: str) -> None:
    try:
        current_app.send_task(f"drain.{kind}", queue=KINDS[kind], expires=30, retry=False)
    except Exception as error:
        logger.warning(
            "doorbell could not reach the broker; the sweep will ring",
            extra={"kind": kind, "error": type(error).__name__},
        )
