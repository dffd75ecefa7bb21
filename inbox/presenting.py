"""How messages stand on screen: days, runs, who speaks, and what is proved about each of ours."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from pathlib import PurePosixPath
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

from django.utils import timezone

from inbox.actions.queueing import can_send_again
from inbox.models import Message, SendState
from inbox.queries import place_of
from sendblue_inbox.clock import now
from sendblue_inbox.phone import national

from .failures import explain

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date

    from contacts.models import Contact
    from sendblue_inbox.keyset import Place
    from sendblue_inbox.models import User

# A silence longer than this ends a run of bubbles, so that its time is told.
RUN_ENDS_AFTER = timedelta(minutes=15)
# A message that leaves sooner is not worth a time.
SOON = timedelta(seconds=20)
MOST_LARGE_EMOJI = 3
EMOJI = re.compile(
    "(?:[\U0001f1e6-\U0001f1ff]{2}|[0-9#*]\ufe0f?\u20e3"
    "|(?:[\u00a9\u00ae\u203c-\u3299\U0001f000-\U0001faff]\ufe0f?[\U0001f3fb-\U0001f3ff]?"
    "(?:\u200d[\u2640-\u27ff\U0001f000-\U0001faff]\ufe0f?[\U0001f3fb-\U0001f3ff]?)*))"
)
KINDS = {
    "image": {".jpg", ".jpeg", ".png", ".gif", ".heic", ".heif", ".webp", ".tiff", ".bmp"},
    "film": {".mp4", ".mov", ".m4v", ".3gp", ".webm"},
    "sound": {".caf", ".m4a", ".mp3", ".aac", ".amr", ".wav", ".ogg"},
}
KIND_WORDS = {"image": "Picture", "film": "Video", "sound": "Audio", "file": "File"}


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that came with a message: what it seems to be, its name, and where it lies."""

    kind: str
    name: str
    type: str
    url: str


@dataclass(frozen=True, slots=True)
class State:
    """What is known about a message of ours, in words; `at` stands beside them.

    `is_settled`: nothing more is to be expected, so only the newest of a run needs to say it.
    """

    words: str
    at: datetime | None = None
    tone: str = ""
    is_settled: bool = False


@dataclass(frozen=True, slots=True)
class Bubble:
    """A message with what its neighbours decide: a day's heading before it, its place in a run."""

    message: Message
    day: Day | None
    starts: bool
    ends: bool
    speaker: Contact | None
    speaker_name: str
    viewer_pk: int

    @property
    def run(self) -> str:
        """Bubbles with the same text, one after the other, are one run."""
        return run_of(self.message)

    @property
    def place(self) -> Place:
        """The place to load older or newer messages from."""
        return place_of(self.message)

    @property
    def service(self) -> str:
        """The class of the bubble's colour: an outbound one shows how it travels."""
        service = self.message.service or self.message.thread.service
        return service.lower() if service.lower() in {"imessage", "sms", "rcs"} else "unknown"

    @property
    def author(self) -> str:
        """The colleague who wrote it; empty for the viewer's own messages."""
        message = self.message
        return (
            str(message.author) if message.author_id and message.author_id != self.viewer_pk else ""
        )

    @property
    def state(self) -> State:
        """What is known about it."""
        return state_of(self.message)

    @property
    def can_send_again(self) -> bool:
        """Whether another attempt may be offered."""
        return can_send_again(self.message)

    @property
    def again_ref(self) -> UUID:
        """Makes a double click on “Send again” one message."""
        return uuid4()

    @property
    def can_be_marked(self) -> bool:
        """Whether only a look at the phone can tell what became of it."""
        return self.message.send_state == SendState.UNKNOWN and not self.message.resolve_after

    @property
    def is_emoji(self) -> bool:
        """Whether it is nothing but a few emoji, which are shown large."""
        return is_emoji(self.message.content)

    @property
    def attachment(self) -> Attachment | None:
        """The file that came with it."""
        return attachment_of(self.message.media_url)

    @property
    def map_url(self) -> str:
        """Where the shared place is shown on a map."""
        return map_url(self.message.location)


@dataclass(frozen=True, slots=True)
class Day:
    """The heading before the first message of a day; `sort_key` puts it before all of them."""

    day: date

    @property
    def sort_key(self) -> str:
        """Midnight of the viewer's zone, written like Message.sort_key."""
        midnight = datetime.combine(self.day, time(), timezone.get_current_timezone())
        return f"{midnight.astimezone(ZoneInfo('UTC')):%Y-%m-%dT%H:%M:%S.%f}"


def bubbles(
    messages: Iterable[Message], *, people: dict[str, Contact], viewer: User
) -> list[Bubble]:
    """The messages, which are in screen order, as they stand there."""
    rows = list(messages)
    return [
        Bubble(
            message=message,
            day=None if before and _day(before) == _day(message) else Day(_day(message)),
            starts=before is None or not _same_run(before, message),
            ends=after is None or not _same_run(message, after),
            speaker=people.get(message.number),
            speaker_name=_speaker_name(message, people),
            viewer_pk=viewer.pk,
        )
        for before, message, after in zip([None, *rows], rows, [*rows[1:], None], strict=False)
    ]


def run_of(message: Message) -> str:
    """Who speaks: bubbles with the same text may form one run."""
    return f"out-{message.author_id or 0}" if message.is_outbound else f"in-{message.number}"


def state_of(message: Message) -> State:
    """What is known about one of our messages, never more."""
    soon = now() + SOON
    match message.stage:
        case "waiting" if message.send_after and message.send_after > soon:
            return State("Waiting, goes at", message.send_after)
        case "waiting":
            return State("Waiting for its turn")
        case "sending":
            return State("Sending")
        case "unknown" if message.resolve_after:
            return State("Checking whether it was sent", tone="warning")
        case "unknown" if message.trouble_settled_at:
            return State("Nobody knows whether this was sent. It was sent again", is_settled=True)
        case "unknown":
            return State("Nobody knows whether this was sent. Check the phone", tone="warning")
        case "failed" if message.trouble_settled_at:
            return State("Not sent. It was sent again", is_settled=True)
        case "failed":
            return State(explain(message), tone="danger")
        case "delivered":
            return State("Delivered", message.delivered_at or message.date_updated, is_settled=True)
        case "read":
            return State("Read", message.date_updated, is_settled=True)
        case "sent" if message.send_state == SendState.MARKED_SENT:
            return State("Marked as sent", message.trouble_settled_at, is_settled=True)
        case "sent" if message.service == "SMS":
            return State("Sent. SMS gives no proof of delivery", is_settled=True)
        case "sent":
            return State("Sent", message.date_updated)
        case _:
            return State("Accepted by Sendblue", message.date_sent)


def is_emoji(text: str) -> bool:
    """Whether a text is one to three emoji and nothing else."""
    bare = "".join(text.split())
    found = EMOJI.findall(bare) if len(bare) <= 40 else []
    return 0 < len(found) <= MOST_LARGE_EMOJI and "".join(found) == bare


def attachment_of(media_url: str) -> Attachment | None:
    """What an address says about the file behind it; None for one that is not http or https."""
    try:
        address = urlsplit(media_url)
    except ValueError:
        return None
    if address.scheme not in {"http", "https"} or not address.netloc:
        return None
    path = PurePosixPath(unquote(address.path))
    suffix = path.suffix.lower()
    kind = next((kind for kind, suffixes in KINDS.items() if suffix in suffixes), "file")
    return Attachment(kind, path.name or address.netloc, KIND_WORDS[kind], media_url)


def map_url(location: dict[str, float] | None) -> str:
    """OpenStreetMap's page of a place, with a mark on it; empty for no place."""
    if not location:
        return ""
    latitude, longitude = float(location["latitude"]), float(location["longitude"])
    spot = f"{latitude:.6f}/{longitude:.6f}"
    mark = f"mlat={latitude:.6f}&mlon={longitude:.6f}"
    return f"https://www.openstreetmap.org/?{mark}#map=16/{spot}"


def _speaker_name(message: Message, people: dict[str, Contact]) -> str:
    contact = people.get(message.number)
    return str(contact) if contact else national(message.number) or "Unknown"


def _same_run(one: Message, other: Message) -> bool:
    return (
        run_of(one) == run_of(other)
        and _day(one) == _day(other)
        and other.date_sent - one.date_sent < RUN_ENDS_AFTER
    )


def _day(message: Message) -> date:
    return timezone.localdate(message.date_sent)
