"""Finding out what became of sends whose answer was lost.

The status callback settles most of them by its token. For the rest we look through the line's
messages at Sendblue. Not finding one proves nothing, so after fifteen minutes a person decides.
"""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from celery import shared_task
from django.db import transaction

from inbox.models import Message, SendState
from sendblue_inbox.clock import now
from sendblue_inbox.crashpoints import reached
from sendblue_inbox.rows import Turn
from sendblue_inbox.sendblue.client import Client, client_from_settings
from sendblue_inbox.sendblue.errors import SendblueError

from .group_reading import settle_change
from .membership import GROUP_CHANGES, can_be_looked_for
from .noting import Source, note, note_error
from .recording import record_answer
from .touching import lock_thread, touch_thread

if TYPE_CHECKING:
    from sendblue_inbox.sendblue.payloads import MessagePayload

LOOK_FOR = timedelta(minutes=15)
LOOK_FROM, LOOK_TO = timedelta(minutes=-2), timedelta(minutes=10)
LOOK_AGAIN = (3, 5, 10, 15, 30, 60, 120)
logger = logging.getLogger(__name__)


@shared_task(name="drain.resolving")
def drain_resolving() -> None:
    """Put abandoned claims in doubt, then look for every send in doubt that is due."""
    for message in Message.objects.filter(
        send_state=SendState.SENDING, lease_until__lt=now()
    ).order_by("pk")[:100]:
        doubt_abandoned(message)
    turn = Turn()
    due = Message.objects.filter(send_state=SendState.UNKNOWN, resolve_after__lte=now())
    client = client_from_settings()
    for message in due.select_related("thread__line").order_by("resolve_after")[:100]:
        if turn.is_over:
            return
        look_for(message, client)


def doubt_abandoned(message: Message) -> None:
    """A claim outlived its worker: sent or not, never queue it again."""
    with transaction.atomic():
        thread = lock_thread(message.thread_id)
        doubted = Message.objects.filter(
            pk=message.pk, send_state=SendState.SENDING, lease_until__lt=now()
        ).update(
            send_state=SendState.UNKNOWN,
            lease_until=None,
            resolve_after=now() if can_be_looked_for(message) else None,
            revision=thread.revision + 1,
        )
        if doubted:
            message.refresh_from_db()
            note(message, "lost", words="The worker ended while it was sending.")
            touch_thread(thread, message)
        reached("doubting.before")
    reached("doubting.after")


def look_for(message: Message, client: Client) -> None:
    """Adopt the one message at Sendblue that this can be; else look again later, or give up."""
    next_look = _next_look(message)
    # Claims the look by moving it on, so that two workers do not ask at once.
    claimed = Message.objects.filter(
        pk=message.pk, send_state=SendState.UNKNOWN, resolve_after=message.resolve_after
    ).update(resolve_after=next_look or now() + timedelta(minutes=1))
    if not claimed:
        return
    reached("resolving.claimed")
    if message.kind in GROUP_CHANGES:
        settle_change(message, client, is_last=next_look is None)
        return
    try:
        found = candidates(message, client)
    except SendblueError as error:
        logger.warning("could not look for a send in doubt", extra={"error": str(error)})
        note_error(message, "looked", error, words="Sendblue’s list could not be read.")
        found = []
    else:
        note(message, "looked", Source.POLL, words=_looked(message, found))
    if len(found) == 1 and not _twins(message):
        reached("resolving.found")
        record_answer(message, found[0], source=Source.POLL)
        reached("resolving.recorded")
    elif next_look is None:
        leave_to_a_person(message)


def candidates(message: Message, client: Client) -> list[MessagePayload]:
    """The messages at Sendblue that this one can be and that no other row of ours is."""
    attempted_at = message.attempted_at or message.created_at
    thread = message.thread
    people = {person.number for person in thread.people} if thread.awaits_group_id else set()
    page = client.list_messages(
        number="" if thread.is_group else message.number,
        group_id="" if thread.awaits_group_id else thread.group_id,
        message_type="group" if thread.awaits_group_id else "",
        is_outbound=True,
        created_at_gte=attempted_at + LOOK_FROM,
        created_at_lte=attempted_at + LOOK_TO,
        order_by="createdAt",
        order_direction="asc",
        lines=[thread.line.number],
    )
    fitting = {
        payload.message_handle: payload
        for payload in page.items
        if payload.message_handle
        and payload.line_number == thread.line.number
        and (not people or set(payload.participants) - {thread.line.number} == people)
        and payload.content == message.content
        and bool(payload.media_url) == bool(message.media_url)
    }
    taken = set(
        Message.objects.filter(message_handle__in=fitting)
        .exclude(send_state="")
        .values_list("message_handle", flat=True)
    )
    return [payload for handle, payload in fitting.items() if handle not in taken]


def leave_to_a_person(message: Message) -> None:
    """Stop looking: the bubble offers to mark the message as sent or to send it again."""
    with transaction.atomic():
        thread = lock_thread(message.thread_id)
        left = Message.objects.filter(pk=message.pk, send_state=SendState.UNKNOWN).update(
            resolve_after=None, revision=thread.revision + 1
        )
        if left:
            message.refresh_from_db()
            note(message, "left_to_person")
            touch_thread(thread, message)
        reached("leaving.before")
    reached("leaving.after")


def _next_look(message: Message) -> datetime | None:
    since = now() - (message.attempted_at or message.created_at)
    if since >= LOOK_FOR:
        return None
    for seconds in LOOK_AGAIN:
        if since.total_seconds() < seconds * 3:
            return now() + timedelta(seconds=seconds)
    return now() + timedelta(seconds=LOOK_AGAIN[-1])


def _looked(message: Message, found: list[MessagePayload]) -> str:
    if len(found) > 1:
        return f"{len(found)} messages in Sendblue’s list can be this one."
    if found and _twins(message):
        return "One fits, and another send that says the same is in doubt too."
    return "Found one that can only be this." if found else "No message in Sendblue’s list fits."


def _twins(message: Message) -> bool:
    """Whether another send in doubt says the same: then nobody can tell the two apart."""
    others = message.thread.messages.filter(
        send_state__in=[SendState.UNKNOWN, SendState.SENDING], content=message.content
    )
    return others.exclude(pk=message.pk).exists()
