"""Who is in a group and what it is called, whoever tells it, in whatever order.

Webhooks, lists, the group itself and confirmed changes of ours all tell of a moment, and what is
told of the newest moment holds. The thread must be locked.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from contacts.actions.saving import ensure_contact
from inbox.models import Kind, Line, Participant
from sendblue_inbox.clock import now
from sendblue_inbox.ring import ring

from .facts import told_time
from .touching import wake_thread

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from inbox.models import Message, Thread
    from sendblue_inbox.sendblue.payloads import MessagePayload

# What we ask of a group; a phone confirms it before Sendblue calls it done (contract 2.2).
GROUP_CHANGES = (Kind.GROUP_NAME, Kind.GROUP_PHOTO, Kind.GROUP_ADD, Kind.GROUP_REMOVE)
NOTED = ("group_display_name", "members_as_of", "named_as_of")
LONGEST_NAME = 200


def can_be_looked_for(message: Message) -> bool:
    """Whether Sendblue can tell later what became of the row where its answer was lost."""
    return message.is_written or message.kind in GROUP_CHANGES


def note_group(thread: Thread, payload: MessagePayload) -> None:
    """Take over what a message tells of its group beside itself: its people and its name."""
    if not payload.group_id:
        return
    before, as_of = (thread.title, thread.people), told_time(payload)
    people = [*payload.participants, payload.number]
    note_members(thread, people, as_of=as_of if payload.participants else None)
    note_name(thread, payload.group_display_name, as_of=as_of)
    thread.save(update_fields=NOTED)
    if (thread.title, thread.people) != before:
        wake_thread(thread.pk)


def note_members(thread: Thread, numbers: Iterable[str], *, as_of: datetime | None) -> None:
    """Take over a list of everybody in the group at a moment; our own lines are passed over.

    Who stands only in older lists was there once. Without a moment it is no list: whoever is named
    in it is or was there. Saves the people, not the thread.
    """
    named = people_among(numbers)
    known = {member.contact.number: member for member in thread.members}
    present = {number for number, member in known.items() if member.left_at is None}
    newest = thread.members_as_of
    holds = as_of is not None and (
        newest is None or (as_of, sorted(named)) > (newest, sorted(present))
    )
    came_and_went = as_of if newest and not holds else None
    unknown = [number for number in named if number not in known]
    # In one order everywhere: two workers that meet the same strangers must not wait crosswise.
    contacts = {number: ensure_contact(number) for number in sorted(unknown)}
    Participant.objects.bulk_create(
        [
            Participant(thread=thread, contact=contacts[number], left_at=came_and_went)
            for number in unknown
        ],
        ignore_conflicts=True,
    )
    if holds:
        rows = Participant.objects.filter(thread=thread)
        back = [known[number].pk for number in named if number in known.keys() - present]
        gone = [known[number].pk for number in present.difference(named)]
        if back:
            rows.filter(pk__in=back).update(left_at=None)
        if gone:
            rows.filter(pk__in=gone).update(left_at=as_of)
        thread.members_as_of = as_of
    thread.__dict__.pop("members", None)


def note_name(
    thread: Thread, name: str, *, as_of: datetime | None, may_be_empty: bool = False
) -> None:
    """Take over the name of the group at a moment; only the group itself may say that it has none
    (contract, section 6). Saves nothing."""
    if as_of is None or not (name or may_be_empty):
        return
    name, newest = name[:LONGEST_NAME], thread.named_as_of
    if newest is None or (as_of, name) > (newest, thread.group_display_name):
        thread.group_display_name, thread.named_as_of = name, as_of


def confirm(thread: Thread, message: Message) -> None:
    """Take over a change of ours that the group's phone has confirmed; others do nothing here."""
    if message.kind not in GROUP_CHANGES:
        return
    number = message.details.get("number", "")
    present = [person.number for person in thread.people]
    if message.kind == Kind.GROUP_NAME:
        note_name(thread, message.details["name"], as_of=now(), may_be_empty=True)
    elif message.kind == Kind.GROUP_ADD:
        note_members(thread, [*present, number], as_of=now())
    elif message.kind == Kind.GROUP_REMOVE:
        note_members(thread, [one for one in present if one != number], as_of=now())
    want_reading(thread)


def want_reading(thread: Thread) -> None:
    """Have the group asked for at Sendblue, soon. Saves what was noted of it, too."""
    thread.group_due_at = now()
    thread.save(update_fields=["group_due_at", *NOTED])
    wake_thread(thread.pk)
    ring("groups")


def people_among(numbers: Iterable[str]) -> list[str]:
    """The numbers, each once and in order, without our own lines."""
    ours = set(Line.objects.values_list("number", flat=True))
    return [number for number in dict.fromkeys(numbers) if number and number not in ours]
