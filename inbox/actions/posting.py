"""The one POST of a claimed row: which request each kind of row is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings
from django.db import connection
from django.urls import reverse

from inbox.models import Kind, Message
from sendblue_inbox.crashpoints import reached
from sendblue_inbox.sendblue.payloads import MessagePayload, MessageRef

from . import group_posting
from .facetime import start_call
from .locating import request_location

if TYPE_CHECKING:
    from collections.abc import Callable

    from sendblue_inbox.sendblue.client import Client


def post(message: Message, client: Client) -> MessagePayload | None:
    """Hand the row to Sendblue, once. None: the answer says no more than that it was taken.

    Raises the errors of sendblue_inbox.sendblue.errors.
    """
    request = POSTS[Kind(message.kind)]
    # Fetched before the connection goes: a POST may last 48 s, and it is worth more than that.
    line, thread = message.thread.line, message.thread
    assert line.number and thread.pk
    assert not thread.awaits_group_id or thread.members
    connection.close()
    reached("posting.before")
    answer = request(message, client)
    reached("posting.after")
    return answer


def send_message(message: Message, client: Client) -> MessagePayload:
    """Words or one file, to a person or to a group."""
    thread = message.thread
    if thread.is_group:
        begins = thread.awaits_group_id
        return client.send_group_message(
            group_id="" if begins else thread.group_id,
            numbers=[person.number for person in thread.people] if begins else (),
            from_number=thread.line.number,
            content=message.content,
            media_url=message.media_url,
            send_style=message.send_style,
            reply_to=reply_to(message),
            status_callback=callback_url(message),
        )
    return client.send_message(
        number=message.number,
        from_number=thread.line.number,
        content=message.content,
        media_url=message.media_url,
        send_style=message.send_style,
        reply_to=reply_to(message),
        status_callback=callback_url(message),
        pre_reply_override=message.pre_reply_override,
    )


def send_carousel(message: Message, client: Client) -> MessagePayload:
    """Several pictures in one, for one person (contract 2.1); a group is refused beforehand."""
    return client.send_carousel(
        number=message.number,
        from_number=message.thread.line.number,
        media_urls=message.details["media_urls"],
        send_style=message.send_style,
        reply_to=reply_to(message),
        status_callback=callback_url(message),
    )


def send_reaction(message: Message, client: Client) -> None:
    """A tapback on a message that Sendblue knows. No callback ever follows (contract 2.3)."""
    client.send_reaction(
        from_number=message.thread.line.number,
        message_handle=message.reply_to_handle,
        reaction=message.reaction,
        part_index=message.part_index,
    )


def reply_to(message: Message) -> MessageRef | None:
    """What the message answers, in the words of a request."""
    handle = message.reply_to_handle
    return MessageRef(handle, message.part_index) if handle else None


def callback_url(message: Message) -> str:
    """Where Sendblue reports on this very row; its token is our only correlation key."""
    return settings.SITE_URL + reverse("hooks:status", args=[message.callback_token])


POSTS: dict[Kind, Callable[[Message, Client], MessagePayload | None]] = {
    Kind.MESSAGE: send_message,
    Kind.CAROUSEL: send_carousel,
    Kind.GROUP_NAME: group_posting.rename,
    Kind.GROUP_PHOTO: group_posting.photograph,
    Kind.GROUP_ADD: group_posting.add,
    Kind.GROUP_REMOVE: group_posting.remove,
    Kind.REACTION: send_reaction,
    Kind.LOCATION_REQUEST: request_location,
    Kind.FACETIME_CALL: start_call,
}
