"""What people do: write, send pictures, react, share a place, type (contract 3.2, 3.4)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from .clock import iso
from .render import as_webhook
from .state import Group, World
from .store import Message
from .verification import hear

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .simulation import Simulation

OPT_OUT_WORDS = frozenset({"stop", "unsubscribe", "cancel", "opt out", "revoke", "end", "quit"})
OPT_IN_WORDS = frozenset({"start"})
_TAPBACKS = {
    "love": "Loved",
    "like": "Liked",
    "dislike": "Disliked",
    "laugh": "Laughed at",
    "emphasize": "Emphasized",
    "question": "Questioned",
}


@dataclass(slots=True)
class Words:
    """What somebody says; everything but the two numbers is optional."""

    sender: str
    line: str
    content: str = ""
    media_url: str = ""
    service: str = ""
    group_id: str = ""
    reply_to: dict[str, Any] | None = None
    extra: dict[str, Any] = field(default_factory=dict)


def receive(sim: Simulation, words: Words, *, backlog: int = 0) -> Message:
    """A person writes to one of our lines: stored, announced, opt-out words obeyed."""
    world = sim.world
    message = _message(world, words, world.clock.stamp(backlog=backlog))
    world.messages.add(message)
    payload = as_webhook(world, message)
    if message.number not in world.blocked:
        sim.courier.announce("receive", payload)
        sim.events.publish("message.received", f"message:{message.handle}:received", payload)
    hear(sim, words.sender, words.content)
    # The word itself still travels unmarked; what follows is marked.
    said = words.content.strip().lower()
    if said in OPT_OUT_WORDS:
        world.phone(words.sender).opted_out = True
    elif said in OPT_IN_WORDS:
        world.phone(words.sender).opted_out = False
        if words.sender in world.contacts:
            world.contacts[words.sender].opt_out = False
    return message


def _message(world: World, words: Words, at: int) -> Message:
    phone = world.phone(words.sender)
    extra = dict(words.extra)
    if words.reply_to:
        parent = world.messages.by_handle.get(words.reply_to["message_handle"])
        root = parent.extra.get("thread_originator") if parent else None
        extra["reply_to"] = {"part_index": 0, **words.reply_to}
        extra["thread_originator"] = root or {
            "message_handle": words.reply_to["message_handle"],
            "part": "0",
        }
    kind = "location" if "location" in extra else "message"
    return Message(
        handle=world.new_uuid().upper(),
        line=words.line,
        number=words.sender,
        content=words.content,
        is_outbound=False,
        status="RECEIVED",
        created=at,
        service=words.service or phone.service,
        media_url=words.media_url,
        message_type="group" if words.group_id else kind,
        group_id=words.group_id,
        opted_out=phone.opted_out,
        extra=extra,
    )


def tapback(world: World, handle: str, kind: str) -> str:
    """The text that a tapback arrives as, with curly quotes around what it is about."""
    message = world.messages.by_handle.get(handle)
    content = message.content if message else ""
    about = f"“{content}”" if content else "an image"
    verb = _TAPBACKS.get(kind)
    return f"{verb} {about}" if verb else f"Reacted {kind} to {about}"


def group_of(world: World, group_id: str, line: str, numbers: Sequence[str]) -> Group:
    """The group with this id, or of exactly these people on this line; else a new one."""
    people = [number for number in dict.fromkeys(numbers) if number != line]
    if group_id and group_id in world.groups:
        return world.groups[group_id]
    if not group_id:
        for group in world.groups.values():
            if group.line == line and set(group.numbers) == set(people):
                return group
    now = world.clock.now()
    group = Group(group_id or f"sb_group_{world.new_uuid()}", line, people, now, now)
    world.groups[group.group_id] = group
    return group


def call(sim: Simulation, sender: str, line: str, *, seconds: int, transcript: str = "") -> None:
    """Somebody telephones: it rings, and then it is over (contract 3.4; nobody answers for 0 s)."""
    told = {
        "call_id": f"call_{sim.world.new_uuid()}",
        "from_number": sender,
        "to_number": line,
        "direction": "inbound",
        "started_at": iso(sim.world.clock.now()),
    }
    went = "connected" if seconds else "voicemail" if transcript else "not_answered"
    log = {**told, "event_type": "call_log", "disposition": went, "transcript": None}
    sim.courier.announce("inbound_call", told)
    sim.courier.announce("call_log", log)
    if seconds or transcript:
        final = {"disposition": went, "duration": seconds, "transcript": transcript or None}
        sim.courier.announce("call_completed", {**told, **final})


def typing(sim: Simulation, sender: str, line: str, *, is_typing: bool) -> None:
    """Somebody begins or stops typing."""
    payload = {
        "number": sender,
        "from_number": line,
        "is_typing": is_typing,
        "timestamp": iso(sim.world.clock.now()),
    }
    sim.courier.announce("typing_indicator", payload)
    sim.events.publish("typing.changed", f"typing:{sender}:{payload['timestamp']}", payload)
