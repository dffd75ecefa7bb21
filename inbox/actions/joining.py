"""A group that we began gets its name at Sendblue, and two threads that are one become one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import IntegrityError, transaction
from django.db.models import Q

from inbox.models import (
    NEW_GROUP,
    WRITTEN,
    FormerThread,
    MediaFile,
    Message,
    SendState,
    Thread,
)
from sendblue_inbox.crashpoints import reached

from .membership import note_members, people_among, want_reading
from .touching import lock_thread, touch_thread, wake_thread

if TYPE_CHECKING:
    from sendblue_inbox.sendblue.payloads import MessagePayload


def lock_group(pk: int, group_id: str) -> Thread:
    """The thread, locked; a group that we began takes the `group_id` that Sendblue gave it.

    Where another thread has that one already, because a webhook was faster or the group was there
    before, what was written here moves there and that thread is returned. Both are locked in the
    order of their keys.
    """
    if not group_id or not Thread.objects.filter(pk=pk, group_id__startswith=NEW_GROUP).exists():
        return lock_thread(pk)
    both = Thread.objects.select_for_update().filter(Q(pk=pk) | Q(group_id=group_id))
    locked = {thread.pk: thread for thread in both.order_by("pk")}
    begun = locked.pop(pk, None)
    if begun is None or not begun.awaits_group_id:
        return lock_thread(pk)
    for there in locked.values():
        return _join(begun, there)
    try:
        with transaction.atomic():
            Thread.objects.filter(pk=pk).update(group_id=group_id)
    except IntegrityError:
        # A webhook made the other thread a moment ago: now it can be found.
        return lock_group(pk, group_id)
    begun.group_id = group_id
    want_reading(begun)
    return begun


def beginnings(payload: MessagePayload, *states: SendState) -> list[Message]:
    """Our sends in these states, without a handle, that may have begun the group that a report
    tells of: on its line, and to the same people."""
    people = set(people_among(payload.participants))
    if not (payload.group_id and people):
        return []
    rows = Message.objects.filter(
        line__number=payload.line_number,
        thread__group_id__startswith=NEW_GROUP,
        send_state__in=states,
        message_handle="",
        kind__in=WRITTEN,
    )
    return [
        row
        for row in rows.select_related("thread")
        if {person.number for person in row.thread.people} == people
    ]


def _join(begun: Thread, there: Thread) -> Thread:
    """Move what was written in the one thread to the end of the other, which stays."""
    for message in begun.messages.order_by("first_revision"):
        message.thread = there
        message.first_revision = message.revision = there.revision + 1
        message.save(update_fields=["thread", "first_revision", "revision"])
        touch_thread(there, message)
    MediaFile.objects.filter(thread=begun).update(thread=there)
    note_members(there, [person.number for person in begun.people], as_of=None)
    there.assignee_id = there.assignee_id or begun.assignee_id
    there.is_closed = there.is_closed and begun.is_closed
    there.save(update_fields=["assignee", "is_closed"])
    want_reading(there)
    reached("joining.inside")
    FormerThread.objects.create(pk=begun.pk, thread=there)
    pk = begun.pk
    begun.delete()
    wake_thread(pk)
    return there
