"""What agents do with groups: begin one, name it, give it a picture, add and remove people."""

from __future__ import annotations

import io
import secrets
import tempfile
from typing import IO, TYPE_CHECKING, Any

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import IntegrityError, transaction
from PIL import Image

from contacts.actions.saving import ensure_contact
from inbox.group_rules import (
    LONGEST_NAME,
    MOST_PHOTO_PIXELS,
    PHOTO_FORMATS,
    why_no_addition,
    why_no_changes,
    why_no_removal,
)
from inbox.media.safe_copy import make_safe
from inbox.models import NEW_GROUP, Kind, Message, Participant, Thread
from inbox.recipients import read_recipients
from sendblue_inbox.clock import now
from sendblue_inbox.sendblue.terms import MAX_GROUP_PHOTO_BYTES

from .queueing import Refused, insert_queued, queue_message, send_again
from .touching import lock_thread

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from uuid import UUID

    from contacts.models import Contact
    from inbox.models import Line
    from sendblue_inbox.models import User

PHOTO_RULE = "The picture must be a JPEG, PNG or GIF of at most 5 MB and 25 million pixels."


def start_group(
    *, line: Line, numbers: Sequence[str], author: User, client_ref: UUID, content: str
) -> Thread:
    """A new group on the line with these people and its first message, which makes it at Sendblue.

    The same one for every repetition of a `client_ref`. Raises Refused, and then nothing was
    written.
    """
    again = Message.objects.filter(client_ref=client_ref).select_related("thread").first()
    if again:
        return again.thread
    recipients = read_recipients(numbers)
    if recipients.problems:
        raise Refused(recipients.problems[0])
    try:
        with transaction.atomic():
            thread = Thread.objects.create(
                line=line, group_id=f"{NEW_GROUP}{client_ref}", last_message_at=now()
            )
            people = {number: ensure_contact(number) for number in sorted(recipients.numbers)}
            Participant.objects.bulk_create(
                [
                    Participant(thread=thread, contact=people[number])
                    for number in recipients.numbers
                ]
            )
            queue_message(thread, author=author, client_ref=client_ref, content=content)
    except IntegrityError:
        # The other half of a double click was faster.
        return Message.objects.select_related("thread").get(client_ref=client_ref).thread
    return thread


def rename(thread: Thread, name: str, *, author: User, client_ref: UUID) -> Message:
    """Ask for another name, or for none. Raises Refused."""
    name = " ".join(name.replace("\x00", "").split())
    if len(name) > LONGEST_NAME:
        raise Refused(f"A name has at most {LONGEST_NAME} characters.")

    def refused(locked: Thread) -> str:
        same = "The group has this name already." if name else "The group has no name."
        return why_no_changes(locked) or (same if name == locked.group_display_name else "")

    return _change(
        thread, Kind.GROUP_NAME, {"name": name}, author=author, client_ref=client_ref, why=refused
    )


def photograph(
    thread: Thread, file: IO[bytes] | None, *, author: User, client_ref: UUID
) -> Message:
    """Ask for another picture, or for none. What its camera knew is taken out of it first.

    Raises Refused.
    """
    refused = why_no_changes(thread)
    if refused:
        raise Refused(refused)
    kept, content_type = _keep_photo(thread, file) if file else ("", "")
    details = {"photo": kept, "content_type": content_type, "before": thread.group_photo}
    return _change(
        thread,
        Kind.GROUP_PHOTO,
        details,
        author=author,
        client_ref=client_ref,
        why=why_no_changes,
    )


def add_person(thread: Thread, text: str, *, author: User, client_ref: UUID) -> Message:
    """Ask for one person more, by the number that an agent typed. Raises Refused."""
    recipients = read_recipients([text])
    if recipients.problems:
        raise Refused(recipients.problems[0])
    if len(recipients.people) != 1:
        raise Refused("Enter one number at a time.")
    contact = ensure_contact(recipients.numbers[0])
    return _change(
        thread,
        Kind.GROUP_ADD,
        _named(contact),
        author=author,
        client_ref=client_ref,
        why=lambda locked: why_no_addition(locked, contact),
    )


def remove_person(thread: Thread, contact: Contact, *, author: User, client_ref: UUID) -> Message:
    """Ask for one person less. Raises Refused."""

    def refused(locked: Thread) -> str:
        gone = "" if contact in locked.people else f"{contact} is no longer in the group."
        return gone or why_no_removal(locked)

    return _change(
        thread,
        Kind.GROUP_REMOVE,
        _named(contact),
        author=author,
        client_ref=client_ref,
        why=refused,
    )


def try_from(message: Message, line: Line, *, author: User, client_ref: UUID) -> Message:
    """Another attempt for a change that was refused, as another line of ours. Raises Refused."""
    details = {**message.details, "from_number": line.number}
    return send_again(message, author=author, client_ref=client_ref, details=details)


def _named(contact: Contact) -> dict[str, str]:
    return {"number": contact.number, "name": contact.name}


def _change(
    thread: Thread,
    kind: Kind,
    details: dict[str, Any],
    *,
    author: User,
    client_ref: UUID,
    why: Callable[[Thread], str],
) -> Message:
    with transaction.atomic():
        thread = lock_thread(thread.pk)
        again = Message.objects.filter(client_ref=client_ref).first()
        if again:
            return again
        if refused := why(thread):
            raise Refused(refused)
        return insert_queued(
            thread, author=author, client_ref=client_ref, kind=kind, details=details
        )


def _keep_photo(thread: Thread, file: IO[bytes]) -> tuple[str, str]:
    """The name of the picture in our storage, and its type. Raises Refused."""
    written = file.read(MAX_GROUP_PHOTO_BYTES + 1)
    if len(written) > MAX_GROUP_PHOTO_BYTES or not _is_allowed(written):
        raise Refused(PHOTO_RULE)
    with tempfile.TemporaryFile() as source:
        source.write(written)
        source.flush()
        with make_safe(source, name="photo") as copy:
            content_type = copy.content_type
            copy.content.seek(0)
            made = copy.content.read()
    if content_type not in PHOTO_FORMATS.values() or len(made) > MAX_GROUP_PHOTO_BYTES:
        raise Refused(PHOTO_RULE)
    ending = content_type.partition("/")[2]
    name = f"groups/{thread.pk}/sent-{secrets.token_hex(8)}.{ending}"
    return default_storage.save(name, ContentFile(made)), content_type


def _is_allowed(written: bytes) -> bool:
    """Whether the header tells of a picture that Sendblue takes; nothing is decoded."""
    try:
        with Image.open(io.BytesIO(written), formats=list(PHOTO_FORMATS)) as picture:
            pixels = picture.width * picture.height * getattr(picture, "n_frames", 1)
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        return False
    return pixels <= MOST_PHOTO_PIXELS
