"""Putting a message of ours into the queue: a committed row before anything else happens."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

from django.db import transaction

from contacts.actions.saving import ensure_contact
from inbox.models import Line, Message, SendState, Thread
from sendblue_inbox.clock import now
from sendblue_inbox.crashpoints import reached
from sendblue_inbox.phone import NotANumber, to_address
from sendblue_inbox.ring import ring
from sendblue_inbox.sendblue.terms import FINAL_FAILURES, MAX_CONTENT_LENGTH

from .pacing import LimitReached, check_limits, reserve_slot
from .recording import thread_with
from .touching import lock_thread, touch_thread

if TYPE_CHECKING:
    from uuid import UUID

    from sendblue_inbox.models import User


class Refused(Exception):
    """The message cannot be sent; the text tells the agent what happened and what to do."""


def queue_message(thread: Thread, *, author: User, content: str, client_ref: UUID) -> Message:
    """The queued message; the same one for every repetition of a `client_ref`.

    Raises Refused, and then nothing was written.
    """
    content = content.replace("\r\n", "\n").replace("\x00", "").strip()
    _check_content(content)
    with transaction.atomic():
        thread = lock_thread(thread.pk)
        again = Message.objects.filter(client_ref=client_ref).first()
        if again:
            return again
        message = _insert_queued(thread, author=author, content=content, client_ref=client_ref)
        reached("queueing.before")
    reached("queueing.after")
    return message


def open_thread(*, line: Line, number: str) -> Thread:
    """The conversation of a line with a number typed by an agent; raises Refused."""
    try:
        address = to_address(number)
    except NotANumber as error:
        raise Refused(str(error)) from error
    if Line.objects.filter(number=address).exists():
        raise Refused("That is one of your own lines. Enter the number of a person.")
    with transaction.atomic():
        return thread_with(line, ensure_contact(address), now())


def send_again(message: Message, *, author: User, client_ref: UUID) -> Message:
    """A new attempt with the content of one that failed or that nobody knows the fate of.

    The old row stays as it was and no longer asks for attention. Raises Refused.
    """
    with transaction.atomic():
        thread = lock_thread(message.thread_id)
        message = Message.objects.get(pk=message.pk)
        again = Message.objects.filter(client_ref=client_ref).first()
        if again:
            return again
        if not can_send_again(message):
            raise Refused("This message no longer needs another attempt.")
        new = _insert_queued(
            thread,
            author=author,
            content=message.content,
            client_ref=client_ref,
            media_url=message.media_url,
            again_of=message,
        )
        _settle(thread, message)
        return new


def mark_as_sent(message: Message) -> Message:
    """Note that a person saw the message on a phone. Raises Refused for any but unknown ones."""
    with transaction.atomic():
        thread = lock_thread(message.thread_id)
        message = Message.objects.get(pk=message.pk)
        if message.send_state != SendState.UNKNOWN:
            raise Refused("What became of this message is known by now.")
        message.send_state = SendState.MARKED_SENT
        message.resolve_after = None
        _settle(thread, message)
        return message


def cancel_queued(message: Message) -> str:
    """Take a waiting message back and return its words for the composer. Raises Refused.

    A message that a worker has claimed can no longer be taken back.
    """
    with transaction.atomic():
        thread = lock_thread(message.thread_id)
        deleted, _ = Message.objects.filter(
            pk=message.pk, send_state=SendState.QUEUED, attempts=0
        ).delete()
        if not deleted:
            raise Refused("Too late: the message has already left.")
        thread.reset_revision = thread.revision + 1
        touch_thread(thread, message)
    return message.content


def can_send_again(message: Message) -> bool:
    """Whether another attempt may be offered: it failed, or a person must decide."""
    if not message.is_outbound or message.trouble_settled_at:
        return False
    if message.send_state == SendState.UNKNOWN:
        return message.resolve_after is None
    return message.send_state == SendState.REJECTED or message.status in FINAL_FAILURES


def _settle(thread: Thread, message: Message) -> None:
    message.trouble_settled_at = now()
    message.revision = thread.revision + 1
    message.save(update_fields=["trouble_settled_at", "revision", "send_state", "resolve_after"])
    touch_thread(thread, message)


def _check_content(content: str) -> None:
    if not content:
        raise Refused("Write something first: an empty message cannot be sent.")
    if len(content) > MAX_CONTENT_LENGTH:
        raise Refused(
            f"This message has {len(content):,} characters; Sendblue takes at most "
            f"{MAX_CONTENT_LENGTH:,}. Shorten it or send it in parts."
        )


def _insert_queued(
    thread: Thread,
    *,
    author: User,
    content: str,
    client_ref: UUID,
    media_url: str = "",
    again_of: Message | None = None,
) -> Message:
    if thread.contact and thread.contact.opted_out:
        raise Refused(
            f"{thread.contact} has opted out. Sendblue delivers nothing to them until they text "
            "START."
        )
    if thread.line.trouble:
        raise Refused(thread.line.trouble)
    try:
        opens_contact = check_limits(thread)
    except LimitReached as error:
        raise Refused(str(error)) from error
    revision = thread.revision + 1
    message = Message.objects.create(
        thread=thread,
        line_id=thread.line_id,
        is_outbound=True,
        number=thread.contact.number if thread.contact else "",
        content=content,
        media_url=media_url,
        service="",
        author=author,
        client_ref=client_ref,
        callback_token=secrets.token_urlsafe(32),
        send_state=SendState.QUEUED,
        date_sent=now(),
        opens_contact=opens_contact,
        first_revision=revision,
        revision=revision,
        again_of=again_of,
        send_after=reserve_slot(thread.line),
    )
    touch_thread(thread, message)
    ring("sending")
    return message
