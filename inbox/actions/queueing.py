"""Putting a message of ours into the queue: a committed row before anything else happens."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Any
from uuid import uuid5

from django.db import transaction

from contacts.actions.saving import ensure_contact
from inbox.media.limits import refusal_of_carousel
from inbox.models import WRITTEN, Kind, Line, MediaFile, Message, SendState, Thread
from inbox.models.media_file import random_key
from sendblue_inbox.clock import now
from sendblue_inbox.crashpoints import reached
from sendblue_inbox.phone import NotANumber, to_address
from sendblue_inbox.ring import ring
from sendblue_inbox.sendblue.terms import FINAL_FAILURES, MAX_CONTENT_LENGTH

from .answering import lack_of
from .consent import who_opted_out
from .forecasting import outlook_of
from .noting import Source, note
from .pacing import LimitReached, take_place
from .recording import thread_with
from .touching import lock_thread, touch_thread

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from sendblue_inbox.models import User

# What a new attempt has from the old one.
SAME_AGAIN = (
    "kind",
    "content",
    "media_url",
    "file_count",
    "send_style",
    "reply_to_handle",
    "part_index",
    "reaction",
    "reaction_quote",
    "reacts_to",
    "details",
)


class Refused(Exception):
    """The message cannot be sent; the text tells the agent what happened and what to do."""


def queue_message(
    thread: Thread,
    *,
    author: User,
    client_ref: UUID,
    content: str = "",
    send_style: str = "",
    reply_to: Message | None = None,
    part_index: int = 0,
    files: Sequence[MediaFile] = (),
    as_carousel: bool = False,
    pre_reply_override: bool = False,
) -> Message:
    """The queued message; the same one for every repetition of a `client_ref`.

    Sendblue takes one file a message, so several files become several messages, in order, the
    words on the last; as a carousel they are one, the words after it. Raises Refused, and then
    nothing was written.
    """
    content = content.replace("\r\n", "\n").replace("\x00", "").strip()
    _check_content(content, files)
    if as_carousel and (why := refusal_of_carousel([file.content_type for file in files])):
        raise Refused(why)
    words: dict[str, Any] = {
        "content": content,
        "send_style": send_style,
        "reply_to_handle": reply_to.message_handle if reply_to else "",
        "part_index": part_index if reply_to else 0,
    }
    with transaction.atomic():
        thread = lock_thread(thread.pk)
        again = Message.objects.filter(client_ref=client_ref).first()
        if again:
            return again
        lack = lack_of(reply_to) if reply_to else ""
        if lack:
            raise Refused(lack)
        parcels = [list(files)] if as_carousel else [[file] for file in files]
        last = parcels.pop() if parcels and not (as_carousel and content) else []
        for place, parcel in enumerate(parcels):
            insert_queued(
                thread,
                author=author,
                client_ref=uuid5(client_ref, str(place)),
                files=parcel,
                kind=Kind.CAROUSEL if as_carousel else Kind.MESSAGE,
                pre_reply_override=pre_reply_override,
            )
        message = insert_queued(
            thread,
            author=author,
            client_ref=client_ref,
            files=last,
            kind=Kind.CAROUSEL if as_carousel and last else Kind.MESSAGE,
            pre_reply_override=pre_reply_override,
            **words,
        )
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


def send_again(
    message: Message, *, author: User, client_ref: UUID, details: dict[str, Any] | None = None
) -> Message:
    """A new attempt with the content of one that failed or that nobody knows the fate of.

    `details` are given where they are to be others. The old row stays as it was and no longer asks
    for attention. Raises Refused.
    """
    with transaction.atomic():
        thread = lock_thread(message.thread_id)
        message = Message.objects.get(pk=message.pk)
        again = Message.objects.filter(client_ref=client_ref).first()
        if again:
            return again
        if not can_send_again(message):
            raise Refused("This message no longer needs another attempt.")
        note(message, "sent_again", Source.AGENT, words=str(author))
        copied = {name: getattr(message, name) for name in SAME_AGAIN}
        copied["details"] = details or copied["details"]
        new = insert_queued(
            thread, author=author, client_ref=client_ref, again_of=message, **copied
        )
        _copy_files(message, new)
        _settle(thread, message)
        return new


def mark_as_sent(message: Message, *, by: User) -> Message:
    """Note that a person saw the message on a phone. Raises Refused for any but unknown ones."""
    with transaction.atomic():
        thread = lock_thread(message.thread_id)
        message = Message.objects.get(pk=message.pk)
        if message.send_state != SendState.UNKNOWN:
            raise Refused("What became of this message is known by now.")
        message.send_state = SendState.MARKED_SENT
        message.resolve_after = None
        note(message, "marked_sent", Source.AGENT, words=str(by))
        _settle(thread, message)
        return message


def dismiss(message: Message, *, by: User) -> Message:
    """Let a failed or unknown message be. Raises Refused where nothing is to be decided."""
    with transaction.atomic():
        thread = lock_thread(message.thread_id)
        message = Message.objects.get(pk=message.pk)
        if not can_send_again(message):
            raise Refused("This message no longer needs a decision.")
        note(message, "dismissed", Source.AGENT, words=str(by))
        message.details = {**message.details, "dismissed": True}
        _settle(thread, message)
        return message


def cancel_queued(message: Message) -> str:
    """Take a waiting message back and return its words for the composer. Raises Refused.

    A message that a worker has claimed can no longer be taken back.
    """
    with transaction.atomic():
        thread = lock_thread(message.thread_id)
        # What was put back was surely not sent.
        deleted, _ = Message.objects.filter(pk=message.pk, send_state=SendState.QUEUED).delete()
        if not deleted:
            raise Refused("Too late: the message has already left.")
        thread.reset_revision = thread.revision + 1
        touch_thread(thread, message)
        ring("sending")
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
    message.save(
        update_fields=["trouble_settled_at", "revision", "send_state", "resolve_after", "details"]
    )
    touch_thread(thread, message)


def insert_queued(
    thread: Thread,
    *,
    author: User,
    client_ref: UUID,
    kind: str = Kind.MESSAGE,
    files: Sequence[MediaFile] = (),
    pre_reply_override: bool = False,
    **columns: Any,
) -> Message:
    """A row of any kind that waits for its turn on the thread's line.

    The thread must be locked; other columns are the model's. Raises Refused.
    """
    # Whoever opted out may still be taken out of a group.
    stopped = who_opted_out(thread) if kind != Kind.GROUP_REMOVE else None
    if stopped:
        raise Refused(
            f"{stopped} has opted out. Sendblue delivers nothing to them until they text START."
        )
    if thread.line.trouble:
        raise Refused(thread.line.trouble)
    try:
        place = take_place(thread, kind=kind, pre_reply_override=pre_reply_override)
    except LimitReached as error:
        raise Refused(str(error)) from error
    revision = thread.revision + 1
    message = Message.objects.create(
        thread=thread,
        line_id=thread.line_id,
        is_outbound=True,
        kind=kind,
        number=thread.contact.number if thread.contact else "",
        author=author,
        client_ref=client_ref,
        callback_token=secrets.token_urlsafe(32),
        send_state=SendState.QUEUED,
        date_sent=now(),
        file_count=columns.pop("file_count", len(files)),
        send_after=place.send_after,
        is_reply=place.is_reply,
        forecast_service=outlook_of(thread).forecast.service if kind in WRITTEN else "",
        opens_contact=place.opens_contact,
        pre_reply_override=place.pre_reply_override,
        first_revision=revision,
        revision=revision,
        **columns,
    )
    for position, file in enumerate(files):
        taken = MediaFile.objects.filter(pk=file.pk, message__isnull=True)
        if not taken.update(message=message, position=position):
            raise Refused("One of these files has been sent already. Choose it again.")
    note(message, "written", Source.AGENT, words=str(author))
    touch_thread(thread, message)
    ring("uploading" if files else "sending")
    return message


def _copy_files(message: Message, new: Message) -> None:
    for file in message.files.order_by("position", "pk"):
        file.pk, file.key, file.message = None, random_key(), new
        # Sendblue may have forgotten what it was given for the first attempt.
        file.media_url = "" if file.stored_as else file.media_url or file.source_url
        file.attempts, file.fetch_after, file.lease_until = 0, now(), None
        file.save(force_insert=True)
    ring("uploading")


def _check_content(content: str, files: Sequence[MediaFile]) -> None:
    if not content and not files:
        raise Refused("Write something first: an empty message cannot be sent.")
    if len(content) > MAX_CONTENT_LENGTH:
        raise Refused(
            f"This message has {len(content):,} characters; Sendblue takes at most "
            f"{MAX_CONTENT_LENGTH:,}. Shorten it or send it in parts."
        )
