"""Tapbacks come as text that quotes a message; here they find it, in whatever order both arrive.

Which message a tapback stands on is a function of the messages of the thread alone: the one that
says all that it quotes, else the one that begins like a quote that was cut; for a file the newest
before it. Where two say the same, nobody can tell which was meant, and the tapback stays the text
that it is. So every report that changes what a message says, or when, asks the tapbacks after it
again, and any order of reports ends the same.

A tapback asks for nothing: it is not news, so it makes no thread unread and reopens none.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from django.db.models import Q

from inbox.models import WRITTEN, Kind, Message
from sendblue_inbox.sendblue.tapbacks import Fit, Tapback, parse_tapback
from sendblue_inbox.sendblue.terms import FINAL_FAILURES

if TYPE_CHECKING:
    from datetime import datetime

    from django.db.models import QuerySet

    from inbox.models import Thread

# Nobody scrolls further up to react, and it bounds how many rows are looked at.
LOOKS_BACK = timedelta(days=30)
MEDIA = {
    "image": (".jpg", ".jpeg", ".png", ".gif", ".heic", ".heif", ".webp", ".tiff", ".bmp"),
    "video": (".mp4", ".mov", ".m4v", ".3gp", ".webm"),
    "audio": (".caf", ".m4a", ".mp3", ".aac", ".amr", ".wav", ".ogg"),
}
KNOWN_SUFFIXES = tuple(suffix for suffixes in MEDIA.values() for suffix in suffixes)


@dataclass(frozen=True, slots=True)
class Sight:
    """What of a message matters to the tapbacks after it."""

    can_be_quoted: bool
    content: str
    media_url: str
    has_file: bool
    date_sent: datetime


def sight_of(message: Message) -> Sight:
    """What tapbacks can know a message by. Only what Sendblue has, and brought there, is quoted."""
    return Sight(
        can_be_quoted=bool(message.message_handle)
        and message.kind in WRITTEN
        and message.status not in FINAL_FAILURES,
        content=message.content,
        media_url=message.media_url,
        has_file=bool(message.media_url or message.file_count),
        date_sent=message.date_sent,
    )


def read_tapback(message: Message) -> None:
    """Make a row that says nothing but a tapback one, and one that says more words again.

    Saves nothing. What was sent from here is what it was sent as.
    """
    if message.send_state or message.kind not in {Kind.MESSAGE, Kind.REACTION}:
        return
    tapback = _said(message)
    message.kind = Kind.REACTION if tapback else Kind.MESSAGE
    message.reaction = tapback.reaction if tapback else ""
    message.reaction_is_removal = bool(tapback and tapback.is_removal)
    message.reaction_quote = tapback.quote if tapback else ""
    if tapback:
        message.is_news = False


def attach(thread: Thread, message: Message, before: Sight | None) -> None:
    """Put a tapback on what it quotes, and the tapbacks after a message on it or off it.

    Call with the thread locked, after the message was saved and before it is touched; `before`
    is what it looked like until now, None for a new one.
    """
    _place(thread, message, is_new=before is None)
    after = sight_of(message)
    if before == after or (before is None and message.date_sent > thread.last_message_at):
        return
    seen = [sight for sight in (before, after) if sight and sight.can_be_quoted]
    if not seen:
        return
    for tapback in _tapbacks_after(thread, message, [sight.date_sent for sight in seen]):
        said = _said(tapback)
        if said and (
            tapback.reacts_to_id == message.pk or any(_fit(said, sight) for sight in seen)
        ):
            _place(thread, tapback)


def _place(thread: Thread, tapback: Message, *, is_new: bool = False) -> None:
    """Write down what the tapback stands on by now; screens that show it otherwise begin anew."""
    if tapback.send_state:
        return
    said = _said(tapback) if tapback.kind == Kind.REACTION else None
    target = _target(thread, tapback, said) if said else None
    was, now = tapback.reacts_to_id, target.pk if target else None
    if was == now:
        return
    revision = thread.revision + 1
    drawn_anew = [pk for pk in (was, now) if pk]
    Message.objects.filter(pk__in=drawn_anew).update(revision=revision)
    Message.objects.filter(pk=tapback.pk).update(reacts_to=now, revision=revision)
    tapback.reacts_to_id, tapback.revision = now, revision
    if not is_new and (was is None or now is None):
        # A bubble became a mark, or a mark a bubble.
        thread.reset_revision = revision


def _target(thread: Thread, tapback: Message, said: Tapback) -> Message | None:
    """The one message that the tapback quotes; None where none or several can be meant."""
    near = Q(date_sent__gte=tapback.date_sent - LOOKS_BACK, date_sent__lte=tapback.date_sent)
    quotable = thread.messages.filter(near, kind__in=WRITTEN).exclude(message_handle="")
    quotable = quotable.exclude(status__in=FINAL_FAILURES).exclude(pk=tapback.pk)
    if said.media is None:
        return _only(said, quotable.filter(content__contains=said.longest_piece))
    with_file = quotable.filter(~Q(media_url="") | Q(file_count__gt=0))
    newest_first = with_file.order_by("-date_sent", "-message_handle")
    return next((row for row in newest_first if _fit(said, sight_of(row))), None)


def _only(said: Tapback, rows: QuerySet[Message]) -> Message | None:
    fitting: dict[Fit, list[Message]] = {fit: [] for fit in Fit}
    for row in rows:
        fitting[said.fits(row.content)].append(row)
    found = fitting[Fit.WHOLE] or fitting[Fit.BEGINNING]
    return found[0] if len(found) == 1 else None


def _tapbacks_after(thread: Thread, message: Message, moments: list[datetime]) -> QuerySet[Message]:
    """The tapbacks that may know the message by one of the moments at which it was sent."""
    near = Q(date_sent__gte=min(moments), date_sent__lte=max(moments) + LOOKS_BACK)
    tapbacks = thread.messages.filter(near, kind=Kind.REACTION, send_state="")
    return tapbacks.exclude(pk=message.pk)


def _fit(said: Tapback, sight: Sight) -> bool:
    if said.media is None:
        return said.fits(sight.content) is not Fit.NOT
    if not sight.has_file:
        return False
    path = _path_of(sight.media_url)
    return not said.media or path.endswith(MEDIA[said.media]) or not path.endswith(KNOWN_SUFFIXES)


def _said(message: Message) -> Tapback | None:
    if message.media_url or message.file_count or message.location or message.app_card:
        return None
    return parse_tapback(message.content)


def _path_of(media_url: str) -> str:
    try:
        return urlsplit(media_url).path.lower()
    except ValueError:
        return ""
