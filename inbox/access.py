"""Objects for a person: what is not theirs to see does not exist (404)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.shortcuts import get_object_or_404

from inbox.models import Line, MediaFile, Message, Thread

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from sendblue_inbox.models import User


def threads_of(user: User) -> QuerySet[Thread]:
    """The threads that a person may see: everybody of the team sees all lines."""
    return Thread.objects.all() if user.is_active else Thread.objects.none()


def lines_of(user: User) -> QuerySet[Line]:
    """The lines that a person works on."""
    return Line.objects.all() if user.is_active else Line.objects.none()


def thread_for(user: User, pk: int) -> Thread:
    """The thread with its line, contact and assignee; raises Http404.

    Where it has become part of another, that one: its key is another than was asked for.
    """
    threads = threads_of(user).select_related("line", "contact", "assignee")
    found = threads.filter(pk=pk).first()
    return found or get_object_or_404(threads, former=pk)


def messages_of(user: User) -> QuerySet[Message]:
    """The messages that a person may see."""
    return Message.objects.filter(thread__in=threads_of(user))


def file_for(user: User, key: str, *, stored: bool = False, previewed: bool = False) -> MediaFile:
    """The file with that key, which lies here where it has to; raises Http404."""
    files = MediaFile.objects.filter(thread__in=threads_of(user))
    if stored:
        files = files.exclude(stored_as="")
    if previewed:
        files = files.exclude(preview_as="")
    return get_object_or_404(files, key=key)


def message_for(user: User, pk: int) -> Message:
    """The message with its thread; raises Http404."""
    messages = messages_of(user)
    return get_object_or_404(messages.select_related("thread__line", "thread__contact"), pk=pk)
