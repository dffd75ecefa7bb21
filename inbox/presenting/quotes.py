"""The message that a reply answers, in short."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from inbox.actions.touching import summary

if TYPE_CHECKING:
    from collections.abc import Mapping

    from inbox.models import Message


@dataclass(frozen=True, slots=True)
class Quote:
    """What is quoted above a bubble; `message` is None where we do not have it."""

    words: str
    message: Message | None


def quote_of(message: Message, quoted: Mapping[str, Message]) -> Quote | None:
    """What the message replies to; None where it replies to nothing."""
    if not message.reply_to_handle:
        return None
    parent = quoted.get(message.reply_to_handle)
    return Quote(summary(parent) if parent else "An earlier message", parent)
