"""What an open thread shows: its bubbles, how to load more of them, and what it can send."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

from contacts.presenting.card import Card
from inbox.actions.answering import lack_of
from inbox.actions.forecasting import outlook_of
from inbox.actions.gesturing import receipt_of, takes_typing
from inbox.actions.uploading import drafts_of
from inbox.presenting import Bubble, bubbles, extras_of
from inbox.presenting.abilities import abilities
from inbox.presenting.effects import EFFECT_FAMILIES
from inbox.presenting.files import ShownFile
from inbox.presenting.groups import group_panel
from inbox.presenting.lines import line_state
from inbox.presenting.names import known_person
from inbox.presenting.notices import notice_of
from inbox.presenting.quotes import Quote, quote
from inbox.presenting.reactions import TAPBACKS
from inbox.queries import MESSAGES_A_PAGE, agents, message_page, people_in, place_of, shown
from sendblue_inbox.keyset import Place
from sendblue_inbox.sendblue.terms import MAX_CONTENT_LENGTH

# As many as a screen carries.
MOST_AGAIN = 320

if TYPE_CHECKING:
    from inbox.models import Message, Thread
    from sendblue_inbox.login import AgentRequest


def conversation(request: AgentRequest, thread: Thread) -> dict[str, Any]:
    """The context of a thread's pane. The cursor is the thread's revision *before* the messages
    were read: what happens between is asked for again rather than missed."""
    team, contact = agents(), thread.contact
    person = contact and (contact.merged_into or contact)
    return (
        page_of(request, thread)
        | standing(request, thread)
        | {
            "since": thread.revision,
            "agents": team,
            "card": person and Card(person, team=team),
            "client_ref": uuid.uuid4(),
            "max_length": MAX_CONTENT_LENGTH,
            "effect_families": EFFECT_FAMILIES,
            "tapbacks": TAPBACKS,
            "replying_to": _replying_to(request, thread),
            "drafts": [ShownFile(file) for file in drafts_of(thread, request.user)],
            "draft": "",
            "error": "",
        }
    )


def standing(request: AgentRequest, thread: Thread) -> dict[str, Any]:
    """What the header and the composer say about the thread now; refreshed with every change."""
    outlook = outlook_of(thread)
    return foot_of(thread) | {
        "group": group_panel(thread),
        "outlook": outlook,
        "abilities": abilities(thread, outlook.forecast.service),
        "notice": notice_of(thread),
        "line_state": line_state(thread.line),
    }


def foot_of(thread: Thread) -> dict[str, Any]:
    """What stands below the newest bubble: who types, and what was asked for when it was read."""
    return {
        "thread": thread,
        "takes_typing": takes_typing(thread),
        "receipt": receipt_of(thread),
    }


def page_of(request: AgentRequest, thread: Thread) -> dict[str, Any]:
    """A page of bubbles: the newest, those `before` a place, `after` one or around a message."""
    found = _named(request, thread, "at")
    if found:
        return _around(request, thread, found)
    before = Place.parse(request.GET.get("before", ""))
    after = None if before else Place.parse(request.GET.get("after", ""))
    limit = MESSAGES_A_PAGE + 1
    rows = message_page(thread, before=before, after=after, limit=limit)
    older = newer = None
    if len(rows) == limit:
        rows = rows[:-1] if after else rows[1:]
        older, newer = (None, place_of(rows[-1])) if after else (place_of(rows[0]), None)
    if before and rows:
        newer = place_of(rows[-1])
    if after and rows:
        older = place_of(rows[0])
    return {"bubbles": as_bubbles(request, thread, rows), "older": older, "newer": newer}


def _around(request: AgentRequest, thread: Thread, message: Message) -> dict[str, Any]:
    half, place = MESSAGES_A_PAGE // 2, place_of(message)
    earlier = message_page(thread, before=place, limit=half + 1)
    later = message_page(thread, after=place, limit=half + 1)
    rows = [*earlier[-half:], message, *later[:half]]
    return {
        "bubbles": as_bubbles(request, thread, rows),
        "older": place_of(rows[0]) if len(earlier) > half else None,
        "newer": place_of(rows[-1]) if len(later) > half else None,
    }


def page_again(request: AgentRequest, thread: Thread) -> dict[str, Any]:
    """The bubbles of a screen that must take them all anew: from the `first` that it shows on,
    so that whoever reads further up stays there; the newest page where those are too many."""
    first = Place.parse(request.GET.get("first", ""))
    if first is None:
        return page_of(request, thread)
    before = Place(first.at, first.pk - 1, first.text)
    rows = message_page(thread, after=before, limit=MOST_AGAIN + 1)
    if not 0 < len(rows) <= MOST_AGAIN:
        return page_of(request, thread)
    has_older = message_page(thread, before=place_of(rows[0]), limit=1)
    older = place_of(rows[0]) if has_older else None
    return {"bubbles": as_bubbles(request, thread, rows), "older": older, "newer": None}


def as_bubbles(request: AgentRequest, thread: Thread, rows: list[Message]) -> list[Bubble]:
    """The messages as they stand in this thread for this agent."""
    people = people_in(thread) if thread.is_group else {}
    for message in rows:
        message.thread = thread
    extras = extras_of(thread, rows)
    return bubbles(rows, people=people, viewer=request.user, extras=extras)


def _replying_to(request: AgentRequest, thread: Thread) -> Quote | None:
    """The message that the address asks to answer, where that can be done."""
    message = _named(request, thread, "reply_to")
    if message is None or lack_of(message):
        return None
    people = people_in(thread) if thread.is_group else {}
    return quote(message, people | known_person(thread), request.user.pk)


def _named(request: AgentRequest, thread: Thread, name: str) -> Message | None:
    """The bubble of the thread that the address names by its key."""
    text = request.GET.get(name, "")
    if not (text.isascii() and text.isdigit() and len(text) < 19):
        return None
    message = shown(thread.messages.filter(pk=int(text))).first()
    if message:
        message.thread = thread
    return message
