"""When a message may leave its line, and whether it may be queued at all.

The figures are columns of the line (contract, section 1.6). All times are the database's.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from django.db import connection

from inbox.models import WRITTEN, Line, Message, SendState, Thread
from sendblue_inbox.clock import now

if TYPE_CHECKING:
    from datetime import datetime

# Nobody has talked on the line for this long: the contact counts as new again.
NEW_AFTER = timedelta(days=30)


class LimitReached(Exception):
    """A cap of the line forbids the message now; the text says which and until when."""


def reserve_slot(line: Line) -> datetime:
    """Promise the line's next free moment to one more message and return it.

    A leaky bucket in one statement: messages leave `seconds_per_message` apart, except that a
    rested line lets `burst` of them go at once. The row stays locked until the commit, so two
    messages can never get the same moment.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            """
            UPDATE inbox_line
               SET busy_until = greatest(busy_until, clock_timestamp())
                              + seconds_per_message * interval '1 second'
             WHERE id = %s
            RETURNING greatest(
                busy_until - seconds_per_message * burst * interval '1 second', clock_timestamp())
            """,
            [line.pk],
        )
        return cursor.fetchone()[0]


def check_limits(thread: Thread, *, pre_reply_override: bool = False) -> bool:
    """Whether this thread's contact is new on its line; raises LimitReached where a cap forbids.

    The thread must be locked. `pre_reply_override` lets one more message through before the
    person ever answered (contract 1.6); Sendblue counts how often.
    """
    line = thread.line
    waiting = Message.objects.filter(line=line, send_state=SendState.QUEUED)
    if waiting[line.queue_limit - 1 : line.queue_limit].exists():
        raise LimitReached(
            f"{line} already has {line.queue_limit:,} messages waiting, the most that Sendblue "
            "takes. Try again when some have left, or choose another line."
        )
    if not (thread.is_group or pre_reply_override):
        _check_unanswered(thread)
    is_new = not thread.messages.filter(date_sent__gt=now() - NEW_AFTER).exists()
    if is_new:
        _check_new_contacts(line)
    return is_new


def _check_unanswered(thread: Thread) -> None:
    allowed = thread.line.messages_before_reply
    if thread.messages.filter(is_outbound=False).exists():
        return
    ours = thread.messages.filter(is_outbound=True, kind__in=WRITTEN)
    unanswered = ours.exclude(send_state=SendState.REJECTED)
    if unanswered[allowed - 1 : allowed].exists():
        raise LimitReached(
            f"{allowed} messages went to {thread.title} without an answer, the most that Sendblue "
            "allows. You can write again once they reply."
        )


def _check_new_contacts(line: Line) -> None:
    opened = Message.objects.filter(line=line, opens_contact=True).exclude(
        send_state=SendState.REJECTED
    )
    for hours, cap, word in (
        (1, line.new_contacts_per_hour, "hour"),
        (24, line.new_contacts_per_day, "day"),
    ):
        within = timedelta(hours=hours)
        recent = opened.filter(created_at__gt=now() - within).order_by("-created_at")
        blocking = recent[cap - 1 : cap].values_list("created_at", flat=True).first()
        if blocking:
            minutes = max(1, round((blocking + within - now()).total_seconds() / 60))
            wait = f"{minutes} min" if minutes < 120 else f"{round(minutes / 60)} h"
            raise LimitReached(
                f"{line} has written to {cap} new people within the {word}, which is its limit. "
                f"Try again in {wait}, or choose another line."
            )
