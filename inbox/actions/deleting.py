"""Asking Sendblue to forget a message. Nothing is unsent: it stays on the phone, and here.

The row says that the question is due (`delete_after`) and later that it was answered. Asking twice
does no harm, so what got no answer is asked again, with growing pauses.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from celery import shared_task
from django.db import connection, transaction
from django.db.models import Sum

from inbox.models import Message
from sendblue_inbox.clock import now
from sendblue_inbox.ring import ring
from sendblue_inbox.rows import Turn, backoff
from sendblue_inbox.sendblue.client import Client, client_from_settings
from sendblue_inbox.sendblue.errors import BadCredentials, Rejected, SendblueError

from .noting import Source, note, note_error
from .queueing import Refused
from .touching import lock_thread, touch_thread

if TYPE_CHECKING:
    from sendblue_inbox.models import User

# Longer than one request may take: meanwhile nobody else asks for the same message.
LEASE = timedelta(seconds=60)
MOST_ATTEMPTS = 20  # which lasts about half a day


def ask_deletion(message: Message, *, by: User) -> Message:
    """Have Sendblue forget the message. Raises Refused where it does not know it any more."""
    with transaction.atomic():
        thread = lock_thread(message.thread_id)
        message = Message.objects.get(pk=message.pk)
        if message.delete_after:
            return message
        if not message.message_handle or message.deleted_at_sendblue:
            raise Refused("Sendblue does not have this message.")
        note(message, "deletion_asked", Source.AGENT, words=str(by))
        message.delete_after = now()
        _save(message, thread.revision + 1)
        touch_thread(thread, message)
    ring("deleting")
    return message


@shared_task(name="drain.deleting")
def drain_deleting() -> None:
    """Ask for every deletion that is due."""
    turn = Turn()
    due = Message.objects.filter(delete_after__lte=now()).order_by("delete_after")[:100]
    client = client_from_settings()
    for message in due:
        if turn.is_over:
            return
        held = Message.objects.filter(pk=message.pk, delete_after=message.delete_after)
        if held.update(delete_after=now() + LEASE):
            delete(message, client)


def delete(message: Message, client: Client) -> None:
    """Ask for one deletion and write down what came of it."""
    connection.close()
    try:
        answer = client.delete_message(message_handle=message.message_handle)
    except SendblueError as error:
        if error.status == 404:
            _settle(message, is_gone=True, error=error)
        elif isinstance(error, Rejected | BadCredentials) or _attempts(message) >= MOST_ATTEMPTS:
            _settle(message, is_gone=False, error=error)
        else:
            note_error(message, "deletion_failed", error)
            wait = backoff(_attempts(message), first=5, most=3600)
            Message.objects.filter(pk=message.pk).update(delete_after=now() + wait)
    else:
        _settle(message, is_gone=True, words=answer.message)


def _settle(
    message: Message, *, is_gone: bool, error: SendblueError | None = None, words: str = ""
) -> None:
    with transaction.atomic():
        thread = lock_thread(message.thread_id)
        message.refresh_from_db()
        if error:
            why = "Sendblue did not have it any more." if is_gone else ""
            note_error(message, "deleted" if is_gone else "not_deleted", error, words=why)
        else:
            note(message, "deleted", Source.ANSWER, words=words)
        message.delete_after = None
        message.deleted_at_sendblue = now() if is_gone else None
        _save(message, thread.revision + 1)
        touch_thread(thread, message)


def _save(message: Message, revision: int) -> None:
    message.revision = revision
    message.save(update_fields=["delete_after", "deleted_at_sendblue", "revision"])


def _attempts(message: Message) -> int:
    failed = message.facts.filter(name="deletion_failed")
    return failed.aggregate(times=Sum("times"))["times"] or 0
