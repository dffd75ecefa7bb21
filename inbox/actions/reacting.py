"""Our tapbacks: rows in the queue like all that we send, shown on their message at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction

from inbox.models import Kind, Message

from .answering import lack_of
from .queueing import Refused, insert_queued
from .touching import lock_thread, summary

if TYPE_CHECKING:
    from uuid import UUID

    from sendblue_inbox.models import User

QUOTED = 120  # characters of a message that stand for it in the list


def react(
    target: Message, *, author: User, client_ref: UUID, reaction: str, part_index: int = 0
) -> Message:
    """Our queued tapback; the standing one where it says the same already.

    It can be added and never taken back (contract 2.3). Raises Refused.
    """
    with transaction.atomic():
        thread = lock_thread(target.thread_id)
        target = Message.objects.get(pk=target.pk)
        target.thread = thread
        again = Message.objects.filter(client_ref=client_ref).first()
        if again:
            return again
        lack = lack_of(target)
        if lack:
            raise Refused(lack)
        standing = ours_on(target, part_index)
        if standing and standing.reaction == reaction:
            return standing
        return insert_queued(
            thread,
            author=author,
            client_ref=client_ref,
            kind=Kind.REACTION,
            reaction=reaction,
            reacts_to=target,
            reaction_quote=summary(target)[:QUOTED],
            reply_to_handle=target.message_handle,
            part_index=part_index,
        )


def ours_on(target: Message, part_index: int) -> Message | None:
    """The tapback of ours that stands on a part of the message, or is on its way there."""
    ours = target.reactions.filter(is_outbound=True, part_index=part_index)
    newest = ours.order_by("-date_sent", "-pk").first()
    return None if newest is None or newest.stage in {"failed", "unknown"} else newest
