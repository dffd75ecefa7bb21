"""Taking the next message of a line for oneself, by every rule that holds when it leaves."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models.functions import Now

from inbox.models import Kind, Line, Message, SendState
from sendblue_inbox.clock import database_now
from sendblue_inbox.crashpoints import reached

from .accounts import is_sending_paused
from .consent import hold_back, who_opted_out
from .noting import note
from .opening import is_new_contact, next_opening, postpone
from .pacing import due_messages, take_turn
from .touching import lock_thread, touch_thread

if TYPE_CHECKING:
    import uuid

    from inbox.models import Thread

# Above the longest POST (51 s with connecting). It is renewed with every claim, so a killed worker
# holds its line up for at most this long.
LEASE = timedelta(seconds=60)


def claim_next(line_pk: int, sender: uuid.UUID) -> Message | None:
    """The line's next due message, now ours alone, with the claim committed.

    None where nothing is due, or where the line may not send again yet.
    """
    while True:
        held = Line.objects.filter(pk=line_pk, sender=sender).update(sender_until=Now() + LEASE)
        candidate = due_messages().filter(line=line_pk).first() if held else None
        if candidate is None or is_sending_paused():
            return None
        reached("claiming.before")
        with transaction.atomic():
            thread = lock_thread(candidate.thread_id)
            claimed = may_leave(candidate, thread) and _claim(candidate, thread)
            reached("claiming.inside")
        if claimed:
            reached("claiming.after")
            return candidate
        if claimed is None:
            return None


def may_leave(message: Message, thread: Thread) -> bool:
    """Whether nothing has come between: no opt-out, and for somebody new a window of the line.

    What may not leave is put aside, or given the time at which it may. The thread is locked.
    """
    if message.kind != Kind.GROUP_REMOVE and who_opted_out(thread):
        hold_back(message, thread)
        return False
    at = database_now()
    line = Line.objects.select_for_update().get(pk=message.line_id)
    thread.line = line
    message.opens_contact = message.is_written and is_new_contact(
        thread, at=at, besides_queued=True
    )
    if message.opens_contact:
        opens_at = next_opening(line, at=at)
        if opens_at > at:
            postpone(message, thread, opens_at)
            return False
    return True


def _claim(message: Message, thread: Thread) -> bool | None:
    """Whether the row is ours now; None where the line has no turn to give."""
    waiting = Message.objects.select_for_update().filter(
        pk=message.pk, send_state=SendState.QUEUED, send_after__lte=Now()
    )
    if not waiting.exists():
        return False
    if not take_turn(message.line_id):
        return None
    at = database_now()
    waiting.update(
        send_state=SendState.SENDING,
        attempts=message.attempts + 1,
        attempted_at=at,
        lease_until=at + LEASE,
        opens_contact=message.opens_contact,
        revision=thread.revision + 1,
    )
    message.refresh_from_db()
    thread.last_claimed_at = at
    thread.save(update_fields=["last_claimed_at"])
    note(message, "claimed", words=f"Attempt {message.attempts}")
    touch_thread(thread, message)
    return True
