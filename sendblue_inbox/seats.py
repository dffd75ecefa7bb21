"""Long work never fills a worker: one of its processes is always free for what is urgent.

A bulk drain first takes one of few seats of this machine, each a locked file, because the kernel
gives a lock back whatever kills its holder. Whoever finds none comes again a second later.
"""

from __future__ import annotations

import contextlib
import fcntl
import functools
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from celery import current_task, shared_task
from django.conf import settings

from .ring import ring

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

# A bulk drain that has a seat gives it up after this long, so that the kinds take turns (seconds).
TURN_SECONDS = 5
AGAIN = timedelta(seconds=1)


def bulk_drain(kind: str) -> Callable[[Callable[[], None]], Any]:
    """Make a function the drain of that kind, run only on a seat. Called directly it needs none."""

    def decorate(drain: Callable[[], None]) -> Any:
        @functools.wraps(drain)
        def take_turn() -> None:
            if current_task.request.called_directly:
                drain()
                return
            with seat(kind) as is_seated:
                if is_seated:
                    drain()
                else:
                    ring(kind, after=AGAIN)

        return shared_task(name=f"drain.{kind}")(take_turn)

    return decorate


@contextlib.contextmanager
def seat(kind: str) -> Iterator[bool]:
    """Whether one of the seats was free for that kind; it is ours inside.

    A kind sits on one of them at most. One that has much to do and asks again at once would take
    them all, and whoever looks for a seat once a second would seldom find one.
    """
    folder = settings.DATA_DIR / "seats"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    seats = range(max(1, settings.WORKER_CONCURRENCY - 1))
    with contextlib.ExitStack() as held:
        yield _is_ours(folder / kind, held) and any(
            _is_ours(folder / str(number), held) for number in seats
        )


def _is_ours(path: Path, held: contextlib.ExitStack) -> bool:
    """Whether the file could be locked; it is until the stack is left."""
    file = held.enter_context(path.open("ab"))
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
