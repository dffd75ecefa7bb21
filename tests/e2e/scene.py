"""An inbox as it looks on a working day: the simulator's stories, told to the site's database."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import uuid4

from contacts.actions.saving import ensure_contact, index_for_search
from contacts.models import Contact
from inbox.actions.recording import record_message
from inbox.actions.triaging import assign, mark_read
from inbox.models import Line, Message, Thread
from sendblue_inbox.clock import now
from sendblue_inbox.sendblue.payloads import MessagePayload
from simulator.stories import STORIES, US, Person, Said, Story
from tests.factories import report

if TYPE_CHECKING:
    from sendblue_inbox.models import User

LINES = {"+15550100001": "Shop", "+15550100002": "Studio"}
# Few machines that take pictures have a font for them.
EMOJI = re.compile(r"\s*[\U0001f000-\U0001faff\u2600-\u27bf]+")
UNITS = {"d": 1440, "h": 60, "m": 1}
ANSWERED = 5  # of the newest conversations, how many nobody has looked at


def set_scene(ana: User, ben: User) -> dict[str, Thread]:
    """Replace what is in the inbox; the threads by the first name of the person."""
    for model in (Message, Thread, Contact):
        model.objects.all().delete()
    for number, name in LINES.items():
        Line.objects.update_or_create(number=number, defaults={"name": name, "status": "ONLINE"})
    threads = {story.people[0].first_name: _tell(story) for story in STORIES}
    newest = sorted(threads.values(), key=lambda thread: thread.last_message_at, reverse=True)
    for thread in newest[ANSWERED // 2 :]:
        mark_read(thread, user=ana)
    for at, thread in enumerate(newest):
        if at % 3:
            assign(thread, to=ana if at % 2 else ben)
    Message.objects.filter(is_outbound=True).update(author=ana)
    Message.objects.filter(thread=threads["Tomás"], is_outbound=True).update(author=ben)
    return threads


def _tell(story: Story) -> Thread:
    for person in story.people:
        _meet(person)
    group = f"group-{story.group_name}" if story.group_name else ""
    message = None
    for said in story.said:
        payload = MessagePayload.parse(_message(story, said, group), lines=list(LINES))
        message = record_message(payload, seen_at=now(), is_history=True)
    assert message, "nobody said anything"
    return Thread.objects.get(pk=message.thread_id)


def _meet(person: Person) -> None:
    contact = ensure_contact(person.number)
    if person.in_contacts:
        contact.first_name, contact.last_name = person.first_name, person.last_name
        contact.company_name = person.company_name
        contact.tags, contact.custom_variables = list(person.tags), dict(person.about)
    index_for_search(contact)
    contact.save()


def _message(story: Story, said: Said, group: str) -> dict[str, object]:
    ours, person = said.by == US, story.people[0]
    arrives = "SENT" if person.service == "SMS" else "DELIVERED"
    sent = now() - timedelta(minutes=_minutes(said.ago))
    return report(
        content=EMOJI.sub("", said.text),
        is_outbound=ours,
        status=("ERROR" if said.failed else arrives) if ours else "RECEIVED",
        error_code="10001" if said.failed else None,
        message_handle=str(uuid4()),
        number=person.number if ours else said.by,
        line=list(LINES)[story.line],
        date_sent=sent,
        media_url=f"https://media.example.com/{said.picture}" if said.picture else "",
        location={"latitude": 37.7793, "longitude": -122.4193} if said.place else None,
        service=person.service,
        group_id=group,
        group_display_name=story.group_name,
        participants=[someone.number for someone in story.people] if group else [],
    )


def _minutes(ago: str) -> int:
    return sum(int(number) * UNITS[unit] for number, unit in re.findall(r"(\d+)([dhm])", ago))
