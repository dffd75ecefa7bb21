"""Comparing our contacts with Sendblue's: on demand, and every night.

First all of Sendblue's contacts are read, a page a commit; what differs is written down at once,
and so is each number, to know afterwards whom Sendblue does not have. Meanwhile people go on
working, so nothing is claimed yet: then Sendblue is asked about each suspect alone, and whoever
is the same by now, or was changed here after the report began, is none.
"""

from __future__ import annotations

import contextlib
import logging
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.db import connection, transaction
from django.utils import timezone

from contacts.models import DriftReport, DriftSighting
from sendblue_inbox import live
from sendblue_inbox.clock import now
from sendblue_inbox.ring import ring
from sendblue_inbox.rows import Turn, backoff
from sendblue_inbox.seats import TURN_SECONDS, bulk_drain
from sendblue_inbox.sendblue.client import client_from_settings
from sendblue_inbox.sendblue.errors import BadCredentials, NotSent, Rejected, SendblueError

from . import running
from .comparison import Comparison
from .repairing import drain_repairs

if TYPE_CHECKING:
    from sendblue_inbox.models import User

State = DriftReport.State
UNDER_WAY = (State.READING, State.COMPARING)
# The hour at which one begins by itself (TIME_ZONE), and how old the last such one is by then.
NIGHT_HOUR, A_DAY = 3, timedelta(hours=23)
MOST_ATTEMPTS = 8
REPORTS_KEPT = 30
ALONE = 0x636F6D70  # the name of the lock under which a report begins
STOPPED = "Stopped before it was done."
FAILED = "Something went wrong here. See the log."
logger = logging.getLogger(__name__)


def begin(*, author: User | None) -> DriftReport:
    """A new report, or the one that is being made."""
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [ALONE])
        report = DriftReport.objects.filter(state__in=UNDER_WAY).first()
        report = report or DriftReport.objects.create(author=author)
        live.notify("drift")
        ring("comparing")
    return report


def stop(report: DriftReport) -> None:
    """Give the report up; it says nothing about the contacts."""
    with transaction.atomic():
        running.cancel(report)
        live.notify("drift")
        ring("comparing")


def begin_nightly() -> DriftReport | None:
    """A report where it is night and there has been none by itself for a day."""
    if timezone.localtime(now()).hour != NIGHT_HOUR:
        return None
    nightly = DriftReport.objects.filter(author=None)
    if nightly.filter(created_at__gt=now() - A_DAY).exists():
        return None
    return begin(author=None)


@bulk_drain("comparing")
def drain_comparing() -> None:
    """Settle what somebody asked to be settled, then go on with the report of the moment."""
    turn = Turn.of(TURN_SECONDS)
    begin_nightly()
    drain_repairs(turn)
    due = DriftReport.objects.filter(state__in=UNDER_WAY)
    if not turn.is_over and (report := running.claim(due)):
        with contextlib.suppress(running.Lost):
            _take_turn(report, turn)
    if running.free(due).exists():
        ring("comparing")


def _take_turn(report: DriftReport, turn: Turn) -> None:
    try:
        if not report.is_cancelled:
            work = Comparison(report, client_from_settings(), turn)
            if report.state == State.READING:
                work.read()
            if report.state == State.COMPARING and work.look():
                _end(report, State.DONE, counts=work.count())
                return
        if report.is_cancelled:
            _end(report, State.FAILED, error=STOPPED)
        else:
            running.release(report)
    except (BadCredentials, Rejected) as error:
        _end(report, State.FAILED, error=explain(error))
    except SendblueError as error:
        if report.attempts > MOST_ATTEMPTS:
            _end(report, State.FAILED, error=explain(error))
        else:
            wait = backoff(report.attempts, first=1, most=60)
            running.later(report, wait, error=f"{explain(error)} This goes on by itself.")
    except running.Lost:
        raise
    except Exception:
        logger.exception("a comparison failed", extra={"report": report.pk})
        _end(report, State.FAILED, error=FAILED)


def explain(error: SendblueError) -> str:
    """What went wrong, in a sentence for people."""
    if isinstance(error, BadCredentials):
        return "Sendblue refuses our keys."
    if isinstance(error, Rejected):
        return f"Sendblue refuses to list the contacts (HTTP {error.status})."
    if isinstance(error, NotSent):
        return "Sendblue cannot be reached."
    return "Sendblue gave no usable answer."


def _end(report: DriftReport, state: str, **columns: Any) -> None:
    with transaction.atomic():
        DriftSighting.objects.filter(report=report).delete()
        if state == State.FAILED:
            report.items.all().delete()
        old = DriftReport.objects.order_by("-created_at", "-pk")[REPORTS_KEPT:]
        DriftReport.objects.filter(pk__in=list(old.values_list("pk", flat=True))).delete()
        live.notify("drift")
        running.release(report, state=state, finished_at=now(), **({"error": ""} | columns))
