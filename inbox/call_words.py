"""A telephone call in a few words, for its line in the thread and for the list."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from inbox.models import Message

ANSWERED = frozenset({"connected", "answered", "completed", "ended"})
MISSED = frozenset({"not_answered", "no_answer", "no-answer", "missed", "unanswered", "timeout"})
KNOWN = {
    "voicemail": ("Left a voicemail", "Reached their voicemail"),
    "busy": ("Called while the line was busy", "They were busy"),
    "declined": ("Their call was declined", "They declined the call"),
    "rejected": ("Their call was declined", "They declined the call"),
    "failed": ("Their call failed", "The call failed"),
    "canceled": ("Hung up before anybody answered", "Hung up before they answered"),
    "cancelled": ("Hung up before anybody answered", "Hung up before they answered"),
}
LONGEST_WORD = 40


def call_words(call: Message) -> str:
    """What happened: “Missed call”, “They called, 4 min 12 s”; Sendblue's word where it is new."""
    disposition, ours = disposition_of(call), call.is_outbound
    if disposition in MISSED:
        return "They did not answer the call" if ours else "Missed call"
    if disposition in KNOWN:
        return KNOWN[disposition][ours]
    length = duration_words(call.details.get("duration") or 0)
    if not disposition or disposition in ANSWERED:
        said = "Called them" if ours else "They called"
    else:
        said = f"Call: {disposition.replace('_', ' ')[:LONGEST_WORD]}"
    return f"{said}, {length}" if length else said


def is_missed(call: Message) -> bool:
    """Whether somebody called and nobody was there."""
    return not call.is_outbound and disposition_of(call) in MISSED


def disposition_of(call: Message) -> str:
    """Sendblue's word for how the call went (contract 3.4, an open set), in lower case."""
    _, word = call.details.get("disposition") or (0, "")
    return str(word)


def duration_words(seconds: int) -> str:
    """45 s, 4 min 12 s, 1 h 5 min; empty for no time at all."""
    if seconds < 60:
        return f"{seconds} s" if seconds else ""
    minutes, rest = divmod(seconds, 60)
    if minutes < 60:
        return f"{minutes} min {rest} s" if rest else f"{minutes} min"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if minutes else f"{hours} h"
