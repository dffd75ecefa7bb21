"""Who did something in a thread, as the agent who looks at it calls them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sendblue_inbox.phone import national

if TYPE_CHECKING:
    from collections.abc import Mapping

    from contacts.models import Contact
    from inbox.models import Message, Thread


def known_person(thread: Thread) -> dict[str, Contact]:
    """The person of a conversation with one person, by number."""
    return {thread.contact.number: thread.contact} if thread.contact else {}


def name_of(message: Message, people: Mapping[str, Contact], viewer_pk: int) -> str:
    """“you”, a colleague, the line where nobody here sent it, or the person."""
    if message.is_outbound:
        if message.author_id == viewer_pk:
            return "you"
        return str(message.author) if message.author_id else "your line"
    contact = people.get(message.number)
    return str(contact) if contact else national(message.number) or "somebody"
