"""A group beside its timeline: its panel, and what is proved about changes of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import UUID, uuid4

from inbox.actions.membership import GROUP_CHANGES
from inbox.group_rules import why_no_addition, why_no_changes, why_no_removal
from inbox.models import Kind, Line
from sendblue_inbox.phone import national

from .abilities import abilities

if TYPE_CHECKING:
    from datetime import datetime

    from inbox.models import Message, Participant, Thread

# What the panel calls the things that a thread may not be able to do.
ABILITY_NAMES = {
    "effects": "Effects",
    "typing": "Typing dots",
    "receipts": "Read receipts",
    "location": "Asking where they are",
    "facetime": "FaceTime",
    "carousel": "Carousels",
    "lookup": "Service lookup",
    "reactions": "Tapbacks",
    "replies": "Inline replies",
}
# Refusals that another line may not meet (contract 1.4).
LINE_REFUSALS = {
    "ambiguous_sending_line": "Several of your lines are in the group: choose one to act as",
    "line_not_registered": "Sendblue does not know this line as yours: choose another",
}
REFUSALS = LINE_REFUSALS | {
    "unsupported_line": "This line cannot change the picture of a group",
}


@dataclass(frozen=True, slots=True)
class Refusal:
    """Something that a group cannot do, and why."""

    name: str
    why: str


@dataclass(frozen=True, slots=True)
class GroupPanel:
    """The group beside its messages. `size` counts us; a sentence that is empty refuses nothing."""

    members: list[Participant]
    size: int
    no_changes: str
    no_addition: str
    no_removal: str
    cannot: list[Refusal]
    read_at: datetime | None
    is_due: bool

    @property
    def new_ref(self) -> UUID:
        """Makes a double click one change; every form has its own."""
        return uuid4()


def group_panel(thread: Thread) -> GroupPanel | None:
    """What the panel of a group shows; None for a person. One query for the people, once."""
    if not thread.is_group:
        return None
    refused = abilities(thread).refusals()
    return GroupPanel(
        members=sorted(thread.members, key=lambda member: member.left_at is not None),
        size=len(thread.people) + 1,
        no_changes=why_no_changes(thread),
        no_addition=why_no_addition(thread),
        no_removal=why_no_removal(thread),
        cannot=[
            Refusal(name, refused[key]) for key, name in ABILITY_NAMES.items() if key in refused
        ],
        read_at=thread.group_read_at,
        is_due=thread.group_due_at is not None,
    )


def change_words(message: Message) -> str:
    """What a change of a group does, or did: only what the phone confirmed is told as done."""
    details, is_done = message.details, message.stage == "accepted"
    name = details.get("name") or ""
    match message.kind:
        case Kind.GROUP_NAME if name:
            return f"{'Named' if is_done else 'Name'} the group “{name}”"
        case Kind.GROUP_NAME:
            return f"{'Removed' if is_done else 'Remove'} the name of the group"
        case Kind.GROUP_PHOTO if details.get("photo"):
            return f"{'Changed' if is_done else 'Change'} the picture of the group"
        case Kind.GROUP_PHOTO:
            return f"{'Removed' if is_done else 'Remove'} the picture of the group"
    who = name or national(str(details.get("number", "")))
    if message.kind == Kind.GROUP_ADD:
        return f"{'Added' if is_done else 'Add'} {who}"
    return f"{'Removed' if is_done else 'Remove'} {who}"


def change_state(message: Message) -> tuple[str, str]:
    """What is known about a change of a group, in words, and their tone; empty for other rows and
    where the usual words do."""
    if message.kind not in GROUP_CHANGES:
        return "", ""
    match message.stage:
        case "sending":
            return "Waiting for the phone", ""
        case "unknown":
            return "The answer was lost. Asking the group whether it happened", "warning"
        case "failed" if message.trouble_settled_at:
            return "Refused. It was tried again", ""
        case "failed":
            return _explain(message), "danger"
        case "accepted":
            return "Confirmed by the phone", ""
    return "", ""


def begins_group(message: Message) -> bool:
    """Whether this row makes the group that it is in: the first one, or another attempt at it."""
    return message.first_revision == 1 or message.again_of_id is not None


def lines_to_try(message: Message) -> list[Line]:
    """The lines that a refused change may be tried from; none where no line would help."""
    is_refused = message.kind in GROUP_CHANGES and message.stage == "failed"
    if not is_refused or message.trouble_settled_at or message.error_code not in LINE_REFUSALS:
        return []
    tried = message.details.get("from_number") or message.thread.line.number
    able = [line for line in Line.objects.order_by("name", "number") if not line.trouble]
    if message.error_code == "line_not_registered":
        return [line for line in able if line.number != tried]
    return able


def _explain(message: Message) -> str:
    known = REFUSALS.get(message.error_code)
    if known:
        return f"Refused. {known}"
    told = message.error_message.strip().rstrip(".")
    return f"Refused. {told}" if told else "Refused by Sendblue"
