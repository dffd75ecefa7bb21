"""Team work on threads: who has it, whether it is done, how far each agent has read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import F

from inbox.models import Reader, Thread

from .gesturing import ask_receipt
from .touching import lock_thread, wake_row_of, wake_thread

if TYPE_CHECKING:
    from sendblue_inbox.models import User


def assign(thread: Thread, *, to: User | None) -> Thread:
    """Give the thread to an agent, or to nobody."""
    with transaction.atomic():
        thread = lock_thread(thread.pk)
        thread.assignee = to
        _save(thread, "assignee")
    return thread


def close(thread: Thread) -> Thread:
    """Put the thread away; the person's next message opens it again."""
    return _set_closed(thread, is_closed=True)


def reopen(thread: Thread) -> Thread:
    """Take the thread back among the open ones."""
    return _set_closed(thread, is_closed=False)


def mark_read(thread: Thread, *, user: User) -> None:
    """Nothing in the thread, as it stands now, is unread for this agent any more; the person is
    told so where the line does that."""
    latest = Thread.objects.filter(pk=thread.pk).values_list("last_inbound_revision", flat=True)
    revision = latest.get()
    _set_pointer(thread, user, revision)
    ask_receipt(thread, up_to=revision)


def mark_unread(thread: Thread, *, user: User) -> None:
    """The newest message of the person counts as unread for this agent again."""
    latest = Thread.objects.filter(pk=thread.pk).values_list("last_inbound_revision", flat=True)
    _set_pointer(thread, user, max(latest.get() - 1, 0))


def _set_pointer(thread: Thread, user: User, revision: int) -> None:
    with transaction.atomic():
        changed = (
            Reader.objects.filter(thread=thread, user=user)
            .exclude(read_revision=revision)
            .update(read_revision=revision)
        )
        if not changed:
            reader = Reader(thread=thread, user=user, read_revision=revision)
            made = Reader.objects.bulk_create([reader], ignore_conflicts=True)
            changed = len(made)
        wake_row_of(user.pk, thread.pk)


def _set_closed(thread: Thread, *, is_closed: bool) -> Thread:
    with transaction.atomic():
        thread = lock_thread(thread.pk)
        thread.is_closed = is_closed
        _save(thread, "is_closed")
    return thread


def _save(thread: Thread, field: str) -> None:
    thread.revision = F("revision") + 1
    thread.save(update_fields=[field, "revision"])
    thread.refresh_from_db(fields=["revision"])
    wake_thread(thread.pk)


def set_preferences(user: User, *, enter_sends: bool, shows_typing: bool) -> None:
    """What an agent likes to have otherwise."""
    user.enter_sends, user.shows_typing = enter_sends, shows_typing
    user.save(update_fields=["enter_sends", "shows_typing"])
