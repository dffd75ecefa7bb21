"""Keeping our copy of the account true: which kinds are pulled, how often, and what failed.

First contact goes lines, contacts, messages newest first, in slices of a few seconds each, so that
the inbox can be used at once while years of history fill in behind.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from celery.signals import worker_ready
from django.db import DatabaseError

from inbox.models import SyncState
from sendblue_inbox.clock import now
from sendblue_inbox.ring import ring
from sendblue_inbox.rows import Turn, backoff
from sendblue_inbox.seats import TURN_SECONDS, bulk_drain
from sendblue_inbox.sendblue.client import client_from_settings
from sendblue_inbox.sendblue.errors import (
    BadCredentials,
    NotSent,
    RateLimited,
    Rejected,
    SendblueError,
)

from .accounts import KEYS_REFUSED, note_refused_keys, note_working_keys
from .line_keeping import pull_lines
from .pulling import pull_changes, pull_contacts, pull_history
from .slices import LeaseLost, Slice, claim, ensure_states, release, wake

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

Kind = SyncState.Kind
logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Job:
    """How a kind is pulled: the function works until its slice is over and says whether it got to
    the end; then it runs again after `every`, or never where that is None.
    """

    pull: Callable[[Slice], bool]
    every: timedelta | None


JOBS: dict[str, Job] = {
    Kind.LINES: Job(pull_lines, timedelta(minutes=5)),
    Kind.CONTACTS: Job(pull_contacts, timedelta(minutes=15)),
    Kind.MESSAGES: Job(pull_changes, timedelta(seconds=30)),
    Kind.HISTORY: Job(pull_history, None),
}


def register(kind: str, pull: Callable[[Slice], bool], *, every: timedelta) -> None:
    """Let an app above this one pull a kind of its own in the same way."""
    JOBS[kind] = Job(pull, every)


@bulk_drain("syncing")
def drain_syncing() -> None:
    """Run what is due, a slice at a time."""
    ensure_states()
    turn = Turn.of(TURN_SECONDS)
    while not turn.is_over:
        state = claim(JOBS)
        if state is None:
            return
        run_slice(state, ends_at=turn.ends_at)
    ring("syncing")


def run_slice(state: SyncState, *, ends_at: float) -> None:
    """Do a bounded piece of a claimed row's work and give the row back, whatever happened."""
    job = JOBS[state.kind]
    try:
        is_done = job.pull(Slice(state, client_from_settings(), ends_at))
    except LeaseLost:
        logger.warning("another worker took over", extra={"kind": state.kind})
    except DatabaseError:
        raise  # nothing can be written now; the lease runs out and the work is resumed
    except Exception as error:
        _fail(state, error)
    else:
        _finish(state, job) if is_done else release(state, next_run_at=now(), error="", failures=0)
        note_working_keys()


@worker_ready.connect
def start_over(**_: Any) -> None:
    """Look at everything when a worker starts: keys, lines and subscriptions may be others now."""
    ensure_states()
    wake(Kind.LINES, Kind.WEBHOOKS, Kind.MESSAGES, Kind.CONTACTS)
    ring("syncing")


def explain(error: Exception) -> str:
    """What went wrong, in a sentence for people that says what to do."""
    if isinstance(error, BadCredentials):
        return KEYS_REFUSED
    if isinstance(error, NotSent):
        return "Sendblue cannot be reached. Check SENDBLUE_API_BASE_URL and the network."
    if isinstance(error, RateLimited):
        return "Sendblue asks for fewer requests. This goes on by itself."
    if isinstance(error, Rejected):
        return f"Sendblue refuses this request (HTTP {error.status}). See the log."
    if isinstance(error, SendblueError):
        return "Sendblue gave no usable answer. This is tried again by itself."
    return f"Something went wrong here ({type(error).__name__}). See the log."


def _finish(state: SyncState, job: Job) -> None:
    next_run_at = now() + job.every if job.every else None
    release(state, next_run_at=next_run_at, finished_at=now(), error="", failures=0)


def _fail(state: SyncState, error: Exception) -> None:
    wait = backoff(state.failures, first=1, most=120)
    if isinstance(error, SendblueError):
        wait = max(wait, timedelta(seconds=error.retry_after or 0))
        logger.warning("sync failed", extra={"kind": state.kind, "error": str(error)})
    else:
        logger.exception("sync failed", extra={"kind": state.kind})
    release(
        state,
        next_run_at=now() + wait,
        failures=state.failures + 1,
        error=explain(error),
    )
    # A plan may lack one kind (403); only keys that cannot even list the lines are of no use.
    if isinstance(error, BadCredentials) and (error.status == 401 or state.kind == Kind.LINES):
        note_refused_keys(error)
