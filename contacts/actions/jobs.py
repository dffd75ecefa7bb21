"""Bulk jobs: one act on many contacts; collected once, done in batches, undone as a whole."""

from __future__ import annotations

import contextlib
import logging
from datetime import timedelta
from typing import TYPE_CHECKING

from django.db import connection, transaction

from contacts.filtering import ContactFilter
from contacts.models import BulkItem, BulkJob, Contact
from sendblue_inbox import live
from sendblue_inbox.clock import now
from sendblue_inbox.crashpoints import reached
from sendblue_inbox.ring import ring
from sendblue_inbox.rows import Turn
from sendblue_inbox.seats import TURN_SECONDS, bulk_drain

from . import running
from .job_acts import GONE, Verdict, act_on

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from uuid import UUID

    from django.db.models.sql import Query

    from sendblue_inbox.models import User

Kind, State, Outcome = BulkJob.Kind, BulkJob.State, BulkItem.Outcome
MOST_CHOSEN = 10_000
BATCH = 500
UNDOABLE = frozenset({Kind.TAG, Kind.UNTAG, Kind.ASSIGN, Kind.DELETE})
SLICE_SECONDS = 2
# Pages of single contacts are woken where so few change at once; lists always are.
FEW = 50
# A job that failed for reasons of our own is taken up again after this long.
AGAIN = timedelta(seconds=30)
FAILED = "Something went wrong here. What is done stays; the rest is tried again by itself."
EVERYBODY = "sort=name"  # a filter that asks for nothing; an empty one stands for a selection
COLLECT = """
    INSERT INTO contacts_bulkitem (job_id, contact_id, outcome, reason)
    SELECT %s, chosen.id, 'waiting', '' FROM ({}) AS chosen(id)
    ON CONFLICT DO NOTHING
"""
DEFERRED = ("search_text", "search_pieces")  # long, and made anew where they change
logger = logging.getLogger(__name__)


class Refused(ValueError):
    """The job cannot be started; the message says why in a sentence for people."""


def start_job(
    *,
    author: User,
    kind: str,
    argument: str = "",
    pks: Sequence[int] = (),
    query: str | None = None,
    confirmed_count: int,
    token: UUID,
) -> BulkJob:
    """The job that an agent confirmed, once for each token.

    It is about the contacts `pks`, which are written down at once, or about all that the filter
    `query` shows when a worker collects them. Raises Refused for a selection that is too long.
    """
    if query is None and len(pks) > MOST_CHOSEN:
        raise Refused(
            f"At most {MOST_CHOSEN:,} people can be chosen one by one. "
            "Narrow the list with a filter and take all that match."
        )
    columns = {
        "kind": kind,
        "argument": argument,
        "query": "" if query is None else ContactFilter.parse(query).query or EVERYBODY,
        "confirmed_count": confirmed_count,
    }
    with transaction.atomic():
        job, is_new = BulkJob.objects.get_or_create(token=token, author=author, defaults=columns)
        if is_new and query is None:
            job.total = _write_down(job, Contact.objects.filter(pk__in=pks).values("pk").query)
            job.state = State.RUNNING
            job.save(update_fields=["total", "state"])
        _wake(job)
    return job


def undo_job(job: BulkJob, *, author: User) -> BulkJob:
    """A job that takes back what this one did; the same one however often it is asked for.

    Raises Refused where there is nothing that could be taken back.
    """
    with transaction.atomic():
        job = BulkJob.objects.select_for_update().get(pk=job.pk)
        if not can_be_undone(job):
            raise Refused("There is nothing that can be undone.")
        undone_by = job.undone_by.exclude(state=State.CANCELLED).first()
        if undone_by:
            return undone_by
        undo = BulkJob.objects.create(
            author=author,
            kind=Kind.UNDO,
            argument=job.argument,
            undoes=job,
            confirmed_count=job.counts.get(Outcome.DONE, 0),
        )
        _wake(undo, f"job-{job.pk}")
    return undo


def can_be_undone(job: BulkJob) -> bool:
    """Whether the job has ended and changed something that has a way back."""
    is_over = job.state in {State.DONE, State.CANCELLED}
    return is_over and job.kind in UNDOABLE and bool(job.counts.get(Outcome.DONE))


def go_on(job: BulkJob) -> None:
    """An agent has seen the new count of a job that stopped because of it, and agreed."""
    with transaction.atomic():
        job = BulkJob.objects.select_for_update().get(pk=job.pk)
        if job.state == State.RECOUNTED and job.total is not None:
            job.state, job.confirmed_count = State.RUNNING, job.total
            job.save(update_fields=["state", "confirmed_count"])
            _wake(job)


def cancel_job(job: BulkJob) -> None:
    """Leave the rest as it is; what is done stays done."""
    with transaction.atomic():
        stopped = BulkJob.objects.filter(pk=job.pk, state=State.RECOUNTED)
        if not stopped.update(state=State.CANCELLED, is_cancelled=True, finished_at=now()):
            running.cancel(job)
        _wake(job)


@bulk_drain("jobs")
def drain_jobs() -> None:
    """A slice of time for each job, the oldest first, so that none waits for a long one."""
    turn, worked = Turn.of(TURN_SECONDS), set[int]()
    due = BulkJob.objects.filter(state__in=[State.COLLECTING, State.RUNNING])
    while not turn.is_over and (job := running.claim(due.exclude(pk__in=worked))):
        worked.add(job.pk)
        try:
            with contextlib.suppress(running.Lost):
                _work(job, Turn.of(SLICE_SECONDS))
                running.release(job)
        except Exception:
            logger.exception("a bulk job failed", extra={"job": job.pk})
            with contextlib.suppress(running.Lost):
                running.later(job, AGAIN, error=FAILED)
    if running.free(due).exists():
        ring("jobs")


def _work(job: BulkJob, turn: Turn) -> None:
    if job.is_cancelled:
        _end(job, State.CANCELLED)
    if job.state == State.COLLECTING:
        _collect(job)
    while job.state == State.RUNNING:
        if job.is_cancelled:
            _end(job, State.CANCELLED)
        elif pks := _next(job):
            _do(job, pks)
        else:
            _end(job, State.DONE)
        if turn.is_over:
            break


def _collect(job: BulkJob) -> None:
    """Write down whom the job is about. It stops where they are not as many as was agreed to."""
    if job.undoes_id:
        done = BulkItem.objects.filter(job=job.undoes_id, outcome=Outcome.DONE)
        found = done.values("contact_id").query
    else:
        found = ContactFilter.parse(job.query).contacts().order_by().values("pk").query
    with transaction.atomic():
        total = _write_down(job, found)
        is_as_agreed = abs(total - job.confirmed_count) * 100 <= job.confirmed_count
        state = State.RUNNING if is_as_agreed else State.RECOUNTED
        running.checkpoint(job, total=total, state=state, error="")
        live.notify(f"job-{job.pk}", "jobs")


def _write_down(job: BulkJob, found: Query) -> int:
    """One waiting item for each contact; how many were new."""
    statement, values = found.sql_with_params()
    with connection.cursor() as cursor:
        cursor.execute(COLLECT.format(statement), [job.pk, *values])
        return cursor.rowcount


def _next(job: BulkJob) -> list[int]:
    waiting = job.items.filter(outcome=Outcome.WAITING, contact_id__gt=job.position)
    return list(waiting.order_by("contact_id").values_list("contact_id", flat=True)[:BATCH])


def _do(job: BulkJob, pks: Sequence[int]) -> None:
    """One batch: the contacts, what came of each, and how far we are, in one commit."""
    with transaction.atomic():
        # In the order of every other writer of many.
        locked = Contact.objects.select_for_update().defer(*DEFERRED).filter(pk__in=pks)
        verdicts = act_on(job, list(locked.order_by("number")))
        for pk in set(pks) - verdicts.keys():
            verdicts[pk] = Verdict(Outcome.REFUSED, GONE)
        counts = _note(job, verdicts)
        reached("jobs.batch")
        few = [f"contact-{pk}" for pk in pks] if len(pks) <= FEW else []
        live.notify(f"job-{job.pk}", "jobs", "contacts", *few)
        running.checkpoint(job, position=pks[-1], counts=counts, error="")


def _note(job: BulkJob, verdicts: Mapping[int, Verdict]) -> dict[str, int]:
    """Write the outcomes of a batch; the counts of the job with them."""
    alike: dict[Verdict, list[int]] = {}
    for pk, verdict in verdicts.items():
        alike.setdefault(verdict, []).append(pk)
    counts = dict(job.counts)
    for (outcome, reason), same in alike.items():
        job.items.filter(contact__in=same).update(outcome=outcome, reason=reason)
        counts[outcome] = counts.get(outcome, 0) + len(same)
    return counts


def _end(job: BulkJob, state: str) -> None:
    with transaction.atomic():
        told: Iterable[str] = [f"job-{job.undoes_id}"] if job.undoes_id else []
        live.notify(f"job-{job.pk}", "jobs", *told)
        running.checkpoint(job, state=state, finished_at=now())


def _wake(job: BulkJob, *names: str) -> None:
    live.notify(f"job-{job.pk}", "jobs", *names)
    ring("jobs")
