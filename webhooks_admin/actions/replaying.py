"""Reading deliveries again: one, a selection, a window of time, or all that failed.

A run of two parts. The rehearsal reads each delivery and takes it back, and keeps what it would
have changed. What a person then starts for real makes the deliveries due once more; the ordinary
drain reads them, and reading twice changes nothing twice.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import F, Max, QuerySet

from contacts.actions.running import Lost, cancel, checkpoint, claim, later, release
from inbox.actions.recording import Unreadable
from sendblue_inbox import live
from sendblue_inbox.auditing import audit
from sendblue_inbox.clock import now
from sendblue_inbox.crashpoints import reached
from sendblue_inbox.ring import ring
from sendblue_inbox.rows import Turn
from sendblue_inbox.seats import TURN_SECONDS, bulk_drain
from webhooks_admin.filtering import EventFilter
from webhooks_admin.models import Replay, ReplayFinding, WebhookEvent

from .rehearsing import rehearse

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sendblue_inbox.models import User

State = Replay.State
BATCH = 50
# So many replayed deliveries wait at most: live ones must not stand behind thousands of them.
MOST_WAITING = 200
PAUSE = timedelta(seconds=1)


def start_replay(*, author: User, query: str = "", events: Sequence[int] = ()) -> Replay:
    """Begin the rehearsal for a filter, or for these deliveries; nothing is changed by it."""
    with transaction.atomic():
        replay = Replay.objects.create(
            author=author,
            query=query,
            events=sorted(set(events)),
            newest=WebhookEvent.objects.aggregate(newest=Max("pk"))["newest"] or 0,
        )
        replay.total = meant_by(replay).count()
        replay.save(update_fields=["total"])
        ring("replaying")
    return replay


def start_for_real(replay: Replay, *, by: User) -> None:
    """Have the rehearsed deliveries read again."""
    with transaction.atomic():
        rehearsed = Replay.objects.filter(pk=replay.pk, state=State.REHEARSED)
        if rehearsed.update(state=State.REPLAYING, position=0, finished_at=None):
            live.notify(f"replay-{replay.pk}")
            ring("replaying")
            meant = {"query": replay.query, "chosen": len(replay.events), "total": replay.total}
            audit("events.replay", actor=by, target=f"replay {replay.pk}", after=meant)


def cancel_replay(replay: Replay) -> None:
    """Stop after the batch at hand; what was read again stays read."""
    with transaction.atomic():
        cancel(replay)
        ring("replaying")


def meant_by(replay: Replay) -> QuerySet[WebhookEvent]:
    """The deliveries that the run is about, as far as they were there when it began."""
    if replay.events:
        return WebhookEvent.objects.filter(pk__in=replay.events)
    return EventFilter.parse(replay.query).events().filter(pk__lte=replay.newest)


@bulk_drain("replaying")
def drain_replaying() -> None:
    """Work on what is due, one run after the other, a batch at a time."""
    turn = Turn.of(TURN_SECONDS)
    due = Replay.objects.filter(state__in=[State.REHEARSING, State.REPLAYING])
    while not turn.is_over and (replay := claim(due)):
        try:
            while not turn.is_over:
                if not _step(replay):
                    break
            else:
                release(replay)
        except Lost:
            continue
    if due.exists():
        ring("replaying", after=PAUSE)


def _step(replay: Replay) -> bool:
    """One batch and its checkpoint; False where the run has been given back."""
    if replay.is_cancelled:
        return _end(replay, State.CANCELLED)
    rest = meant_by(replay).filter(pk__gt=replay.position).order_by("pk")
    batch = list(rest[:BATCH])
    if not batch:
        is_rehearsal = replay.state == State.REHEARSING
        return _end(replay, State.REHEARSED if is_rehearsal else State.DONE)
    if replay.state == State.REPLAYING:
        return _make_due(replay, batch)
    found = [finding for finding in (_look(replay, event) for event in batch) if finding]
    counts = {"changing": 0, "failing": 0} | replay.counts
    counts["changing"] += sum(bool(finding.changes) for finding in found)
    counts["failing"] += sum(bool(finding.error) for finding in found)
    with transaction.atomic():
        ReplayFinding.objects.bulk_create(found, ignore_conflicts=True)
        checkpoint(replay, position=batch[-1].pk, counts=counts)
        live.notify(f"replay-{replay.pk}")
    reached("replaying.batch")
    return True


def _look(replay: Replay, event: WebhookEvent) -> ReplayFinding | None:
    try:
        changes = rehearse(event)
    except Unreadable as error:
        return ReplayFinding(replay=replay, event=event, error=str(error))
    except Exception as error:
        return ReplayFinding(replay=replay, event=event, error=type(error).__name__)
    if not changes:
        return None
    kept = [change.as_json() for change in changes]
    return ReplayFinding(replay=replay, event=event, changes=kept)


def _make_due(replay: Replay, batch: Sequence[WebhookEvent]) -> bool:
    waiting = WebhookEvent.objects.filter(
        processed_at=None, quarantined_at=None, process_after__lte=now()
    )
    if waiting[:MOST_WAITING].count() >= MOST_WAITING:
        later(replay, PAUSE)
        return False
    with transaction.atomic():
        WebhookEvent.objects.filter(pk__in=[event.pk for event in batch]).update(
            processed_at=None,
            quarantined_at=None,
            error="",
            attempts=0,
            lease_until=None,
            process_after=now(),
            replays=F("replays") + 1,
        )
        checkpoint(replay, position=batch[-1].pk)
        live.notify(f"replay-{replay.pk}")
        ring("events")
    reached("replaying.due")
    return True


def _end(replay: Replay, state: str) -> bool:
    with transaction.atomic():
        release(replay, state=state, finished_at=now())
        live.notify(f"replay-{replay.pk}")
    return False
