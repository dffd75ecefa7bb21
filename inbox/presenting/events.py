"""The lines between the bubbles: what was done in a thread beside writing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from inbox.call_words import call_words, is_missed
from inbox.models import Kind

from .groups import change_words

if TYPE_CHECKING:
    from inbox.models import Message


@dataclass(frozen=True, slots=True)
class Event:
    """What a line says, and the icon before it."""

    words: str
    icon: str


def event_of(message: Message) -> Event | None:
    """The line that a row is; None for bubbles and marks."""
    match message.kind:
        case Kind.LOCATION_REQUEST:
            return Event("Asked where they are", "place")
        case Kind.FACETIME_CALL:
            return Event("FaceTime call", "video")
        case Kind.REACTION:
            return Event("Reacted to a message that is no longer here", "message")
        case Kind.CALL:
            return Event(call_words(message), "call-missed" if is_missed(message) else "call")
        case Kind.GROUP_PHOTO:
            return Event(change_words(message), "image")
        case Kind.GROUP_NAME | Kind.GROUP_ADD | Kind.GROUP_REMOVE:
            return Event(change_words(message), "users")
    return None
