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
from django.db import DatabaseError, connection
from django.db.models import Q
from django.db.models.functions import Now

from inbox.models import Line, Message, SyncState
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
from .claiming import LEASE, claim_next
from .consent import hold_back_opted_out
from .noting import note_requests
from .opening import plan_openings
from .outcomes import accept, put_back, put_in_doubt, reject
from .pacing import due_messages, next_turn
from .posting import post
from .recording import record_answer
from .slices import wake

if TYPE_CHECKING:
    from collections.abc import Callable

    from sendblue_inbox.sendblue.tracing import Written

LINES_AT_ONCE = 8
# A line that may send again sooner is worth a bell of its own; the sweep rings for the others.
SOON = timedelta(seconds=5)
logger = logging.getLogger(__name__)


@shared_task(name="drain.sending")
def drain_sending() -> None:
    """Send what is due, every line at its own pace, a slow line beside the others."""
    if is_sending_paused():
        return
    hold_back_opted_out()
    plan_openings()
    turn = Turn()
    due = list(due_messages().order_by().values_list("line", flat=True).distinct())
    connection.close()
    with ThreadPoolExecutor(LINES_AT_ONCE, thread_name_prefix="line") as lines:
        list(lines.map(lambda line: _in_thread(lambda: deliver_line(line, turn)), due))
    wait = next_turn()
    if wait is not None and wait < SOON:
        ring("sending", after=wait)


def deliver_line(line_pk: int, turn: Turn) -> None:
    """Send the due messages of one line, one after the other, unless another worker does."""
    sender = uuid.uuid4()
    free = Line.objects.filter(Q(sender_until__isnull=True) | Q(sender_until__lt=Now()), pk=line_pk)
    if not free.update(sender=sender, sender_until=Now() + LEASE):
        return
    reached("claiming.line")
    client = client_from_settings()
    try:
        while not turn.is_over and (message := claim_next(line_pk, sender)):
            deliver(message, client)
    finally:
        Line.objects.filter(pk=line_pk, sender=sender).update(sender=None, sender_until=None)


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
