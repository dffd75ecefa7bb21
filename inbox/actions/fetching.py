"""Copying what people send into our storage before Sendblue deletes it.

A file's row says what is still to be done. A worker claims it with a lease, downloads within
bounds and only from public machines, makes it safe, stores it, and only then says so. Whatever
fails is tried again, later and later, until the file is safe or Sendblue no longer has it.
"""

from __future__ import annotations

import ipaddress
import logging
import tempfile
from datetime import timedelta
from typing import TYPE_CHECKING

from celery import shared_task
from django.conf import settings
from django.db import connection, transaction
from django.db.models import Q

from inbox.media.names import name_in_url
from inbox.media.safe_copy import make_safe
from inbox.models import MediaFile, Message
from sendblue_inbox.clock import now
from sendblue_inbox.crashpoints import reached
from sendblue_inbox.ring import ring
from sendblue_inbox.rows import Turn, backoff
from sendblue_inbox.safe_download import DownloadError, Forbidden, Gone, TooLarge, download
from sendblue_inbox.sendblue.terms import MAX_UPLOAD_BYTES

from .file_claims import claim, share_out
from .noting import note
from .storing import keep
from .touching import lock_thread, touch_thread

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from inbox.media.safe_copy import SafeCopy
    from inbox.models import Thread

# With the time for a picture's decoder below the limit of a worker's task.
DOWNLOAD_SECONDS = 25
LEASE = timedelta(seconds=120)
AT_ONCE = 3
FIRST_WAIT, LONGEST_WAIT = 4, 6 * 3600
# Sendblue may tell of a file before it is there, and one server of many may not have it yet.
GONE_AFTER, GONE_FOR = 4, timedelta(hours=1)
_LOOPBACK = tuple(map(ipaddress.ip_network, ("127.0.0.0/8", "::1/128")))
State = MediaFile.State
logger = logging.getLogger(__name__)


@shared_task(name="drain.fetching")
def drain_fetching() -> None:
    """Copy what is due, a few files at once on all workers together."""
    turn = Turn()
    waiting = MediaFile.objects.filter(state=State.WAITING)
    share_out(lambda: _work(turn), unfinished=waiting, at_once=AT_ONCE)
    if due_files().exists():
        ring("fetching")


def due_files() -> QuerySet[MediaFile]:
    """What is to be copied now: first what was never tried, of that the newest."""
    leased = Q(lease_until__gt=now())
    waiting = MediaFile.objects.filter(state=State.WAITING, fetch_after__lte=now())
    return waiting.exclude(leased).order_by("attempts", "-pk")


def fetch(file: MediaFile) -> None:
    """Copy one claimed file, or write down why not and when it is tried again."""
    connection.close()  # a download may last 25 s
    reached("fetching.before")
    with tempfile.TemporaryFile() as raw:
        try:
            download(
                file.source_url,
                into=raw,
                most_bytes=MAX_UPLOAD_BYTES,
                seconds=DOWNLOAD_SECONDS,
                allowed_networks=allowed_networks(),
            )
        except DownloadError as error:
            _put_off(file, error)
            return
        with make_safe(raw, name=name_in_url(file.source_url)) as copy:
            _keep(file, copy)


def try_now(file: MediaFile) -> None:
    """Try a file again that is not safe, whatever was decided before."""
    with transaction.atomic():
        thread = lock_thread(file.thread_id)
        MediaFile.objects.filter(pk=file.pk).exclude(source_url="").exclude(
            state=State.SAFE
        ).update(state=State.WAITING, fetch_after=now(), lease_until=None, attempts=0, error="")
        _show(thread, file)
    ring("fetching")


def allowed_networks() -> list[ipaddress.IPv4Network | ipaddress.IPv6Network]:
    """What may be asked beside the public internet: a simulated account has its files here."""
    return [*settings.MEDIA_ALLOWED_NETWORKS, *(_LOOPBACK if settings.SIMULATED else ())]


def _work(turn: Turn) -> None:
    while not turn.is_over and (file := claim(due_files(), lease=LEASE)):
        fetch(file)


def _keep(file: MediaFile, copy: SafeCopy) -> None:
    kept = keep(copy)
    reached("fetching.stored")
    words = f"{copy.name}, SHA-256 {kept['sha256']}"
    _write(file, "file_kept", words, state=State.SAFE, error="", fetch_after=None, **kept)


def _put_off(file: MediaFile, error: DownloadError) -> None:
    columns: dict[str, object]
    is_over = file.expires_at is not None and file.expires_at < now()
    if isinstance(error, (Forbidden, TooLarge)):
        columns = {"state": State.REFUSED, "fetch_after": None}
    elif is_over or (isinstance(error, Gone) and _was_time(file)):
        columns = {"state": State.LOST, "fetch_after": None}
    else:
        wait = backoff(file.attempts - 1, first=FIRST_WAIT, most=LONGEST_WAIT)
        columns = {"state": State.WAITING, "fetch_after": now() + wait}
    level = logging.INFO if columns["state"] == State.WAITING else logging.WARNING
    logger.log(level, "a file was not copied", extra={"file": file.pk, "why": str(error)})
    fact = "" if columns["state"] == State.WAITING else "file_lost"
    _write(file, fact, str(error), error=str(error)[:300], **columns)


def _was_time(file: MediaFile) -> bool:
    """Whether a file that is not there will not come any more."""
    sent = file.message.date_sent if file.message else file.created_at
    return file.attempts >= GONE_AFTER and sent < now() - GONE_FOR


def _write(file: MediaFile, fact: str, words: str, **columns: object) -> None:
    """Write down what came of a claim, unless another worker has copied the file meanwhile."""
    with transaction.atomic():
        thread = lock_thread(file.thread_id)
        waiting = MediaFile.objects.filter(pk=file.pk, state=State.WAITING)
        if not waiting.update(lease_until=None, **columns):
            return
        reached("fetching.inside")
        _show(thread, file, fact=fact, words=words)
    reached("fetching.after")


def _show(thread: Thread, file: MediaFile, *, fact: str = "", words: str = "") -> None:
    """Put the new state of the file on the screens of its thread, which is locked."""
    message = Message.objects.filter(files=file).first()
    if message is None:
        return
    if fact:
        note(message, fact, words=words)
    message.revision = thread.revision + 1
    message.save(update_fields=["revision"])
    touch_thread(thread, message)
