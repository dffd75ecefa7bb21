"""How messages stand on screen: days, runs, who speaks, and what is proved about each of ours."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

from django.utils import timezone

from inbox.actions.answering import lack_of
from inbox.actions.queueing import can_send_again
from inbox.models import Message, SendState
from inbox.queries import place_of
from sendblue_inbox.phone import national

from .calls import Call, call_of
from .cards import AppCard, app_card
from .effects import SentEffect, effect_of
from .events import Event, event_of
from .extras import NO_EXTRAS, Extras
from .files import Attachment, ShownFile, attachment_of
from .groups import lines_to_try
from .names import known_person, name_of
from .places import SharedPlace, can_look_again, shared_place
from .quotes import Quote, quote_of
from .reactions import Mark, Trouble, marks_of, troubles_of
from .states import State, state_of

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date

    from contacts.models import Contact
    from inbox.models import Line
    from sendblue_inbox.keyset import Place
    from sendblue_inbox.models import User

# A silence longer than this ends a run of bubbles, so that its time is told.
RUN_ENDS_AFTER = timedelta(minutes=15)
MOST_LARGE_EMOJI = 3
EMOJI = re.compile(
    "(?:[\U0001f1e6-\U0001f1ff]{2}|[0-9#*]\ufe0f?\u20e3"
    "|(?:[\u00a9\u00ae\u203c-\u3299\U0001f000-\U0001faff]\ufe0f?[\U0001f3fb-\U0001f3ff]?"
    "(?:\u200d[\u2640-\u27ff\U0001f000-\U0001faff]\ufe0f?[\U0001f3fb-\U0001f3ff]?)*))"
)


@dataclass(frozen=True, slots=True)
class Bubble:
    """A row of the timeline with what stands on it and what its neighbours decide.

    That is a day's heading before it, its place in a run, and the rows that belong to it.
    """

    message: Message
    day: Day | None
    starts: bool
    ends: bool
    speaker: Contact | None
    speaker_place: int
    speaker_name: str
    viewer_pk: int
    extras: Extras
    quote: Quote | None
    # As the viewer calls whoever wrote it.
    who: str
    marks: list[Mark]
    troubles: list[Trouble]

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
    def lines_to_try(self) -> list[Line]:
        """The lines that a refused change of a group may be tried from."""
        return lines_to_try(self.message)

    @property
    def can_be_marked(self) -> bool:
        """Whether only a look at the phone can tell what became of it."""
        return self.message.send_state == SendState.UNKNOWN and not self.message.resolve_after

    @property
    def is_emoji(self) -> bool:
        """Whether it is nothing but a few emoji, which are shown large."""
        return is_emoji(self.message.content)

    @property
    def effect(self) -> SentEffect | None:
        """The effect that it went with."""
        return effect_of(self.message)

    @property
    def event(self) -> Event | None:
        """What the row says where it is a line between the bubbles."""
        return event_of(self.message)

    @property
    def files(self) -> list[ShownFile]:
        """The files that came with it, or go out with it, in order."""
        found = self.extras.files.get(self.message.pk, [])
        return [ShownFile(file, self.message) for file in found]

    @property
    def lacks(self) -> str:
        """Why neither a tapback nor a reply can be attached to it; empty where they can."""
        return lack_of(self.message)

    @property
    def parts(self) -> int:
        """How many parts it has that can be reacted to one by one: its files and its words."""
        return self.message.file_count + bool(self.message.content)

    @property
    def own_reaction(self) -> str:
        """The tapback of ours that stands on it."""
        return next((mark.reaction for mark in self.marks if mark.is_ours), "")

    @property
    def attachment(self) -> Attachment | None:
        """The file that came with it."""
        return attachment_of(self.message.media_url)

    @property
    def shared_place(self) -> SharedPlace | None:
        """Where somebody says to be."""
        return shared_place(self.message)

    @property
    def can_look_again(self) -> bool:
        """Whether Sendblue can be asked where they are now."""
        return can_look_again(self.message)

    @property
    def app_card(self) -> AppCard | None:
        """The card of an app that came with it."""
        return app_card(self.message)

    @property
    def call(self) -> Call | None:
        """What is known of a telephone call beside its line."""
        return call_of(self.message)


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
    messages: Iterable[Message],
    *,
    people: dict[str, Contact],
    viewer: User,
    extras: Extras = NO_EXTRAS,
) -> list[Bubble]:
    """The messages, which are in screen order, as they stand there."""
    rows = list(messages)
    known = {**people, **(known_person(rows[0].thread) if rows else {})}
    places = {number: place for place, number in enumerate(people)}
    return [
        Bubble(
            message=message,
            day=None if before and _day(before) == _day(message) else Day(_day(message)),
            starts=before is None or not _same_run(before, message),
            ends=after is None or not _same_run(message, after),
            speaker=people.get(message.number),
            speaker_place=places.get(message.number, 0),
            speaker_name=_speaker_name(message, people),
            viewer_pk=viewer.pk,
            extras=extras,
            quote=quote_of(message, extras.quoted, known, viewer.pk),
            who=name_of(message, known, viewer.pk),
            marks=marks_of(extras.reactions.get(message.pk, ()), known, viewer.pk),
            troubles=troubles_of(extras.reactions.get(message.pk, ())),
        )
        for before, message, after in zip([None, *rows], rows, [*rows[1:], None], strict=False)
    ]


def run_of(message: Message) -> str:
    """Who speaks: bubbles with the same text may form one run."""
    if not message.is_written:
        return f"line-{message.pk}"
    return f"out-{message.author_id or 0}" if message.is_outbound else f"in-{message.number}"


def is_emoji(text: str) -> bool:
    """Whether a text is one to three emoji and nothing else."""
    bare = "".join(text.split())
    found = EMOJI.findall(bare) if len(bare) <= 40 else []
    return 0 < len(found) <= MOST_LARGE_EMOJI and "".join(found) == bare


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
