"""A line beside the composer: how it is doing, what it may still send, and when we are next."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from inbox.actions.forecasting import Outlook, Score, outlook_of, score_of
from inbox.actions.opening import allowance_of, taken_on
from inbox.actions.pacing import expected_at
from inbox.models import Line, Message, SendState
from sendblue_inbox.clock import database_now

from .notices import Notice, notice_of

if TYPE_CHECKING:
    from inbox.models import Thread

# A message that leaves sooner is not worth a time.
SOON = timedelta(seconds=20)
STATES = {
    Line.Status.ONLINE: ("Online", "good"),
    Line.Status.DEGRADED: ("Degraded", "warning"),
    Line.Status.OFFLINE: ("Offline", "danger"),
    Line.Status.UNKNOWN: ("State not known", "none"),
}
CLASSES = {
    "known": "Known to this line",
    "new": "New to this line",
    "not_applicable": "No limit of new people applies",
    "unavailable": "Sendblue cannot say",
}


@dataclass(frozen=True, slots=True)
class LineState:
    """How the line is doing, in a word, and the tone of its dot."""

    words: str
    tone: str
    since: datetime | None


@dataclass(frozen=True, slots=True)
class LineFigures:
    """What the line may still send, and where this thread stands in its queue."""

    left_this_hour: int
    left_today: int
    next_slot: datetime | None
    waiting: int
    next_goes_at: datetime | None
    contact: str
    warning: str
    asked_at: datetime | None
    outlook: Outlook
    score: Score
    notice: Notice


def line_state(line: Line) -> LineState:
    """How the line is doing."""
    if line.blocked_at:
        return LineState("Blocked", "danger", line.blocked_at)
    if not line.is_ours:
        return LineState("No longer yours", "danger", None)
    words, tone = STATES[Line.Status(line.status)]
    return LineState(words, tone, line.status_changed_at)


def line_figures(thread: Thread) -> LineFigures:
    """Everything that the line’s popover says; asked for when it opens."""
    line, at = thread.line, database_now()
    allowance, taken = allowance_of(line), taken_on(line, at)
    hour, day = allowance.left(taken, at)
    planned = taken_on(line, at, with_planned=True)
    slot = None if hour and planned == taken else allowance.next_slot(planned, at)
    ours = thread.messages.filter(send_state=SendState.QUEUED).order_by("pk").first()
    goes_at = expected_at(ours, line, at=at) if ours else None
    told = thread.contact_status
    asked = told.get("sampled_at")
    return LineFigures(
        left_this_hour=hour,
        left_today=day,
        next_slot=slot if slot and slot > at + SOON else None,
        waiting=Message.objects.filter(line=line, send_state=SendState.QUEUED).count(),
        next_goes_at=goes_at if goes_at and goes_at > at + SOON else None,
        contact=CLASSES.get(told.get("classification", ""), ""),
        warning=_warning(told.get("warning")),
        asked_at=datetime.fromisoformat(asked) if asked else None,
        outlook=outlook_of(thread),
        score=score_of(line),
        notice=notice_of(thread),
    )


def _warning(told: object) -> str:
    """Sendblue’s warning about the pace, whose shape is unpublished, as words."""
    if isinstance(told, dict):
        told = told.get("message") or told.get("reason")
    return told.replace("_", " ") if isinstance(told, str) else ""
