"""What every change of a thread does: take the lock, count the revision, wake the screens."""

from __future__ import annotations

from typing import TYPE_CHECKING

from inbox.call_words import call_words
from inbox.media.guessing import WORDS, guess_of_url
from inbox.models import TROUBLE, FormerThread, Kind, Message, Thread
from sendblue_inbox import live
from sendblue_inbox.sendblue.tapbacks import tapback_text

if TYPE_CHECKING:
    from django.db.models import QuerySet

ROW_COLUMNS = (
    "is_closed",
    "service",
    "last_message_at",
    "last_content",
    "last_is_outbound",
    "last_inbound_at",
    "last_inbound_revision",
    "trouble_count",
)
LAST_COLUMNS = ("revision", "reset_revision", *ROW_COLUMNS)
# Rows between the bubbles that are no reason for a thread to be at the top of the list.
SILENT = frozenset(
    {
        Kind.LOCATION_REQUEST,
        Kind.FACETIME_CALL,
        Kind.GROUP_NAME,
        Kind.GROUP_PHOTO,
        Kind.GROUP_ADD,
        Kind.GROUP_REMOVE,
    }
)


def lock_thread(pk: int) -> Thread:
    """The thread, locked until the transaction ends. Take it before looking at its messages.

    Where it has become part of another, that one. Raises ObjectDoesNotExist.
    """
    thread = Thread.objects.select_for_update().filter(pk=pk).first()
    return thread or lock_thread(FormerThread.objects.get(pk=pk).thread_id)


def touch_thread(thread: Thread, message: Message) -> None:
    """Count one revision, which the message must already carry, and wake its screens.

    Call once per transaction with the thread from lock_thread and a message just saved.
    """
    troubles, row = thread.trouble_count, _row_of(thread)
    thread.revision += 1
    is_new = message.first_revision == thread.revision
    if message.reacts_to_id:
        # A mark is drawn with the bubble that it stands on.
        Message.objects.filter(pk=message.reacts_to_id).update(revision=thread.revision)
    if message.is_outbound:
        thread.trouble_count = thread.messages.filter(TROUBLE).count()
    elif message.is_news and is_new:
        thread.last_inbound_revision = thread.revision
    if message.kind in SILENT:
        pass
    elif is_new and message.date_sent > thread.last_message_at:
        _show_last(thread, message)
        if message.is_news:
            thread.last_inbound_at = message.date_sent
    elif not (is_new and _is_history(thread, message)):
        _recount_last(thread)
    thread.save(update_fields=LAST_COLUMNS)
    told = ["trouble"] if troubles != thread.trouble_count else []
    live.notify(f"thread-{thread.pk}", *told)
    # Most reports only move a tick in the conversation: no list needs to know.
    if is_new or row != _row_of(thread):
        wake_row(thread.pk)


def wake_thread(thread_pk: int) -> None:
    """Have the thread shown anew: to those who have it open, and in every list."""
    live.notify(f"thread-{thread_pk}", f"row-{thread_pk}")


def wake_row(thread_pk: int) -> None:
    """Have what every list says of the thread shown anew."""
    live.notify(f"row-{thread_pk}")


def wake_row_of(user_pk: int, thread_pk: int) -> None:
    """The same for one agent, whose unread count of the thread changed."""
    live.notify(f"reader-{user_pk}-{thread_pk}")


def _row_of(thread: Thread) -> list[object]:
    return [getattr(thread, column) for column in ROW_COLUMNS]


def _is_history(thread: Thread, message: Message) -> bool:
    """Whether a new message is an old one that no list row speaks of."""
    return (
        bool(thread.last_content)
        and message.date_sent < thread.last_message_at
        and not message.is_news
        # The newest may not say how it travels: then an older one decides.
        and message.service in {"", thread.service}
    )


def _recount_last(thread: Thread) -> None:
    news = _newest(thread.messages.filter(is_news=True))
    thread.last_inbound_at = news.date_sent if news else None
    newest = newest_message(thread)
    if newest:
        _show_last(thread, newest)
    else:
        thread.last_content = ""


def _show_last(thread: Thread, newest: Message) -> None:
    thread.last_message_at = newest.date_sent
    thread.last_is_outbound = newest.is_outbound
    thread.last_content = summary(newest)
    served = newest if newest.service else _newest(thread.messages.exclude(service=""))
    thread.service = served.service if served else ""


def newest_message(thread: Thread) -> Message | None:
    """The message at the end of the thread as it stands on screen."""
    return _newest(thread.messages.exclude(kind__in=SILENT))


def summary(message: Message) -> str:
    """The words that stand for a message in the list."""
    if message.content:
        return " ".join(message.content.split())[:160]
    if message.kind == Kind.REACTION:
        return tapback_text(message.reaction, message.reaction_quote)[:160]
    if message.kind == Kind.CALL:
        return call_words(message)
    if message.location:
        return "Location"
    if message.app_card:
        return "App card"
    if message.media_url:
        return WORDS[guess_of_url(message.media_url)]
    return "Attachment" if message.file_count else "Empty message"


def _newest(messages: QuerySet[Message]) -> Message | None:
    return messages.order_by("-date_sent", "-message_handle", "-pk").first()
