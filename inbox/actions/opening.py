"""Writing to people who are new to a line: how many more it may, and who goes when.

Sendblue caps new contacts per line, in a rolling hour and in a day of New York (contract 1.6).
What would break a cap waits in the queue with the time at which it may go. That time is a plan;
the law is the look at the windows when a message is claimed.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.db.models import Q

from inbox.allowance import DAY, HOUR, Allowance, Told, day_around
from inbox.models import WRITTEN, Line, Message, SendState, Thread
from sendblue_inbox.clock import database_now
from sendblue_inbox.sendblue.errors import PACE_KEYS
from sendblue_inbox.sendblue.payloads.reading import mapping, moment

from .touching import lock_thread, touch_thread

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sendblue_inbox.sendblue.errors import SendblueError

# Nobody has talked on the line for this long: the contact counts as new again.
NEW_AFTER = timedelta(days=30)
# What Sendblue said of a contact is believed for this long.
STATUS_LASTS = timedelta(days=7)
# Nothing is promised for a later time than this from now.
FURTHEST = timedelta(hours=24)
# A planned time that moves by less is not worth telling.
NOTICEABLE = timedelta(seconds=5)
# A cap without a time: by then we know more of the line.
LOOK_AGAIN = timedelta(minutes=10)
NEVER_LEFT = Q(send_state__in=[SendState.QUEUED, SendState.REJECTED])


def is_new_contact(thread: Thread, *, at: datetime, besides_queued: bool = False) -> bool:
    """Whether Sendblue counts the thread's person as new to its line.

    `besides_queued`: messages of ours that still wait make nobody known.
    """
    line = thread.line
    usage = line.usage or {}
    if usage.get("state") == "not_applicable" or usage.get("enabled") is False:
        return False
    since = at - timedelta(days=usage.get("lookback_days") or NEW_AFTER.days)
    not_talk = NEVER_LEFT if besides_queued else Q(send_state=SendState.REJECTED)
    if thread.messages.filter(date_sent__gt=since, kind__in=WRITTEN).exclude(not_talk).exists():
        return False
    told = thread.contact_status
    is_fresh = told.get("sampled_at", "") > (at - STATUS_LASTS).isoformat()
    return not (is_fresh and told.get("classification") in {"known", "not_applicable"})


def book_opening(line: Line, *, at: datetime) -> datetime | None:
    """The first moment at which one more new person may be written to on the line.

    None where that lies too far ahead. The line stays locked until the commit, so no two messages
    are given the same place.
    """
    line = Line.objects.select_for_update().get(pk=line.pk)
    slot = allowance_of(line).next_slot(taken_on(line, at, with_planned=True), at)
    return slot if slot and slot <= at + FURTHEST else None


def next_opening(line: Line, *, at: datetime) -> datetime:
    """When somebody new may be written to, by what has really left; the line must be locked."""
    slot = allowance_of(line).next_slot(taken_on(line, at), at)
    return slot or at + HOUR


def allowance_of(line: Line) -> Allowance:
    """The caps of the line with what Sendblue last said of its use."""
    usage = line.usage or {}
    hourly, daily = usage.get("hourly") or {}, usage.get("daily") or {}
    not_before = _latest(line.new_contacts_after, moment(usage.get("available_at")))
    return Allowance(
        per_hour=line.new_contacts_per_hour,
        per_day=line.new_contacts_per_day,
        not_before=not_before,
        told=_told(line, hourly, daily),
    )


def taken_on(line: Line, at: datetime, *, with_planned: bool = False) -> list[datetime]:
    """When new people were written to on the line lately, and are going to be as planned."""
    rows = Message.objects.filter(
        line=line, opens_contact=True, created_at__gt=at - 3 * DAY
    ).exclude(send_state=SendState.REJECTED)
    if not with_planned:
        rows = rows.exclude(send_state=SendState.QUEUED)
    times = rows.values_list("attempted_at", "send_after", "created_at")
    return [attempted_at or send_after or made for attempted_at, send_after, made in times]


def plan_openings() -> None:
    """Give every message to somebody new that waits the time at which it may go now.

    Room appears when one is taken back, when Sendblue tells of more, or when the person writes
    and so is new no longer.
    """
    waiting = Message.objects.filter(send_state=SendState.QUEUED, opens_contact=True)
    rows = waiting.select_related("thread__line").order_by("line", "pk")
    by_line: dict[int, list[Message]] = {}
    for message in rows:
        by_line.setdefault(message.line_id, []).append(message)
    for messages in by_line.values():
        _plan_line(messages)


def is_capped(error: SendblueError) -> bool:
    """Whether a send was refused because the line wrote to too many new people."""
    return error.error_key in PACE_KEYS or (error.status == 400 and error.error_code == "429")


def room_told(error: SendblueError, *, at: datetime) -> datetime:
    """When Sendblue lets the line write to somebody new again, after it refused one.

    The time that the answer names counts; without one the next day for the daily cap, and for
    the hourly cap a while, in which the use of the line is asked for.
    """
    body = mapping(error.body)
    told = [moment(body.get(name)) for name in ("availableAt", "nextSlotAt", "resetsAt")]
    ahead = [time for time in told if time and at < time]
    if ahead:
        return ahead[0]
    if "DAILY" in error.error_key:
        return day_around(at)[1]
    return at + max(timedelta(seconds=error.retry_after or 0), LOOK_AGAIN)


def postpone(message: Message, thread: Thread, until: datetime) -> None:
    """Let a waiting message wait until then, and say so on the screens. The thread is locked."""
    _move(message, thread, send_after=until, opens_contact=True)


def _plan_line(messages: Iterable[Message]) -> None:
    at = database_now()
    taken: list[datetime] | None = None
    for message in messages:
        thread = message.thread
        if taken is None:
            taken = taken_on(thread.line, at)
            allowance = allowance_of(thread.line)
        if not is_new_contact(thread, at=at, besides_queued=True):
            _replan(message, send_after=at, opens_contact=False)
            continue
        planned = message.send_after or at
        # What was put back once waits for its time as well.
        earliest = max(at, planned) if message.attempts else at
        slot = allowance.next_slot(taken, earliest) or at + DAY
        taken.append(slot)
        if abs(max(planned, at) - slot) > NOTICEABLE:
            _replan(message, send_after=slot)


def _replan(message: Message, **columns: Any) -> None:
    with transaction.atomic():
        _move(message, lock_thread(message.thread_id), **columns)


def _move(message: Message, thread: Thread, **columns: Any) -> None:
    moved = Message.objects.filter(pk=message.pk, send_state=SendState.QUEUED).update(
        revision=thread.revision + 1, **columns
    )
    if moved:
        message.refresh_from_db()
        touch_thread(thread, message)


def _told(line: Line, hourly: dict[str, Any], daily: dict[str, Any]) -> Told | None:
    sampled_at = line.usage_sampled_at
    if sampled_at is None:
        return None
    ours = taken_on(line, sampled_at)
    told = Told(
        sampled_at,
        next_slot_at=moment(hourly.get("next_slot_at")),
        resets_at=moment(daily.get("resets_at")),
    )
    start, _ = Allowance(1, 1, told=told).day(sampled_at)
    ours_this_hour = sum(sampled_at - HOUR < moment <= sampled_at for moment in ours)
    ours_today = sum(start <= moment <= sampled_at for moment in ours)
    return Told(
        sampled_at,
        hourly=max(0, (hourly.get("used") or 0) - ours_this_hour),
        daily=max(0, (daily.get("used") or 0) - ours_today),
        next_slot_at=told.next_slot_at,
        resets_at=told.resets_at,
    )


def _latest(*moments: datetime | None) -> datetime | None:
    return max(filter(None, moments), default=None)
