"""Files that agents send: kept here first, handed to Sendblue before their message leaves.

An upload is no send: nobody gets anything of it, so it may be repeated. That is why it is a step
of its own before the message is claimed, and not a part of the one POST that must not be.
"""

from __future__ import annotations

import logging
import tempfile
from datetime import timedelta
from typing import IO, TYPE_CHECKING

from celery import shared_task
from django.core.files.storage import default_storage
from django.db import connection, transaction
from django.db.models import Q

from inbox.media.limits import refusal_of_file
from inbox.media.safe_copy import make_safe
from inbox.models import Kind, MediaFile, Message, SendState
from sendblue_inbox.clock import now
from sendblue_inbox.crashpoints import reached
from sendblue_inbox.ring import ring
from sendblue_inbox.rows import Turn, backoff
from sendblue_inbox.sendblue.client import Client, client_from_settings
from sendblue_inbox.sendblue.errors import Rejected, SendblueError

from .accounts import is_sending_paused, pause_sending
from .file_claims import claim, share_out
from .noting import Source, note, note_error
from .storing import forget, keep
from .touching import lock_thread, touch_thread

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from inbox.models import Thread
    from sendblue_inbox.models import User

# 100 MB may take Sendblue's five minutes.
UPLOAD_SECONDS = 330
LEASE = timedelta(seconds=UPLOAD_SECONDS + 10)
AT_ONCE = 2
MOST_DRAFTS = 20
DRAFTS_LIVE = timedelta(days=1)
# About a quarter of an hour of trying.
MOST_ATTEMPTS = 20
State = MediaFile.State
logger = logging.getLogger(__name__)


class FileRefused(Exception):
    """The file cannot be sent; the text tells the agent why."""


def add_draft(thread: Thread, *, uploader: User, content: IO[bytes], name: str) -> MediaFile:
    """Keep a file that an agent wants to send with the next message. Raises FileRefused.

    Pictures are written anew, so that nobody learns where they were taken.
    """
    drafts = drafts_of(thread, uploader)
    if drafts.count() >= MOST_DRAFTS:
        raise FileRefused(f"More than {MOST_DRAFTS} files cannot wait here. Send some first.")
    with tempfile.TemporaryFile() as raw:
        content.seek(0)
        while chunk := content.read(256 * 1024):
            raw.write(chunk)
        raw.flush()
        refusal = refusal_of_file(raw.tell())
        if refusal:
            raise FileRefused(refusal)
        with make_safe(raw, name=name) as copy:
            return MediaFile.objects.create(
                thread=thread,
                uploader=uploader,
                is_outbound=True,
                state=State.SAFE,
                fetch_after=now(),
                **keep(copy),
            )


def drafts_of(thread: Thread, uploader: User) -> QuerySet[MediaFile]:
    """The files that an agent has chosen for the thread's next message."""
    return MediaFile.objects.filter(
        thread=thread, uploader=uploader, message__isnull=True
    ).order_by("pk")


def drop_draft(file: MediaFile) -> None:
    """Take a chosen file away again; one that has been sent meanwhile stays."""
    if MediaFile.objects.filter(pk=file.pk, message__isnull=True).delete()[0]:
        forget([file.stored_as, file.preview_as])


def drop_stale_drafts() -> None:
    """Take away what was chosen and not sent for a day, and what its message left behind."""
    stale = MediaFile.objects.filter(message__isnull=True, created_at__lt=now() - DRAFTS_LIVE)
    for file in stale[:100]:
        drop_draft(file)


@shared_task(
    name="drain.uploading", soft_time_limit=UPLOAD_SECONDS + 20, time_limit=UPLOAD_SECONDS + 30
)
def drain_uploading() -> None:
    """Hand the files of queued messages to Sendblue."""
    drop_stale_drafts()
    if is_sending_paused():
        return
    turn = Turn()
    share_out(lambda: _work(turn), unfinished=_unsent_files(), at_once=AT_ONCE)
    if due_uploads().exists():
        ring("uploading")


def due_uploads() -> QuerySet[MediaFile]:
    """What is to be uploaded now, in the order in which it was written."""
    leased = Q(lease_until__gt=now())
    early = Q(fetch_after__gt=now())
    return _unsent_files().exclude(leased).exclude(early).order_by("message", "position")


def upload(file: MediaFile, client: Client) -> None:
    """Hand one claimed file to Sendblue, and let its message go once it was the last one."""
    connection.close()  # an upload may take minutes
    reached("uploading.before")
    try:
        with default_storage.open(file.stored_as, "rb") as content:
            media = client.upload_file(
                fileobj=content, filename=file.name, content_type=file.content_type
            )
    except SendblueError as error:
        _put_off(file, error)
        return
    except OSError:
        logger.exception("a file to be sent cannot be read", extra={"file": file.pk})
        _give_up(file, "The file is no longer in the storage. Nothing was sent.")
        return
    reached("uploading.after")
    if media.media_url:
        _write_address(file, media.media_url)
    else:
        _put_off(file, None)


def _unsent_files() -> QuerySet[MediaFile]:
    return MediaFile.objects.filter(message__send_state=SendState.QUEUED, media_url="")


def _work(turn: Turn) -> None:
    client = client_from_settings()
    while not turn.is_over and (file := claim(due_uploads(), lease=LEASE)):
        upload(file, client)


def _write_address(file: MediaFile, media_url: str) -> None:
    with transaction.atomic():
        thread = lock_thread(file.thread_id)
        MediaFile.objects.filter(pk=file.pk).update(media_url=media_url, lease_until=None)
        message = Message.objects.filter(files=file, send_state=SendState.QUEUED).first()
        if message is None:
            return
        note(message, "uploaded", words=f"{file.name}, SHA-256 {file.sha256}")
        addresses = list(
            message.files.order_by("position", "pk").values_list("media_url", flat=True)
        )
        if all(addresses):
            message.media_url = addresses[0]
            if message.kind == Kind.CAROUSEL:
                message.details = {**message.details, "media_urls": addresses}
            message.revision = thread.revision + 1
            message.save(update_fields=["media_url", "details", "revision"])
            touch_thread(thread, message)
            ring("sending")
        reached("uploading.inside")


def _put_off(file: MediaFile, error: SendblueError | None) -> None:
    """Try again later; a refusal of the file itself is one of the message."""
    logger.warning("a file was not uploaded", extra={"file": file.pk, "error": str(error or "")})
    if isinstance(error, Rejected) and error.status != 402:
        _give_up(file, error.message or "Sendblue refused the file.", error)
    elif error and error.status in {401, 402}:
        pause_sending(
            f"Sendblue refused an upload (HTTP {error.status}). Check the API keys and the plan.",
            error,
        )
        MediaFile.objects.filter(pk=file.pk).update(lease_until=None, attempts=0)
    elif file.attempts >= MOST_ATTEMPTS:
        _give_up(file, "Sendblue did not take the file. Nothing was sent.", error)
    else:
        wait = backoff(file.attempts - 1, first=2, most=60)
        if error and error.retry_after:
            wait = max(wait, timedelta(seconds=min(error.retry_after, 3600)))
        MediaFile.objects.filter(pk=file.pk).update(lease_until=None, fetch_after=now() + wait)


def _give_up(file: MediaFile, why: str, error: SendblueError | None = None) -> None:
    """Nothing of the message was sent, and nothing will be unless somebody sends it again."""
    with transaction.atomic():
        thread = lock_thread(file.thread_id)
        MediaFile.objects.filter(pk=file.pk).update(lease_until=None)
        message = Message.objects.filter(files=file, send_state=SendState.QUEUED).first()
        if message is None:
            return
        if error:
            note_error(message, "refused", error, words=why)
        else:
            note(message, "refused", Source.INBOX, words=why)
        message.send_state = SendState.REJECTED
        message.error_message = why
        message.error_code = (error.error_key or error.error_code) if error else ""
        message.revision = thread.revision + 1
        message.save(update_fields=["send_state", "error_message", "error_code", "revision"])
        touch_thread(thread, message)
        ring("sending")
