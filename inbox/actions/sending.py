"""Handing queued messages to Sendblue, each at most once.

Sends have no idempotency key, so a message is POSTed once and never again by itself after a byte
of it may have reached Sendblue. The claim is committed before the POST, the outcome after it; a
claim whose outcome was never written is in doubt and goes to the resolver.
"""

from __future__ import annotations

import logging
import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import TYPE_CHECKING

from celery import shared_task
from django.db import DatabaseError, connection, transaction
from django.db.models import Exists, OuterRef, Q

from inbox.models import NEW_GROUP, Line, Message, SendState, SyncState
from sendblue_inbox.clock import now
from sendblue_inbox.crashpoints import reached
from sendblue_inbox.ring import ring
from sendblue_inbox.rows import Turn
from sendblue_inbox.sendblue.client import Client, client_from_settings
from sendblue_inbox.sendblue.errors import (
    BadCredentials,
    NotSent,
    RateLimited,
    Rejected,
    SendblueError,
)
from sendblue_inbox.sendblue.payloads import MessagePayload
from sendblue_inbox.sendblue.tracing import traced

from .accounts import is_sending_paused, pause_sending
from .noting import note, note_requests
from .outcomes import accept, put_back, put_in_doubt, reject
from .posting import post
from .recording import record_answer
from .slices import wake
from .touching import lock_thread, touch_thread

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.db.models import QuerySet

    from sendblue_inbox.sendblue.tracing import Written

# Above the longest POST (51 s with connecting). It is renewed with every claim, so a killed worker
# holds its line up for at most this long.
LEASE = timedelta(seconds=60)
LINES_AT_ONCE = 8
# A send in doubt holds back what was written after it, but not for longer than this.
HOLD_FOR = timedelta(seconds=60)
logger = logging.getLogger(__name__)


@shared_task(name="drain.sending")
def drain_sending() -> None:
    """Send what is due, every line at its own pace, a slow line beside the others."""
    if is_sending_paused():
        return
    turn = Turn()
    due = list(due_messages().order_by().values_list("line", flat=True).distinct())
    connection.close()
    with ThreadPoolExecutor(LINES_AT_ONCE, thread_name_prefix="line") as lines:
        list(lines.map(lambda line: _in_thread(lambda: deliver_line(line, turn)), due))
    if due_messages().exists():
        ring("sending")


def deliver_line(line_pk: int, turn: Turn) -> None:
    """Send the due messages of one line, one after the other, unless another worker does."""
    sender = uuid.uuid4()
    free = Q(sender_until__isnull=True) | Q(sender_until__lt=now())
    if not Line.objects.filter(free, pk=line_pk).update(sender=sender, sender_until=now() + LEASE):
        return
    reached("claiming.line")
    client = client_from_settings()
    try:
        while not turn.is_over and (message := claim_next(line_pk, sender)):
            deliver(message, client)
    finally:
        Line.objects.filter(pk=line_pk, sender=sender).update(sender=None, sender_until=None)


def claim_next(line_pk: int, sender: uuid.UUID) -> Message | None:
    """The line's next due message, now ours alone, with the claim committed."""
    while True:
        held = Line.objects.filter(pk=line_pk, sender=sender).update(sender_until=now() + LEASE)
        candidate = due_messages().filter(line=line_pk).first() if held else None
        if candidate is None or is_sending_paused():
            return None
        reached("claiming.before")
        with transaction.atomic():
            thread = lock_thread(candidate.thread_id)
            claimed = Message.objects.filter(
                pk=candidate.pk, send_state=SendState.QUEUED, send_after__lte=now()
            ).update(
                send_state=SendState.SENDING,
                attempts=candidate.attempts + 1,
                attempted_at=now(),
                lease_until=now() + LEASE,
                revision=thread.revision + 1,
            )
            if claimed:
                candidate.refresh_from_db()
                note(candidate, "claimed", words=f"Attempt {candidate.attempts}")
                touch_thread(thread, candidate)
            reached("claiming.inside")
        if claimed:
            reached("claiming.after")
            return candidate


def deliver(message: Message, client: Client) -> None:
    """POST a claimed message once and write down what came of it."""
    try:
        with traced() as requests:
            try:
                payload = post(message, client)
            finally:
                _keep_evidence(message, requests)
    except (NotSent, RateLimited) as error:
        put_back(message, error)
    except (Rejected, BadCredentials) as error:
        _stop_what_is_refused(error)
        if error.message_handle and isinstance(error.body, dict):
            record_answer(message, MessagePayload.parse(error.body))
        else:
            reject(message, error)
    except SendblueError as error:
        put_in_doubt(message, error)
    except BaseException:
        # A bug, a soft time limit, a shutdown: the POST may have left.
        put_in_doubt(message, None)
        raise
    else:
        reached("recording.before")
        if payload:
            record_answer(message, payload)
        else:
            accept(message, requests[-1].answer if requests else None)
        reached("recording.after")


def _keep_evidence(message: Message, requests: list[Written]) -> None:
    """Write down what was sent. That this fails must not decide what becomes of the message."""
    try:
        note_requests(message, requests)
    except DatabaseError as error:
        logger.warning("a request was not kept", extra={"error": type(error).__name__})
        connection.close()


def due_messages() -> QuerySet[Message]:
    """What may leave now, oldest first: nothing overtakes an earlier message of its thread."""
    same_thread = Message.objects.filter(thread=OuterRef("thread"))
    ahead = Q(send_state=SendState.QUEUED, pk__lt=OuterRef("pk"))
    under_way = Q(send_state=SendState.SENDING)
    in_doubt = Q(send_state=SendState.UNKNOWN, attempted_at__gt=now() - HOLD_FOR)
    # Only one message names the people of a new group; the rest needs its group_id (contract 2.2).
    begun = Q(send_state__in=[SendState.SENDING, SendState.ACCEPTED, SendState.MARKED_SENT])
    begun |= Q(send_state=SendState.UNKNOWN, trouble_settled_at__isnull=True)
    return (
        Message.objects.filter(send_state=SendState.QUEUED, send_after__lte=now())
        .exclude(Exists(same_thread.filter(ahead | under_way | in_doubt)))
        .exclude(Exists(same_thread.filter(begun, thread__group_id__startswith=NEW_GROUP)))
        .select_related("thread__line", "thread__contact")
        .order_by("send_after", "pk")
    )


def _stop_what_is_refused(error: SendblueError) -> None:
    """Do not let the whole queue run into a refusal that is not about one message."""
    if error.status in {401, 402}:
        pause_sending(
            f"Sendblue refused a send (HTTP {error.status}). Check the API keys and the plan.",
            error,
        )
    elif error.status == 403:
        # Perhaps only this line may not send: ask what we may still do before stopping others.
        wake(SyncState.Kind.LINES)
        ring("syncing")


def is_callback_token(token: str) -> bool:
    """Whether a message of ours was sent with this token in its callback address."""
    return Message.objects.filter(callback_token=token).exists()


def _in_thread(work: Callable[[], None]) -> None:
    try:
        work()
    finally:
        connection.close()
