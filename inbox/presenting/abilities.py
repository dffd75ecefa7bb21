"""What can be done in a thread beside writing; for what cannot, the one sentence that says why."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

from sendblue_inbox.sendblue.terms import MAX_SMS_MEDIA_BYTES, MAX_UPLOAD_BYTES, Service

if TYPE_CHECKING:
    from inbox.models import Thread

IMESSAGE = ("", Service.IMESSAGE)
# How it reads where a feature is named first: “Typing needs iMessage. …”
NEEDS_IMESSAGE = "{} iMessage. The next message would go as {}."


@dataclass(frozen=True, slots=True)
class Abilities:
    """Why each thing is not possible here, as a sentence for the agent; empty where it is.

    `media_limit_bytes` is the largest file that the service takes (contract 1.7).
    """

    reactions: str = ""
    replies: str = ""
    effects: str = ""
    typing: str = ""
    receipts: str = ""
    location: str = ""
    facetime: str = ""
    carousel: str = ""
    lookup: str = ""
    media_limit_bytes: int = MAX_UPLOAD_BYTES

    def refusals(self) -> dict[str, str]:
        """Only what is not possible: the name of the thing and why."""
        told = {field.name: getattr(self, field.name) for field in fields(self)}
        return {name: why for name, why in told.items() if isinstance(why, str) and why}


def abilities(thread: Thread, forecast_service: str = "") -> Abilities:
    """What the thread can do now; `forecast_service` is how its next message is expected to go,
    and where nobody knows, the last one decides. No query beside the thread's line and contact."""
    service = forecast_service or thread.service
    limit = MAX_SMS_MEDIA_BYTES if service == Service.SMS else MAX_UPLOAD_BYTES
    nothing = _nothing_at_all(thread)
    if nothing:
        names = [field.name for field in fields(Abilities) if field.type == "str"]
        return Abilities(**dict.fromkeys(names, nothing), media_limit_bytes=limit)
    wants_imessage = service not in IMESSAGE

    def needs(words: str) -> str:
        return NEEDS_IMESSAGE.format(words, service) if wants_imessage else ""

    return Abilities(
        reactions=needs("Tapbacks need"),
        replies=needs("Replies to one message need"),
        effects=_in_group(thread, "Sendblue does not promise effects in groups.")
        or needs("Effects need"),
        typing=_in_group(thread, "Groups are not shown that you are typing.")
        or _without_chat(thread, "Typing is shown only after the first message.")
        or needs("Typing needs"),
        receipts=_in_group(thread, "Sendblue sends read receipts to one person, not to groups.")
        or ("SMS has no read receipts." if service == Service.SMS else "")
        or thread.line.read_receipts_refused,
        location=_in_group(thread, "A place can be asked of one person, not of a group.")
        or needs("Asking for a place needs"),
        facetime=_in_group(thread, "Sendblue calls one person by FaceTime, not a group.")
        or needs("FaceTime needs")
        or thread.line.facetime_refused,
        carousel=_in_group(thread, "Sendblue sends carousels to one person, not to groups."),
        lookup=_in_group(thread, "Only single numbers can be looked up, not a group."),
        media_limit_bytes=limit,
    )


def _in_group(thread: Thread, why: str) -> str:
    return why if thread.is_group else ""


def _without_chat(thread: Thread, why: str) -> str:
    # A message that left, or came, has told its service; without one there is no chat to type in.
    return "" if thread.service else why


def _nothing_at_all(thread: Thread) -> str:
    """Why nothing reaches them now."""
    if thread.contact and thread.contact.opted_out:
        return f"{thread.contact} has opted out and must text START first."
    return thread.line.trouble
