"""The requests that change a group. Sendblue answers once a phone has confirmed (contract 2.2)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.core.files.storage import default_storage

if TYPE_CHECKING:
    from inbox.models import Message
    from sendblue_inbox.sendblue.client import Client


def rename(message: Message, client: Client) -> None:
    """Give the group a name, or take it away."""
    client.rename_group(
        group_id=message.thread.group_id,
        group_name=message.details["name"] or None,
        from_number=_line(message),
    )


def photograph(message: Message, client: Client) -> None:
    """Give the group the picture that was kept for it, or take it away."""
    group_id, kept = message.thread.group_id, message.details["photo"]
    if not kept:
        client.set_group_photo(group_id=group_id, photo_url=None, from_number=_line(message))
        return
    with default_storage.open(kept) as file:
        client.upload_group_photo(
            group_id=group_id,
            fileobj=file,
            filename=kept.rpartition("/")[2],
            content_type=message.details["content_type"],
        )


def add(message: Message, client: Client) -> None:
    """One person more."""
    _modify(message, client, "add_recipient")


def remove(message: Message, client: Client) -> None:
    """One person less."""
    _modify(message, client, "remove_recipient")


def _modify(message: Message, client: Client, modify_type: str) -> None:
    client.modify_group(
        group_id=message.thread.group_id,
        modify_type=modify_type,
        number=message.details["number"],
        from_number=_line(message),
    )


def _line(message: Message) -> str:
    """The line to act as: the thread's, or the one that an agent chose after a refusal."""
    return message.details.get("from_number") or message.thread.line.number
