"""What every change of a thread does: take the lock, count the revision, wake the screens."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db.models import Q

from inbox.models import Message, SendState, Thread
from sendblue_inbox import live
from sendblue_inbox.sendblue.terms import FINAL_FAILURES

if TYPE_CHECKING:
    from uuid import UUID

LAST_COLUMNS = (
    "revision",
    "reset_revision",
    "is_closed",
    "service",
    "last_message_at",
    "last_content",
    "last_is_outbound",
    "last_inbound_at",
    "last_inbound_revision",
    "trouble_count",
)
TROUBLE = Q(is_outbound=True, trouble_settled_at__isnull=True) & (
    Q(send_state__in=[SendState.REJECTED, SendState.UNKNOWN]) | Q(status__in=list(FINAL_FAILURES))
)


def lock_thread(pk: int) -> Thread:
    """The thread, locked until the transaction ends. Take it before looking at its messages."""
    return Thread.objects.select_for_update().get(pk=pk)


def touch_thread(thread: Thread, message: Message) -> None:
    """Count one revision, which the message must already carry, and wake its screens.

    Call once per transaction with the thread from lock_thread and a message just saved.
    """
    thread.revision += 1
    if message.is_outbound:
        thread.trouble_count = thread.messages.filter(TROUBLE).count()
    elif message.is_news and message.first_revision == thread.revision:
        thread.last_inbound_revision = thread.revision
        thread.last_inbound_at = max(
            filter(None, (thread.last_inbound_at, message.date_sent)),
        )
    newest = newest_message(thread)
    if newest:
        thread.last_message_at = newest.date_sent
        thread.last_content = summary(newest)
        thread.last_is_outbound = newest.is_outbound
        thread.service = newest.service or thread.service
    thread.save(update_fields=LAST_COLUMNS)
    live.notify("threads", f"thread-{thread.pk}")


def newest_message(thread: Thread) -> Message | None:
    """The message at the end of the thread as it stands on screen."""
    return thread.messages.order_by("-date_sent", "-message_handle", "-pk").first()


def summary(message: Message) -> str:
    """The words that stand for a message in the list."""
    if message.content:
        return " ".join(message.content.split())[:160]
    if message.location:
        return "Location"
    if message.app_card:
        return "App card"
    return "Attachment" if message.media_url else "Empty message"


def notify_reader(user_pk: int | UUID) -> None:
    """Wake the other screens of one agent, whose unread counts changed."""
    live.notify(f"reader-{user_pk}")
