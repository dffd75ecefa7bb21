"""The tapbacks on a bubble: one mark for each kind, with who reacted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from inbox.actions.queueing import can_send_again
from inbox.models import SendState

from .names import name_of
from .states import State, state_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from contacts.models import Contact
    from inbox.models import Message

# Drawn with our own icons: not every machine has a font for emoji.
DRAWN = {
    "love": "Loved",
    "like": "Liked",
    "dislike": "Disliked",
    "laugh": "Laughed at",
    "emphasize": "Emphasized",
    "question": "Questioned",
}
# What we can send, in the order of the keys 1 to 6.
TAPBACKS = {
    "love": "Love",
    "like": "Like",
    "dislike": "Dislike",
    "laugh": "Laugh",
    "emphasize": "Emphasize",
    "question": "Question",
}
SENT = {SendState.ACCEPTED, SendState.MARKED_SENT, ""}


@dataclass(frozen=True, slots=True)
class Mark:
    """All tapbacks of one kind on one message. `is_faint`: ours, and Sendblue has none yet."""

    reaction: str
    names: tuple[str, ...]
    is_ours: bool
    is_faint: bool

    @property
    def is_drawn(self) -> bool:
        """Whether it is one of Sendblue's six, for which there is an icon."""
        return self.reaction in DRAWN

    @property
    def count(self) -> int:
        """How many people gave it."""
        return len(self.names)

    @property
    def words(self) -> str:
        """Who gave it, for the title and for assistive technology."""
        who = ", ".join(self.names[:-1])
        who = f"{who} and {self.names[-1]}" if who else self.names[-1]
        way = DRAWN.get(self.reaction) or f"Reacted {self.reaction}"
        return f"{way} by {who}" + (", on its way" if self.is_faint else "")


@dataclass(frozen=True, slots=True)
class Trouble:
    """A tapback of ours of which somebody has to decide what becomes."""

    message: Message
    state: State

    @property
    def name(self) -> str:
        """Which tapback it was to be."""
        return f"“{TAPBACKS.get(self.message.reaction, self.message.reaction)}”"


def marks_of(
    reactions: Iterable[Message], people: Mapping[str, Contact], viewer_pk: int
) -> list[Mark]:
    """What stands on a message now, from the oldest kind to the newest.

    A person's newest tapback replaces the older one, a removal takes its own kind away, and what
    was not sent changes nothing. All of us are one person: the line.
    """
    standing: dict[tuple[str, int], Message] = {}
    for reaction in reactions:
        who = "" if reaction.is_outbound else reaction.number, reaction.part_index
        if reaction.stage in {"failed", "unknown"}:
            continue
        before = standing.get(who)
        is_same = before is not None and before.reaction == reaction.reaction
        if reaction.reaction_is_removal:
            if is_same:
                del standing[who]
        elif not is_same or (before and before.send_state not in SENT):
            # Sendblue may list what we did here as a text: the row that knows who did it stays.
            standing.pop(who, None)
            standing[who] = reaction
    kinds: dict[str, list[Message]] = {}
    for reaction in standing.values():
        kinds.setdefault(reaction.reaction, []).append(reaction)
    return [
        Mark(
            reaction=kind,
            names=tuple(name_of(reaction, people, viewer_pk) for reaction in given),
            is_ours=any(reaction.is_outbound for reaction in given),
            is_faint=all(reaction.send_state not in SENT for reaction in given),
        )
        for kind, given in kinds.items()
    ]


def troubles_of(reactions: Iterable[Message]) -> list[Trouble]:
    """Our tapbacks on a message that were refused, or of which nobody knows."""
    return [
        Trouble(reaction, state_of(reaction)) for reaction in reactions if can_send_again(reaction)
    ]
