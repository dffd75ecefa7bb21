"""Asking Sendblue about a group: its name, its people, its picture, and whether a change of ours
happened whose answer was lost."""

from __future__ import annotations

import hashlib
import logging
import tempfile
from datetime import timedelta
from typing import TYPE_CHECKING

from celery import shared_task
from django.core.files import File
from django.core.files.storage import default_storage
from django.db import connection, transaction
from django.db.models import Q

from inbox.media.safe_copy import make_safe
from inbox.models import Kind, Line, Message, SendState, Thread
from sendblue_inbox.clock import now
from sendblue_inbox.crashpoints import reached
from sendblue_inbox.ring import ring
from sendblue_inbox.rows import SHORT_DRAIN, Turn
from sendblue_inbox.safe_download import DownloadError, download
from sendblue_inbox.sendblue.client import Client, client_from_settings
from sendblue_inbox.sendblue.errors import Rejected, SendblueError
from sendblue_inbox.sendblue.terms import MAX_GROUP_PHOTO_BYTES

from .fetching import allowed_networks
from .membership import GROUP_CHANGES, NOTED, confirm, note_members, note_name
from .recording import record_answer
from .touching import lock_thread, touch_thread, wake_thread

if TYPE_CHECKING:
    from datetime import datetime

    from sendblue_inbox.sendblue.payloads import GroupPayload

# An open group is asked about again when what we know of it is older.
STALE_AFTER = timedelta(days=1)
# Who asks has the group for so long, and so long it rests after an error.
LEASE = timedelta(seconds=60)
PHOTO_SECONDS = 15
NOT_SHOWN = "The group does not show it. Nothing was changed"
logger = logging.getLogger(__name__)


@shared_task(name="drain.groups", **SHORT_DRAIN)
def drain_groups() -> None:
    """Ask about every group that is due."""
    turn, client = Turn(), client_from_settings()
    while not turn.is_over:
        due = Thread.objects.filter(group_due_at__lte=now()).order_by("group_due_at").first()
        if due is None:
            return
        claimed = Thread.objects.filter(pk=due.pk, group_due_at=due.group_due_at).update(
            group_due_at=now() + LEASE
        )
        if claimed:
            reached("grouping.claimed")
            _read_due(due, client)


def ask_if_stale(thread: Thread) -> None:
    """Have an opened group asked about where what we know of it is old."""
    if not thread.is_group or thread.group_due_at:
        return
    if thread.group_read_at is None or now() - thread.group_read_at > STALE_AFTER:
        ask(thread)


def ask(thread: Thread) -> None:
    """Have the group asked about now."""
    Thread.objects.filter(pk=thread.pk).update(group_due_at=now())
    ring("groups")


def read_group(thread: Thread, client: Client) -> None:
    """Take over what Sendblue shows of the group; a new one is first asked for its group_id.

    Raises SendblueError.
    """
    if thread.awaits_group_id:
        _read_group_id(thread, client)
        return
    asked_at = now()
    connection.close()
    payload = client.get_group(group_id=thread.group_id)
    photo = _copy_of_photo(thread, payload)
    record_group(thread, payload, asked_at=asked_at, photo=photo)


def record_group(thread: Thread, payload: GroupPayload, *, asked_at: datetime, photo: str) -> None:
    """Write what the group showed when it was asked, and which of our changes that settles."""
    handles = [person.number or person.handle for person in payload.participants]
    with transaction.atomic():
        thread = lock_thread(thread.pk)
        note_name(thread, payload.group_name, as_of=asked_at, may_be_empty=True)
        numbers = [*payload.participant_numbers, *handles]
        if numbers:
            note_members(thread, numbers, as_of=asked_at)
        thread.group_photo = photo
        thread.group_read_at, thread.group_due_at = asked_at, None
        thread.save(update_fields=["group_photo", "group_read_at", "group_due_at", *NOTED])
        for change in thread.messages.filter(
            kind__in=GROUP_CHANGES, send_state=SendState.UNKNOWN
        ).order_by("pk"):
            if _shows(thread, change):
                _settle(thread, change, SendState.ACCEPTED)
        wake_thread(thread.pk)
        reached("grouping.before")
    reached("grouping.after")


def settle_change(message: Message, client: Client, *, is_last: bool) -> None:
    """Let the group tell whether a change of it happened; it did not where the group does not show
    it for a quarter of an hour."""
    try:
        read_group(message.thread, client)
    except SendblueError as error:
        logger.warning("a group could not be read", extra={"error": str(error)})
        return
    if not is_last:
        return
    with transaction.atomic():
        thread = lock_thread(message.thread_id)
        unknown = Message.objects.filter(pk=message.pk, send_state=SendState.UNKNOWN).first()
        if unknown:
            _settle(thread, unknown, SendState.REJECTED)


def _read_due(thread: Thread, client: Client) -> None:
    try:
        read_group(thread, client)
    except Rejected as error:
        # Not a group that can be read: it is asked about again when somebody wants to know.
        _rest(thread, None)
        logger.warning("a group was refused", extra={"error": str(error)})
    except SendblueError as error:
        _rest(thread, now() + LEASE)
        logger.warning("a group could not be read", extra={"error": str(error)})


def _rest(thread: Thread, due_at: datetime | None) -> None:
    Thread.objects.filter(pk=thread.pk).update(group_due_at=due_at, group_read_at=now())


def _read_group_id(thread: Thread, client: Client) -> None:
    """Ask for the message that began the group: it knows which group that was."""
    sent = thread.messages.exclude(message_handle="").order_by("pk").first()
    if sent is None:
        _rest(thread, None)
        return
    lines = list(Line.objects.values_list("number", flat=True))
    connection.close()
    payload = client.get_message(message_handle=sent.message_handle, lines=lines)
    record_answer(sent, payload)
    later = None if payload.group_id else now() + LEASE
    Thread.objects.filter(Q(pk=thread.pk) | Q(former=thread.pk)).update(group_due_at=later)


def _shows(thread: Thread, change: Message) -> bool:
    """Whether the group, as it was just read, is as the change wanted it."""
    details, numbers = change.details, {person.number for person in thread.people}
    match change.kind:
        case Kind.GROUP_NAME:
            return thread.group_display_name == details["name"]
        case Kind.GROUP_ADD:
            return details["number"] in numbers
        case Kind.GROUP_REMOVE:
            return details["number"] not in numbers
        case Kind.GROUP_PHOTO if details["photo"]:
            return thread.group_photo not in {"", details["before"]}
        case _:
            return not thread.group_photo


def _settle(thread: Thread, change: Message, state: SendState) -> None:
    change.send_state, change.resolve_after = state, None
    change.error_code = ""
    change.error_message = NOT_SHOWN if state == SendState.REJECTED else ""
    change.revision = thread.revision + 1
    change.save(
        update_fields=["send_state", "resolve_after", "error_code", "error_message", "revision"]
    )
    if state == SendState.ACCEPTED:
        confirm(thread, change)
    touch_thread(thread, change)


def _copy_of_photo(thread: Thread, payload: GroupPayload) -> str:
    """The name of our copy of the group's picture, made now where it is another than before.

    Empty where there is none, or none that can be shown.
    """
    if not payload.photo_url:
        return ""
    mark = hashlib.sha256((payload.photo_guid or payload.photo_url).encode()).hexdigest()[:24]
    name = f"groups/{thread.pk}/{mark}"
    if thread.group_photo == name or default_storage.exists(name):
        return name
    try:
        with tempfile.TemporaryFile() as file:
            download(
                payload.photo_url,
                into=file,
                most_bytes=2 * MAX_GROUP_PHOTO_BYTES,
                seconds=PHOTO_SECONDS,
                allowed_networks=allowed_networks(),
            )
            with make_safe(file, name="photo") as copy:
                # The small picture is all that is ever shown; without one it was no picture.
                return default_storage.save(name, File(copy.preview)) if copy.preview else ""
    except DownloadError as error:
        logger.warning("no picture of a group", extra={"error": type(error).__name__})
        return ""
