"""What belongs to the rows of a page: files, tapbacks and quoted messages, each in one query."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from inbox.models import MediaFile, Message

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from inbox.models import Thread


@dataclass(frozen=True, slots=True)
class Extras:
    """The rows that stand on others: by the primary key of the message, or by its handle."""

    files: Mapping[int, list[MediaFile]] = field(default_factory=dict)
    reactions: Mapping[int, list[Message]] = field(default_factory=dict)
    quoted: Mapping[str, Message] = field(default_factory=dict)


NO_EXTRAS = Extras()


def extras_of(thread: Thread, rows: Sequence[Message]) -> Extras:
    """What is to be shown with these rows of the thread; three queries at most."""
    keys = [row.pk for row in rows]
    files: dict[int, list[MediaFile]] = defaultdict(list)
    with_files = [row.pk for row in rows if row.file_count]
    if with_files:
        for file in MediaFile.objects.filter(message__in=with_files).order_by("position", "pk"):
            files[file.message_id].append(file)  # type: ignore[index]
    reactions: dict[int, list[Message]] = defaultdict(list)
    on_them = Message.objects.filter(reacts_to__in=keys).select_related("author")
    for reaction in on_them.order_by("date_sent", "message_handle", "pk"):
        reaction.thread = thread
        reactions[reaction.reacts_to_id].append(reaction)  # type: ignore[index]
    handles = {row.reply_to_handle for row in rows} - {""}
    quoted = thread.messages.filter(message_handle__in=handles).select_related("author")
    found = {message.message_handle: message for message in quoted} if handles else {}
    return Extras(files=files, reactions=reactions, quoted=found)
