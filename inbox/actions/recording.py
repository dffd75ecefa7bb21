"""The one door for facts: whatever Sendblue tells us about a message is written here.

Webhooks, status callbacks, answers to sends and pages of lists all become a MessagePayload and go
through `record_message` or `record_answer`. Both can be repeated and re-ordered at will. Lock
order everywhere: thread, then line.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from django.db import IntegrityError, transaction

from contacts.actions.saving import ensure_contact
from contacts.models import ConsentChange
from inbox.models import WRITTEN, Line, Message, Participant, SendState, Thread
from sendblue_inbox.crashpoints import reached
from sendblue_inbox.sendblue.terms import OPT_IN_WORDS, OPT_OUT_WORDS

from .attaching import attach, read_tapback, sight_of
from .consent import note_consent
from .expecting import expect_file, lacks_file
from .facts import absorb, fitted, merge, told_time
from .joining import beginnings, lock_group
from .membership import note_group
from .noting import Source, move_facts, note_report
from .touching import lock_thread, touch_thread

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from contacts.models import Contact
    from sendblue_inbox.sendblue.payloads import MessagePayload

LATE_AFTER = timedelta(seconds=60)
# The first fill of an account brings years of messages; only its last day is news to anyone.
NEWS_FOR = timedelta(days=1)
# How long a lost answer may lie back for a report to be taken as that message.
ADOPTION_WINDOW = timedelta(minutes=15)
IN_DOUBT = (SendState.SENDING, SendState.UNKNOWN)
Consent = ConsentChange.Source


class Unreadable(Exception):
    """The report does not say whose conversation it belongs to; the text says what is missing."""


class TooEarly(Exception):
    """One of our sends is under way that this report may be about; look again in a second."""


def record_message(
    payload: MessagePayload,
    *,
    seen_at: datetime,
    source: str = Source.WEBHOOK,
    is_history: bool = False,
) -> Message:
    """Write what a webhook or a list says about a message, known or new.

    `seen_at` stands in for Sendblue's times where a report has none. Of history only what changes
    a message that we have is kept as a fact. Raises Unreadable, or
    TooEarly for an unknown outbound message while one of ours is being handed over.
    """
    payload = fitted(payload)
    if not payload.message_handle:
        raise Unreadable("The report names no message_handle.")
    for last_try in (False, False, True):
        try:
            with transaction.atomic():
                return _record(payload, seen_at, source, is_history)
        except IntegrityError:
            # Another worker wrote the same handle a moment ago: now it can be found.
            if last_try:
                raise
    raise AssertionError("unreachable")


def record_answer(
    message: Message,
    payload: MessagePayload,
    *,
    source: str = Source.ANSWER,
    seen_at: datetime | None = None,
) -> Message:
    """Write what an answer or a status callback says about this very row of ours."""
    payload = fitted(payload)
    with transaction.atomic():
        thread = lock_group(message.thread_id, payload.group_id)
        message = Message.objects.get(pk=message.pk)
        note_group(thread, payload)
        stranger = None
        if payload.message_handle and not message.message_handle:
            stranger = _take_back(thread, message, payload.message_handle)
        note_report(message, payload, source, seen_at=seen_at)
        message, _ = _update(thread, message, payload, stranger=stranger)
        reached("recording.inside")
        return message


def _record(payload: MessagePayload, seen_at: datetime, source: str, is_history: bool) -> Message:
    known = Message.objects.filter(message_handle=payload.message_handle).first()
    if known:
        thread = lock_group(known.thread_id, payload.group_id)
        known.refresh_from_db()
        note_group(thread, payload)
        known, is_changed = _update(thread, known, payload, is_history=is_history)
        if is_changed or not is_history:
            note_report(known, payload, source, seen_at=seen_at)
        return known
    thread, ours = _place_of(payload, seen_at)
    note_group(thread, payload)
    if ours:
        message, _ = _update(thread, ours, payload)
    else:
        message = _insert(thread, payload, seen_at, is_history)
    if ours or not is_history:
        note_report(message, payload, source, seen_at=seen_at)
    return message


def _place_of(payload: MessagePayload, seen_at: datetime) -> tuple[Thread, Message | None]:
    """The thread of a message that we do not have, locked, and our send that it can only be."""
    open_sends = beginnings(payload, *IN_DOUBT) if payload.is_outbound else []
    begun = _own_send(open_sends, payload, seen_at)
    if begun:
        thread = lock_group(begun.thread_id, payload.group_id)
        begun.refresh_from_db()
        if not begun.message_handle:
            return thread, begun
    thread = lock_thread(_thread_of(payload, seen_at).pk)
    if not payload.is_outbound:
        return thread, None
    in_doubt = thread.messages.filter(
        send_state__in=IN_DOUBT,
        message_handle="",
        kind__in=WRITTEN,
    )
    return thread, _own_send(in_doubt, payload, seen_at)


def _own_send(
    rows: Iterable[Message], payload: MessagePayload, seen_at: datetime
) -> Message | None:
    """Our row without a handle that this report is about, if it can only be that one."""
    in_doubt = [
        message
        for message in rows
        if message.content == payload.content and message.media_url == payload.media_url
    ]
    if any(message.send_state == SendState.SENDING for message in in_doubt):
        raise TooEarly
    sent = told_time(payload) or seen_at
    fitting = [
        message
        for message in in_doubt
        if message.attempted_at and abs(message.attempted_at - sent) < ADOPTION_WINDOW
    ]
    return fitting[0] if len(fitting) == 1 else None


def _insert(
    thread: Thread, payload: MessagePayload, seen_at: datetime, is_history: bool
) -> Message:
    date_sent = told_time(payload) or seen_at
    age = seen_at - date_sent
    revision = thread.revision + 1
    message = Message(
        thread=thread,
        line_id=thread.line_id,
        is_outbound=payload.is_outbound,
        number=payload.number,
        date_sent=date_sent,
        first_revision=revision,
        revision=revision,
        is_news=not payload.is_outbound and not (is_history and age > NEWS_FOR),
        arrived_late=age > LATE_AFTER and not is_history,
    )
    merge(message, payload)
    read_tapback(message)
    message.save(force_insert=True)
    expect_file(message)
    attach(thread, message, None)
    _note_consent(payload, date_sent)
    if not payload.is_outbound and message.is_news:
        thread.is_closed = False
    touch_thread(thread, message)
    message.last_report = "new"
    return message


def _update(
    thread: Thread,
    message: Message,
    payload: MessagePayload,
    *,
    stranger: Message | None = None,
    is_history: bool = False,
) -> tuple[Message, bool]:
    """The message with what the payload adds, and whether that was anything."""
    state, before = message.send_state, sight_of(message)
    if payload.message_handle and state not in {"", SendState.ACCEPTED}:
        # Sendblue knows the message: whatever we believed of it, and why, no longer counts.
        message.send_state = SendState.ACCEPTED
        message.lease_until = message.resolve_after = None
        message.error_code = message.error_message = ""
    first_seen = None if message.date_updated else message.date_sent
    changed = merge(message, payload) or state != message.send_state or lacks_file(message)
    if stranger:
        absorb(message, stranger)
    read_tapback(message)
    if not state and not is_history and first_seen and message.date_updated:
        # Only now do we know when it was written.
        message.arrived_late = first_seen - message.date_sent > LATE_AFTER
    _note_consent(payload, message.date_sent)
    if changed:
        message.revision = thread.revision + 1
        message.save()
        expect_file(message)
        attach(thread, message, before)
        touch_thread(thread, message)
    message.last_report = "changed" if changed else "same"
    return message, changed


def _take_back(thread: Thread, message: Message, message_handle: str) -> Message | None:
    """Remove a row that a webhook made for what turns out to be this send of ours."""
    stranger = thread.messages.filter(message_handle=message_handle, send_state="").first()
    if stranger:
        move_facts(stranger, message)
        stranger.reactions.update(reacts_to=message)
        stranger.files.all().delete()
        stranger.delete()
        thread.reset_revision = thread.revision + 1
    return stranger


def _note_consent(payload: MessagePayload, said_at: datetime) -> None:
    """Mirror STOP, START and Sendblue's own flag on the person (contract, section 4.14)."""
    word = payload.content.strip().strip(".!").casefold()
    is_word = not payload.is_outbound and word in OPT_IN_WORDS | OPT_OUT_WORDS
    if is_word or payload.opted_out:
        note_consent(
            ensure_contact(payload.number),
            opted_out=not (is_word and word in OPT_IN_WORDS),
            as_of=said_at,
            source=Consent.WORD if is_word else Consent.FLAG,
            message_handle=payload.message_handle,
        )


def line_for(number: str) -> Line:
    """The line with that number; one that the account has not listed yet is made now."""
    line, _ = Line.objects.get_or_create(number=number)
    return line


def _thread_of(payload: MessagePayload, seen_at: datetime) -> Thread:
    if not payload.line_number:
        raise Unreadable("The report does not say which line it belongs to.")
    if not payload.group_id:
        # By far the most reports are of a conversation that is there already.
        key = {"line__number": payload.line_number, "contact__number": payload.number}
        known = Thread.objects.filter(**key, group_id="").first()
        if known:
            return known
    line = line_for(payload.line_number)
    started = told_time(payload) or seen_at
    if payload.group_id:
        return group_thread(line, payload, started)
    if not payload.number:
        raise Unreadable("The report does not say who the person is.")
    return thread_with(line, ensure_contact(payload.number), started)


def thread_with(line: Line, contact: Contact, started: datetime) -> Thread:
    """The conversation of that line with that person; made now where there is none yet."""
    key = {"line": line, "contact": contact, "group_id": ""}
    thread = Thread.objects.filter(**key).first()
    if thread is None:
        Thread.objects.bulk_create([Thread(**key, last_message_at=started)], ignore_conflicts=True)
        thread = Thread.objects.get(**key)
        Participant.objects.bulk_create(
            [Participant(thread=thread, contact=contact)], ignore_conflicts=True
        )
    return thread


def group_thread(line: Line, payload: MessagePayload, started: datetime) -> Thread:
    """The group's conversation; made now where there is none yet.

    Where a person says that the message which began a group was sent, it is that group.
    """
    group_id = payload.group_id
    thread = Thread.objects.filter(group_id=group_id).first()
    if thread is None:
        for begun in beginnings(payload, SendState.MARKED_SENT):
            return lock_group(begun.thread_id, group_id)
        Thread.objects.bulk_create(
            [Thread(line=line, group_id=group_id, last_message_at=started)],
            ignore_conflicts=True,
        )
        thread = Thread.objects.get(group_id=group_id)
    return thread
