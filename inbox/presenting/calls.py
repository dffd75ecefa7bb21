"""What else is known of a telephone call: what was said, and where it was recorded."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from inbox.models import Kind
from sendblue_inbox.sendblue.payloads.reading import text

if TYPE_CHECKING:
    from inbox.models import Message


@dataclass(frozen=True, slots=True)
class Call:
    """A call's transcript and the address of its recording, each empty where there is none."""

    transcript: str
    recording_url: str


def call_of(message: Message) -> Call | None:
    """What stands under the line of a call; None for other rows."""
    if message.kind != Kind.CALL:
        return None
    _, transcript = message.details.get("transcript") or (0, "")
    _, recording = message.details.get("recording_url") or (0, "")
    return Call(text(transcript), _web(text(recording)))


def _web(url: str) -> str:
    try:
        parts = urlsplit(url)
    except ValueError:
        return ""
    return url if parts.scheme in {"http", "https"} and parts.netloc else ""
