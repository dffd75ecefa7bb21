"""Our tapbacks: rows in the queue like all that we send, shown on their message at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction

from inbox.models import Kind, Message
from sendblue_inbox.sendblue.terms import Service

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


def lack_of(message: Message) -> str:
    """Why nothing can be attached to the message, neither a tapback nor a reply; empty if it can.

    Both travel by iMessage only and name the message by its handle (contract 2.1, 2.3).
    """
    service = message.service or message.thread.service
    if service not in {"", Service.IMESSAGE}:
        way = "went" if message.is_outbound else "came"
        return f"Tapbacks and replies need iMessage. This message {way} as {service}."
    if message.stage == "failed":
        return "This message did not arrive, so nobody could see a tapback or a reply on it."
    if not message.message_handle:
        return "Tapbacks and replies are possible once Sendblue has this message."
    return ""
