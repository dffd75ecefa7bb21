"""What may be done with a group, and for what may not, the sentence that says why."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sendblue_inbox.sendblue.terms import MAX_GROUP_SIZE, Service

if TYPE_CHECKING:
    from collections.abc import Sequence

    from contacts.models import Contact
    from inbox.models import Thread

# People that a removal needs to begin with, our line among them (contract 2.2).
FEWEST_FOR_REMOVAL = 4
NUMERALS = ("none", "one", "two", "three")
LONGEST_NAME = 100
PHOTO_FORMATS = {"JPEG": "image/jpeg", "PNG": "image/png", "GIF": "image/gif"}
MOST_PHOTO_PIXELS = 25_000_000


def why_no_changes(thread: Thread) -> str:
    """Why name, picture and people stay as they are; empty where they can be changed."""
    if thread.awaits_group_id:
        return "The group can be changed once its first message has left."
    if thread.line.trouble:
        return thread.line.trouble
    if thread.service and thread.service != Service.IMESSAGE:
        return f"Sendblue changes iMessage groups only, and this one goes as {thread.service}."
    return ""


def why_no_removal(thread: Thread) -> str:
    """Why nobody can be taken out; empty where somebody can."""
    size = len(thread.people) + 1
    if size >= FEWEST_FOR_REMOVAL:
        return why_no_changes(thread)
    return why_no_changes(thread) or (
        "People can be removed only from groups of four or more; "
        f"this one has {NUMERALS[size]}, with you."
    )


def why_no_addition(thread: Thread, contact: Contact | None = None) -> str:
    """Why nobody, or this one, can be added; empty where they can."""
    if refused := why_no_changes(thread):
        return refused
    if len(thread.people) + 2 > MAX_GROUP_SIZE:
        return f"A group has at most {MAX_GROUP_SIZE} people, with you."
    if contact and contact in thread.people:
        return f"{contact} is in the group already."
    return why_opted_out([contact]) if contact else ""


def why_opted_out(people: Sequence[Contact]) -> str:
    """Who of these must not be written to; empty where everybody may."""
    names = [str(person) for person in people if person.opted_out]
    if not names:
        return ""
    who = " and ".join(filter(None, [", ".join(names[:-1]), names[-1]]))
    have, must = ("has", "They must") if len(names) == 1 else ("have", "Each must")
    return f"{who} {have} opted out. {must} text START before anything reaches them."
