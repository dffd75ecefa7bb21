"""The message that a reply answers, in short."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from inbox.actions.touching import summary

from .names import name_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from contacts.models import Contact
    from inbox.models import Message


@dataclass(frozen=True, slots=True)
class Quote:
    """What is quoted above a bubble, and whose words; `message` is None where we do not have it."""

    words: str
    who: str
    message: Message | None


def quote_of(
    message: Message, quoted: Mapping[str, Message], people: Mapping[str, Contact], viewer_pk: int
) -> Quote | None:
    """What the message replies to; None where it replies to nothing."""
    if not message.reply_to_handle:
        return None
    parent = quoted.get(message.reply_to_handle)
    if parent is None:
        return Quote("An earlier message", "", None)
    return quote(parent, people, viewer_pk)


def quote(parent: Message, people: Mapping[str, Contact], viewer_pk: int) -> Quote:
    """A message in short."""
    return Quote(summary(parent), name_of(parent, people, viewer_pk), parent)
