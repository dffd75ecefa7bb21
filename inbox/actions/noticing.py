"""Noticing that somebody at the other end types. It spends no revision and makes no row."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from django.db import transaction

from inbox.models import Thread
from inbox.models.thread import TYPING_LASTS
from sendblue_inbox import live

from .recording import Unreadable
from .touching import lock_thread, wake_row

if TYPE_CHECKING:
    from sendblue_inbox.sendblue.payloads import TypingPayload

NEVER = datetime.min.replace(tzinfo=UTC)


def note_typing(payload: TypingPayload, *, seen_at: datetime) -> bool:
    """Take over that a person started or stopped to type; the newest report counts, however late
    the others come. Whether that changed anything; raises Unreadable where it does not say who
    types to whom.

    `seen_at` stands in for a missing time, and bounds one that lies ahead of our clock.
    """
    if not payload.number or not payload.line_number:
        raise Unreadable("The report does not say who types to which line.")
    told = min(payload.timestamp or seen_at, seen_at)
    conversation = Thread.objects.filter(
        line__number=payload.line_number, contact__number=payload.number, group_id=""
    ).first()
    if conversation is None:
        return False
    with transaction.atomic():
        thread = lock_thread(conversation.pk)
        if (told, not payload.is_typing) <= _newest_report(thread):
            return False
        was_shown = bool(thread.typing_left)
        thread.typing_number = payload.number if payload.is_typing else ""
        thread.typing_until = told + TYPING_LASTS if payload.is_typing else told
        thread.save(update_fields=["typing_number", "typing_until"])
        if was_shown or thread.typing_left:
            live.notify(f"typing-{thread.pk}")
            wake_row(thread.pk)
        return True


def _newest_report(thread: Thread) -> tuple[datetime, bool]:
    """When the newest report was made and whether it was a stop, which wins where both are equal:
    what a stop leaves behind is its own time."""
    return thread.typing_since or NEVER, not thread.typing_number
