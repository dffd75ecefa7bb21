"""Facts: what happened to a message and who says so. Written once, counted after that.

Every report that goes through the door is a fact, and so is every step of ours. A fact's identity
is its content, so the facts of a message are the same in whatever order they come. One statement
each: this stands in the way of every webhook.
"""

from __future__ import annotations

import hashlib
import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.db import connection

from inbox.models import Fact, Message
from inbox.redaction import redacted, redacted_text
from sendblue_inbox.clock import now
from sendblue_inbox.sendblue.terms import FINAL_FAILURES

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from sendblue_inbox.sendblue.errors import SendblueError
    from sendblue_inbox.sendblue.payloads import MessagePayload
    from sendblue_inbox.sendblue.tracing import Written

Source = Fact.Source
KEEP_BODIES_FOR = timedelta(days=30)
BATCH, BATCHES = 1000, 20
_COLUMNS = ("status", "error_code", "words")
_LONGEST = {
    field.attname: field.max_length
    for field in Fact._meta.concrete_fields
    if field.attname in _COLUMNS
}

KEEP = """
    INSERT INTO inbox_fact (message_id, seen_at, told_at, source, name, status, error_code, words,
                            body, times, digest)
    VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, 1, %s)
    ON CONFLICT (message_id, digest) DO UPDATE
        SET times = inbox_fact.times + 1,
            seen_at = least(inbox_fact.seen_at, excluded.seen_at)
"""
MOVE = """
    INSERT INTO inbox_fact (message_id, seen_at, told_at, source, name, status, error_code, words,
                            body, times, digest)
    SELECT %s, seen_at, told_at, source, name, status, error_code, words, body, times, digest
      FROM inbox_fact WHERE message_id = %s
    ON CONFLICT (message_id, digest) DO UPDATE
        SET times = inbox_fact.times + excluded.times,
            seen_at = least(inbox_fact.seen_at, excluded.seen_at)
"""


def note(
    message: Message,
    name: str,
    source: str = Source.INBOX,
    *,
    seen_at: datetime | None = None,
    told_at: datetime | None = None,
    status: str = "",
    error_code: str = "",
    words: str = "",
    body: Any = None,
) -> None:
    """Keep a fact about the message, or count it where the same one is there.

    `name` says in one word what happened; `body` is what came or went over the wire, of which
    the secrets are struck out. The transaction of what happened is the place to call it from.
    """
    secrets = [message.callback_token] if message.callback_token else []
    told = {"status": status, "error_code": error_code}
    told["words"] = redacted_text(words, secrets=secrets) if words else ""
    cut = [told[column][: _LONGEST[column]] for column in _COLUMNS]
    kept = None if body is None else json.dumps(redacted(body, secrets=secrets), sort_keys=True)
    at = told_at.isoformat() if told_at else ""
    identity = json.dumps([source, name, at, *cut, kept])
    digest = hashlib.sha256(identity.encode()).hexdigest()
    with connection.cursor() as cursor:
        cursor.execute(
            KEEP, [message.pk, seen_at or now(), told_at, source, name, *cut, kept, digest]
        )


def note_report(
    message: Message, payload: MessagePayload, source: str, *, seen_at: datetime | None = None
) -> None:
    """Keep what Sendblue says about the message, in whatever way it was told."""
    name = "status" if payload.is_outbound else "received"
    if source == Source.ANSWER:
        name = "refused" if payload.status in FINAL_FAILURES else "accepted"
    note(
        message,
        name,
        source,
        seen_at=seen_at,
        told_at=payload.date_updated or payload.date_sent,
        status=payload.status,
        error_code=payload.error_key or payload.error_code,
        words=payload.error_message or payload.error_detail or payload.error_reason,
        body=payload.raw or None,
    )


def note_error(message: Message, name: str, error: SendblueError, *, words: str = "") -> None:
    """Keep how an attempt ended that brought no message: what was answered, if anything was."""
    answered = error.status is not None
    note(
        message,
        name,
        Source.ANSWER if answered else Source.INBOX,
        status=f"HTTP {error.status}" if answered else "",
        error_code=error.error_key or error.error_code,
        words=words or error.message,
        body=error.body,
    )


def note_requests(message: Message, requests: Iterable[Written]) -> None:
    """Keep the requests that were made for the message, as they went out."""
    for request in requests:
        body = {"method": request.method, "path": request.path, "json": request.body}
        note(message, "posted", seen_at=request.at, body=body)


def move_facts(stranger: Message, message: Message) -> None:
    """What was told about a row that turns out to be this message was told about this message."""
    with connection.cursor() as cursor:
        cursor.execute(MOVE, [message.pk, stranger.pk])


def prune_bodies() -> int:
    """Drop what came over the wire more than 30 days ago; how many. The facts stay."""
    old = Fact.objects.filter(body__isnull=False, seen_at__lt=now() - KEEP_BODIES_FOR)
    gone = 0
    for _ in range(BATCHES):
        batch = list(old.order_by("seen_at").values_list("pk", flat=True)[:BATCH])
        gone += Fact.objects.filter(pk__in=batch).update(body=None)
        if len(batch) < BATCH:
            break
    return gone
