"""A message that names a file makes a row for our copy of it, which is then to be fetched."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from inbox.media.names import name_in_url
from inbox.models import MediaFile, Message
from sendblue_inbox.clock import now
from sendblue_inbox.ring import ring
from sendblue_inbox.sendblue.terms import INBOUND_MEDIA_DAYS

if TYPE_CHECKING:
    from datetime import datetime

# How long Sendblue keeps what somebody sent (contract 1.7); nothing is published of other files.
KEPT_AT_SENDBLUE = timedelta(days=INBOUND_MEDIA_DAYS)


def lacks_file(message: Message) -> bool:
    """Whether the message names a file that no row was made for, as before there were such rows."""
    return bool(message.media_url) and not message.send_state and not message.file_count


def expect_file(message: Message) -> None:
    """Make sure that the file of a message that was not sent from here is copied.

    Call with the thread locked and the message just saved. Any order and repetition of reports
    ends with the same row: until it is safe, it follows the address that the message has.
    """
    if message.send_state or not message.media_url:
        return
    expires_at = message.date_sent + KEPT_AT_SENDBLUE
    file = MediaFile.objects.filter(message=message, position=0).first()
    if file is None:
        MediaFile.objects.create(
            thread_id=message.thread_id,
            message=message,
            is_outbound=message.is_outbound,
            **_wanted(message.media_url, expires_at),
        )
        message.file_count = 1
        Message.objects.filter(pk=message.pk).update(file_count=1)
        ring("fetching")
    elif file.source_url != message.media_url and file.state != MediaFile.State.SAFE:
        MediaFile.objects.filter(pk=file.pk).update(**_wanted(message.media_url, expires_at))
        ring("fetching")


def _wanted(source_url: str, expires_at: datetime) -> dict[str, object]:
    gone = expires_at < now()
    return {
        "source_url": source_url,
        "name": name_in_url(source_url)[:200],
        "state": MediaFile.State.LOST if gone else MediaFile.State.WAITING,
        "error": "it was older than 30 days when it was first seen" if gone else "",
        "attempts": 0,
        "fetch_after": None if gone else now(),
        "expires_at": expires_at,
    }
