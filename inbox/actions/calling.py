"""The one door for telephone calls: three kinds of webhooks tell of them, in any order.

Each call is one row of the timeline, found by its `call_id`. As with messages, every rule is a
maximum or a minimum of some order, so the row depends on the set of reports alone.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

from django.db import IntegrityError, transaction

from contacts.actions.saving import ensure_contact
from inbox.models import Kind, Message
from sendblue_inbox.crashpoints import reached
from sendblue_inbox.sendblue.payloads.calls import OUTBOUND

from .facts import earliest, latest
from .recording import Unreadable, line_for, thread_with
from .touching import lock_thread, touch_thread

if TYPE_CHECKING:
    from datetime import datetime

    from sendblue_inbox.sendblue.payloads.calls import CallPayload

# How much a kind of webhook knows of how a call went; the last comes when it is over.
KNOWS = {"inbound_call": 1, "call_log": 2, "call_completed": 3}
LONGEST_HANDLE = 200
MOST_MORE = 20


def record_call(payload: CallPayload, *, kind: str, seen_at: datetime) -> Message:
    """Write what a webhook of that kind says about a call, known or new.

    `seen_at` stands in for a time that nobody tells. Raises Unreadable where it does not say who
    called which line.
    """
    if not payload.number or not payload.line_number:
        raise Unreadable("The report does not say who called which line.")
    for last_try in (False, True):
        try:
            with transaction.atomic():
                return _record(payload, KNOWS.get(kind, 0), seen_at)
        except IntegrityError:
            # Another worker wrote the same call a moment ago: now it can be found.
            if last_try:
                raise
    raise AssertionError("unreachable")


def handle_of(call_id: str) -> str:
    """What names the call among the rows; Sendblue's own handles do not look like it."""
    handle = f"call:{call_id}"
    if len(handle) <= LONGEST_HANDLE:
        return handle
    return f"call:{hashlib.sha256(call_id.encode()).hexdigest()}"


def _record(payload: CallPayload, knows: int, seen_at: datetime) -> Message:
    handle = handle_of(payload.call_id)
    call = Message.objects.filter(message_handle=handle).first()
    if call:
        thread = lock_thread(call.thread_id)
        call.refresh_from_db()
    else:
        line, contact = line_for(payload.line_number), ensure_contact(payload.number)
        thread = lock_thread(thread_with(line, contact, payload.started_at or seen_at).pk)
        call = Message(
            thread=thread,
            line_id=thread.line_id,
            kind=Kind.CALL,
            message_handle=handle,
            number=payload.number,
            is_outbound=False,
            date_sent=seen_at,
            first_revision=thread.revision + 1,
        )
    before = (call.details, call.date_sent, call.date_updated)
    merge_call(call, payload, knows, seen_at)
    is_new = call.pk is None
    if is_new and call.is_news:
        thread.is_closed = False
    is_changed = before != (call.details, call.date_sent, call.date_updated)
    call.last_report = "new" if is_new else "changed" if is_changed else "same"
    if is_new or is_changed:
        call.revision = thread.revision + 1
        call.save()
        touch_thread(thread, call)
    reached("recording.inside")
    return call


def merge_call(call: Message, payload: CallPayload, knows: int, seen_at: datetime) -> None:
    """Take over what the payload adds to the row. Saves nothing."""
    known: dict[str, Any] = call.details
    told = {
        "direction": payload.direction,
        "disposition": [knows, payload.disposition] if payload.disposition else [0, ""],
        "duration": payload.duration or 0,
        "transcript": [len(payload.transcript), payload.transcript],
        "recording_url": [knows, payload.recording_url] if payload.recording_url else [0, ""],
    }
    merged: dict[str, Any] = {
        name: max(known.get(name, type(value)()), value) for name, value in told.items()
    }
    more = dict(known.get("more", {}))
    for name, words in payload.more.items():
        more[name] = max(more.get(name, ""), words)
    merged["more"] = dict(sorted(more.items())[:MOST_MORE])
    call.details = merged
    call.is_outbound = merged["direction"] == OUTBOUND
    call.is_news = not call.is_outbound
    # Until somebody tells when it was, the row carries the time of the first report.
    if call.date_updated or not payload.started_at:
        times = [call.date_sent, payload.started_at if call.date_updated else seen_at]
        call.date_sent = earliest(*times) or seen_at
    else:
        call.date_sent = payload.started_at
    call.date_updated = latest(call.date_updated, payload.started_at)
