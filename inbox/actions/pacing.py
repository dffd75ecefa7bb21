"""How many messages may wait, in which order they leave a line, and how fast.

The figures are columns of the line (contract, section 1.6). All times are the database's.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.db import connection
from django.db.models import Exists, OuterRef, Q
from django.db.models.functions import Greatest, Now

from inbox.allowance import day_around
from inbox.models import NEW_GROUP, WRITTEN, Kind, Line, MediaFile, Message, SendState, Thread
from sendblue_inbox.clock import database_now

from .opening import book_opening, is_new_contact

if TYPE_CHECKING:
    from django.db.models import QuerySet

# Who wrote within this time waits for an answer; Sendblue counts replies so, too (contract 1.6).
WAITS_FOR = timedelta(hours=24)
# A send in doubt holds back what was written after it, but not for longer than this.
HOLD_FOR = timedelta(seconds=60)


class LimitReached(Exception):
    """A cap of the line forbids the message; the text says which and what can be done."""


@dataclass(frozen=True, slots=True)
class Place:
    """A message's place in the queue of its line: not before `send_after`."""

    send_after: datetime
    is_reply: bool
    opens_contact: bool
    pre_reply_override: bool


def take_place(thread: Thread, *, kind: str, pre_reply_override: bool = False) -> Place:
    """Where a message of that kind comes to stand; raises LimitReached where it cannot.

    The thread must be locked. Messages to people who are new to the line wait for its windows.
    `pre_reply_override` lets one more message a day through before the person ever answered.
    """
    at = database_now()
    line = thread.line
    waiting = Message.objects.filter(line=line, send_state=SendState.QUEUED)
    if waiting[line.queue_limit - 1 : line.queue_limit].exists():
        raise LimitReached(
            f"{line} already has {line.queue_limit:,} messages waiting, the most that Sendblue "
            "takes. Try again when some have left, or choose another line."
        )
    heard_at = thread.last_inbound_at
    is_reply = bool(heard_at and heard_at > at - WAITS_FOR)
    if kind not in WRITTEN:
        return Place(at, is_reply, opens_contact=False, pre_reply_override=False)
    overrides = _check_unanswered(thread, at, pre_reply_override=pre_reply_override)
    if not is_new_contact(thread, at=at):
        return Place(at, is_reply, opens_contact=False, pre_reply_override=overrides)
    opens_at = book_opening(line, at=at)
    if opens_at is None:
        raise LimitReached(
            f"{line} has reached its limit of new people for the next 24 hours. Choose another "
            "line, or try again tomorrow."
        )
    return Place(opens_at, is_reply, opens_contact=True, pre_reply_override=overrides)


def unanswered(thread: Thread) -> int:
    """How many messages of ours a person has who never answered on this line."""
    if thread.is_group or thread.messages.filter(is_outbound=False).exists():
        return 0
    ours = thread.messages.filter(is_outbound=True, kind__in=WRITTEN)
    return ours.exclude(send_state=SendState.REJECTED)[: thread.line.messages_before_reply].count()


def may_override(thread: Thread, at: datetime) -> bool:
    """Whether today’s one message beyond the limit before a reply is still to be had."""
    today, _ = day_around(at)
    used = thread.messages.filter(pre_reply_override=True, created_at__gte=today)
    return not used.exclude(send_state=SendState.REJECTED).exists()


def _check_unanswered(thread: Thread, at: datetime, *, pre_reply_override: bool) -> bool:
    allowed = thread.line.messages_before_reply
    if unanswered(thread) < allowed:
        return False
    may = may_override(thread, at)
    if may and pre_reply_override:
        return True
    ways = ", or send one more today with “Send anyway”." if may else "."
    raise LimitReached(
        f"{allowed} messages went to {thread.title} without an answer, the most that Sendblue "
        f"allows. You can write again once they reply{ways}"
    )


def due_messages() -> QuerySet[Message]:
    """What may leave now, in the order in which a line sends it.

    Who waits for an answer comes first; then the threads take turns, each thread where it was
    served longest ago. Nothing overtakes an earlier message of its thread. What belongs to a line
    that is away waits for it.
    """
    same_thread = Message.objects.filter(thread=OuterRef("thread"))
    ahead = Q(send_state=SendState.QUEUED, pk__lt=OuterRef("pk"))
    under_way = Q(send_state=SendState.SENDING)
    in_doubt = Q(send_state=SendState.UNKNOWN, attempted_at__gt=Now() - HOLD_FOR)
    # A tapback stands on its own message, whatever is written meanwhile.
    in_doubt &= ~Q(kind=Kind.REACTION)
    # Only one message names the people of a new group; the rest needs its group_id (contract 2.2).
    begun = Q(send_state__in=[SendState.SENDING, SendState.ACCEPTED, SendState.MARKED_SENT])
    begun |= Q(send_state=SendState.UNKNOWN, trouble_settled_at__isnull=True)
    not_uploaded = MediaFile.objects.filter(message=OuterRef("pk"), media_url="")
    return (
        Message.objects.filter(
            Q(file_count=0) | ~Exists(not_uploaded),
            send_state=SendState.QUEUED,
            send_after__lte=Now(),
            line__is_ours=True,
            line__blocked_at__isnull=True,
        )
        .exclude(line__status=Line.Status.OFFLINE)
        .exclude(Exists(same_thread.filter(ahead | under_way | in_doubt)))
        .exclude(Exists(same_thread.filter(begun, thread__group_id__startswith=NEW_GROUP)))
        .select_related("thread__line", "thread__contact")
        .order_by("-is_reply", Greatest("send_after", "thread__last_claimed_at"), "pk")
    )


def take_turn(line_pk: int) -> bool:
    """Whether one message may leave the line at this moment; if so, the moment is taken.

    A leaky bucket in one statement: messages leave `seconds_per_message` apart, except that a
    rested line lets some go at once. One fewer than the `burst` that Sendblue allows a second:
    the next one leaves within the same second. The row stays locked until the commit.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            """
            UPDATE inbox_line
               SET busy_until = greatest(busy_until, clock_timestamp())
                              + seconds_per_message * interval '1 second'
             WHERE id = %s
               AND (busy_until IS NULL OR busy_until <= clock_timestamp()
                    + seconds_per_message * greatest(burst - 2, 0) * interval '1 second')
            """,
            [line_pk],
        )
        return bool(cursor.rowcount)


def next_turn() -> timedelta | None:
    """How long until a line on which something is due may send again; None where nothing is.

    A line that somebody is sending on is not looked at: whoever does rings again.
    """
    due = due_messages().order_by().values("line")
    lines = Line.objects.filter(pk__in=due).exclude(sender_until__gt=Now())
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT min(greatest(busy_until - clock_timestamp() - seconds_per_message
                       * greatest(burst - 2, 0) * interval '1 second', interval '0'))
              FROM inbox_line WHERE id = ANY(%s)
            """,
            [list(lines.values_list("pk", flat=True))],
        )
        return cursor.fetchone()[0]


def expected_at(message: Message, line: Line, *, at: datetime) -> datetime:
    """About when a waiting message will leave, the first of its thread, if nothing more comes."""
    others = Message.objects.filter(
        line=line, send_state=SendState.QUEUED, send_after__lte=at
    ).exclude(thread=message.thread_id)
    ahead = others.filter(is_reply=message.is_reply).values("thread").distinct().count()
    if not message.is_reply:
        ahead += others.filter(is_reply=True).count()
    step = timedelta(seconds=line.seconds_per_message)
    turn = max(line.busy_until or at, at) + step * (ahead - max(line.burst - 2, 0))
    return max(message.send_after or at, turn, at)
