"""Calling somebody by FaceTime. What joins the call is a secret, and nobody here joins it."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import uuid4

from django.db import transaction

from inbox.models import Kind, Line
from sendblue_inbox.clock import now
from sendblue_inbox.sendblue.errors import SendblueError

from .queueing import Refused, insert_queued
from .touching import lock_thread

if TYPE_CHECKING:
    from inbox.models import Message, Thread
    from sendblue_inbox.models import User
    from sendblue_inbox.sendblue.client import Client

# Two agents, or one who clicks twice, ring a person once.
AGAIN_AFTER = timedelta(seconds=30)
# Not offered on this line: the same request would be refused again.
NOT_OFFERED = frozenset({400, 403, 404})


def call_by_facetime(thread: Thread, *, author: User) -> Message:
    """A queued call. Raises Refused."""
    if thread.is_group:
        raise Refused("Sendblue calls one person by FaceTime, not a group.")
    with transaction.atomic():
        thread = lock_thread(thread.pk)
        recent = thread.messages.filter(
            kind=Kind.FACETIME_CALL, created_at__gt=now() - AGAIN_AFTER
        ).exclude(send_state="rejected")
        if recent.exists():
            raise Refused("A FaceTime call to them started a moment ago.")
        return insert_queued(thread, author=author, client_ref=uuid4(), kind=Kind.FACETIME_CALL)


def start_call(message: Message, client: Client) -> None:
    """The request of such a row; a line that has no FaceTime is remembered with Sendblue's words.

    The answer's token lets anybody into the call: it is neither kept nor passed on.
    """
    line = message.thread.line
    try:
        client.start_facetime_call(number=message.number, from_number=line.number)
    except SendblueError as error:
        if error.status in NOT_OFFERED:
            words = error.message or "Sendblue refused it and gave no reason."
            Line.objects.filter(pk=line.pk).update(facetime_refused=words[:300])
        raise
    Line.objects.filter(pk=line.pk).exclude(facetime_refused="").update(facetime_refused="")
