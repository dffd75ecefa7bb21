"""The doorbell: tells a worker that rows are due, without ever making a request wait.

Rows are the queue of record, so a bell may be lost: the sweep rings every few seconds anyway.
Publishing to a broker that accepts but does not answer takes tens of seconds, and a refused one
half a second; therefore a thread of its own does it, and a full queue drops the bell.
"""

from __future__ import annotations

import logging
import queue
import threading

from celery import current_app
from django.db import transaction

# Every kind of drain and the queue that it waits in.
KINDS = {
    "events": "default",
    "resolving": "default",
    "sending": "sending",
    "syncing": "bulk",
}

logger = logging.getLogger(__name__)

_waiting: queue.Queue[str] = queue.Queue(maxsize=100)
_started = threading.Lock()
_thread: threading.Thread | None = None


def ring(kind: str) -> None:
    """Ask for a drain of that kind once the current transaction has committed."""
    if kind not in KINDS:
        raise ValueError(f"There is no drain of the kind {kind}.")
    transaction.on_commit(lambda: _put(kind), robust=True)


def _put(kind: str) -> None:
    _ensure_thread()
    try:
        _waiting.put_nowait(kind)
    except queue.Full:
        logger.warning("doorbell queue is full; the sweep will ring", extra={"kind": kind})


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
        kinds = {_waiting.get()}
        # A burst of a hundred events needs one bell.
        while not _waiting.empty():
            kinds.add(_waiting.get_nowait())
        for kind in kinds:
            try:
                current_app.send_task(f"drain.{kind}", queue=KINDS[kind], expires=30, retry=False)
            except Exception as error:
                logger.warning(
                    "doorbell could not reach the broker; the sweep will ring",
                    extra={"kind": kind, "error": type(error).__name__},
                )
