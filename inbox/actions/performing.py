"""Making the requests of gestures: at once or not at all, and never twice.

A claim is committed before its request leaves. What waited for more than ten seconds is dropped:
dots that come when nobody types any more would be a lie.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING

from celery import shared_task
from django.db import connection, transaction

from inbox.models import Gesture, Line
from sendblue_inbox import live
from sendblue_inbox.clock import now
from sendblue_inbox.rows import Turn
from sendblue_inbox.sendblue.client import client_from_settings
from sendblue_inbox.sendblue.errors import SendblueError
from sendblue_inbox.sendblue.transport import Limits

from .accounts import is_sending_paused
from .gesturing import takes_receipts, takes_typing
from .locating import look_up_place

if TYPE_CHECKING:
    from collections.abc import Callable

    from sendblue_inbox.sendblue.client import Client

LATE_AFTER = timedelta(seconds=10)
# So long the dots stay where nothing follows: a lost stop must not leave them for a minute.
DOTS_LAST_MS = 12_000
# An answer that takes longer is worth nothing, and the worker has other things to do.
LIMITS = Limits(connect=2, send_read=4, send_total=6, fetch_read=4, fetch_total=6, fetch_tries=1)
LEASE = timedelta(seconds=8)
AT_ONCE = 8
# Not switched on for this account or line: the same request would be refused again.
NOT_OFFERED = frozenset({400, 403, 404})


@shared_task(name="drain.gestures")
def drain_gestures() -> None:
    """Make what is due, several at once; one worker does so at a time, the others stay free."""
    late = Gesture.objects.filter(is_due=True, wanted_at__lte=now() - LATE_AFTER)
    late.update(is_due=False, error="Dropped: it had waited for ten seconds.")
    under_way = Gesture.objects.filter(lease_until__gt=now())
    if is_sending_paused() or under_way.exists():
        return
    turn, client = Turn(), client_from_settings(LIMITS)
    with ThreadPoolExecutor(AT_ONCE, thread_name_prefix="gesture") as pool:
        while not turn.is_over and (claimed := claim_gestures()):
            connection.close()
            list(pool.map(partial(perform, client=client), claimed))


def claim_gestures() -> list[Gesture]:
    """Up to a batch of due gestures, now ours alone: no longer due, and under way."""
    with transaction.atomic():
        due = Gesture.objects.filter(is_due=True, wanted_at__gt=now() - LATE_AFTER)
        free = due.select_for_update(skip_locked=True, of=("self",))
        with_line = free.select_related("thread__line", "thread__contact")
        claimed = list(with_line.order_by("wanted_at")[:AT_ONCE])
        taken = Gesture.objects.filter(pk__in=[gesture.pk for gesture in claimed])
        taken.update(is_due=False, lease_until=now() + LEASE)
    return claimed


def perform(gesture: Gesture, client: Client) -> None:
    """Make the request of a claimed gesture, once, and note what came of it."""
    try:
        _note(gesture, was_made=REQUESTS[Gesture.Kind(gesture.kind)](gesture, client))
    except SendblueError as error:
        words = error.message or f"Sendblue gave no reason ({error.status or 'no answer'})."
        if gesture.kind == Gesture.Kind.READ and error.status in NOT_OFFERED:
            _stop_receipts(gesture.thread.line, words)
        _note(gesture, was_made=False, error=words)
    finally:
        connection.close()


def _send_typing(gesture: Gesture, client: Client) -> bool:
    thread = gesture.thread
    if not takes_typing(thread) or thread.contact is None:
        return False
    client.send_typing_indicator(
        number=thread.contact.number,
        from_number=thread.line.number,
        state=gesture.state,
        max_duration_ms=DOTS_LAST_MS if gesture.state == "start" else None,
    )
    return True


def _send_receipt(gesture: Gesture, client: Client) -> bool:
    thread = gesture.thread
    if not takes_receipts(thread) or thread.contact is None:
        return False
    client.mark_read(number=thread.contact.number, from_number=thread.line.number)
    return True


REQUESTS: dict[Gesture.Kind, Callable[[Gesture, Client], bool]] = {
    Gesture.Kind.TYPING: _send_typing,
    Gesture.Kind.READ: _send_receipt,
    Gesture.Kind.PLACE: look_up_place,
}


def _note(gesture: Gesture, *, was_made: bool, error: str = "") -> None:
    with transaction.atomic():
        Gesture.objects.filter(pk=gesture.pk).update(lease_until=None)
        # A newer wish of this kind is not what came of this one.
        Gesture.objects.filter(pk=gesture.pk, wanted_at=gesture.wanted_at).update(
            requested_at=now() if was_made else None, error=error[:300]
        )
        if gesture.kind == Gesture.Kind.READ:
            live.notify(f"typing-{gesture.thread_id}")


def _stop_receipts(line: Line, words: str) -> None:
    """Ask no more until a person switches it on again; they are shown why."""
    Line.objects.filter(pk=line.pk).update(
        sends_read_receipts=False, read_receipts_refused=words[:300]
    )
