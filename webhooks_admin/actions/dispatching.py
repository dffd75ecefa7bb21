"""Reading kept deliveries: claim due events, give each to its handler, write down how it went."""

from __future__ import annotations

import json
import logging
import time
from datetime import timedelta
from typing import Any

import orjson
from celery import shared_task
from django.db import connection, transaction
from django.db.models import F

from inbox.actions.recording import TooEarly, Unreadable
from sendblue_inbox.clock import now
from sendblue_inbox.crashpoints import reached
from sendblue_inbox.ring import ring
from sendblue_inbox.rows import SHORT_DRAIN, Turn, backoff
from sendblue_inbox.sendblue.payloads.reading import number, text
from webhooks_admin.models import HINTS, WebhookEvent

from .handling import HANDLERS, HINTED, Outcome, Verdict, pull_now

BATCH = 20
HINT_BATCH = 1_000
LEASE = timedelta(seconds=45)
MOST_ATTEMPTS = 5
LOOK_AGAIN = timedelta(seconds=1)
logger = logging.getLogger(__name__)

# Whoever was claimed before and not finished may be what killed its worker: such events are taken
# one at a time, so that nobody else's attempts are counted with theirs.
CLAIM = """
    WITH due AS (
        SELECT id, attempts, process_after FROM webhooks_admin_webhookevent
         WHERE processed_at IS NULL AND quarantined_at IS NULL AND process_after <= now()
           AND NOT kind IN ('contact_created', 'line_assigned')
         ORDER BY process_after LIMIT %(batch)s FOR UPDATE SKIP LOCKED)
    UPDATE webhooks_admin_webhookevent
       SET attempts = attempts + 1, lease_until = %(until)s, process_after = %(until)s
     WHERE id IN (SELECT id FROM due WHERE attempts = 0)
        OR id = (SELECT id FROM due WHERE attempts > 0 ORDER BY process_after LIMIT 1)
    RETURNING id
"""


class WorkerDied(Exception):
    """Every process that tried to read the event ended in the middle of it."""


@shared_task(name="drain.events", **SHORT_DRAIN)
def drain_events() -> None:
    """Process due events in small batches; poison waits for a person after five attempts."""
    turn = Turn()
    take_hints()
    while not turn.is_over:
        claimed = claim_events()
        events = WebhookEvent.objects.filter(pk__in=claimed)
        for event in events.order_by("attempts", "received_at", "pk"):
            process_event(event)
        if not claimed and not take_hints():
            return
    ring("events")


def take_hints() -> int:
    """Read a batch of those that only hint at news, as one; how many.

    While a list is saved at Sendblue it tells of each of its people, a hundred in a request.
    """
    with transaction.atomic():
        due = WebhookEvent.objects.filter(
            processed_at=None, quarantined_at=None, process_after__lte=now(), kind__in=HINTS
        )
        claimed = due.order_by("process_after").select_for_update(skip_locked=True)
        kinds = dict(claimed.values_list("pk", "kind")[:HINT_BATCH])
        for kind in set(kinds.values()):
            pull_now(HINTED[kind])
        WebhookEvent.objects.filter(pk__in=kinds).update(
            processed_at=now(), attempts=F("attempts") + 1, verdict=Verdict.HINT, error=""
        )
    return len(kinds)


def claim_events() -> list[int]:
    """Take up to a batch of due events, with the attempt counted before the work."""
    with connection.cursor() as cursor:
        # A dead worker's events become due again when its lease runs out.
        cursor.execute(CLAIM, {"until": now() + LEASE, "batch": BATCH})
        claimed = [pk for (pk,) in cursor.fetchall()]
    reached("processing.claimed")
    return claimed


def process_event(event: WebhookEvent) -> None:
    """Run the event's handler, in a transaction together with the note of what came of it."""
    started = time.monotonic()
    if event.attempts > MOST_ATTEMPTS:
        _put_off(event, WorkerDied())
        return
    try:
        with transaction.atomic():
            columns = handle(event)
            spent = time.monotonic() - started
            WebhookEvent.objects.filter(pk=event.pk).update(
                processed_at=now(),
                lease_until=None,
                error="",
                duration_ms=round(spent * 1000),
                **columns,
            )
            reached("processing.before")
        reached("processing.after")
    except TooEarly:
        # Not the event's fault: the attempt does not count.
        WebhookEvent.objects.filter(pk=event.pk).update(
            process_after=now() + LOOK_AGAIN, lease_until=None, attempts=F("attempts") - 1
        )
    except Exception as error:
        _put_off(event, error)


def handle(event: WebhookEvent) -> dict[str, Any]:
    """Let the handler of its kind read the event; what its row then says of what came of it."""
    body = read_body(bytes(event.body))
    handler = HANDLERS.get(event.kind)
    outcome = handler(event, body) if handler else Outcome(Verdict.KEPT)
    return {
        "verdict": outcome.verdict,
        "message_id": outcome.message_id,
        "message_handle": text(body.get("message_handle"))[:200],
        "number": number(body.get("number"))[:254],
    }


def read_body(body: bytes) -> dict[str, Any]:
    """The JSON object of a kept delivery; lone surrogates and bad bytes are replaced.

    Raises Unreadable for anything else.
    """
    try:
        found = orjson.loads(body)
    except orjson.JSONDecodeError:
        found = json.loads(body.decode("utf-8", "replace"))
    if not isinstance(found, dict):
        raise Unreadable("The body is not a JSON object.")
    return found


def _put_off(event: WebhookEvent, error: Exception) -> None:
    # What cannot be read now cannot be read later either, but our next release may read it.
    hopeless = isinstance(error, Unreadable) or event.attempts >= MOST_ATTEMPTS
    words = str(error) if isinstance(error, Unreadable) else type(error).__name__
    WebhookEvent.objects.filter(pk=event.pk).update(
        error=words,
        lease_until=None,
        process_after=now() + backoff(event.attempts, first=2, most=300),
        quarantined_at=now() if hopeless else None,
    )
    reached("processing.put_off")
    logger.log(
        logging.ERROR if hopeless else logging.WARNING,
        "event not processed",
        extra={"event": event.pk, "kind": event.kind, "error": words, "attempt": event.attempts},
        exc_info=None if isinstance(error, Unreadable) else error,
    )
