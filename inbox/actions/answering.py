"""What a tapback or a reply can be attached to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sendblue_inbox.sendblue.terms import Service

if TYPE_CHECKING:
    from inbox.models import Message


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
