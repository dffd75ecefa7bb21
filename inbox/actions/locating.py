"""Asking people where they are, and looking again where they share it."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from django.db import transaction
from django.db.models import Q

from inbox.models import Gesture, Kind, Message
from sendblue_inbox.clock import now
from sendblue_inbox.sendblue.errors import SendblueError
from sendblue_inbox.sendblue.payloads import MessagePayload

from .gesturing import want
from .queueing import Refused, insert_queued
from .touching import lock_thread, touch_thread

if TYPE_CHECKING:
    from inbox.models import Thread
    from sendblue_inbox.models import User
    from sendblue_inbox.sendblue.client import Client
    from sendblue_inbox.sendblue.payloads import LocationState

# Two agents, or one who clicks twice, ask a person once.
AGAIN_AFTER = timedelta(minutes=1)
LOOK_AGAIN_AFTER = timedelta(seconds=3)
LONGEST_ADDRESS = 200


def ask_location(thread: Thread, *, author: User) -> Message:
    """A queued request to share where they are. Raises Refused."""
    if thread.is_group:
        raise Refused("A place can be asked of one person, not of a group.")
    with transaction.atomic():
        thread = lock_thread(thread.pk)
        recent = thread.messages.filter(
            kind=Kind.LOCATION_REQUEST, created_at__gt=now() - AGAIN_AFTER
        ).exclude(send_state="rejected")
        if recent.exists():
            raise Refused("They were asked a moment ago. Give them a minute to answer.")
        return insert_queued(thread, author=author, client_ref=uuid4(), kind=Kind.LOCATION_REQUEST)


def request_location(message: Message, client: Client) -> MessagePayload | None:
    """The request of such a row; its handle is kept, should Sendblue tell of it again."""
    line = message.thread.line
    answer = client.request_location(number=message.number, from_number=line.number)
    if not answer.message_handle:
        return None
    return MessagePayload(
        message_handle=answer.message_handle,
        number=message.number,
        line_number=line.number,
        is_outbound=True,
        status=answer.status,
    )


def refresh_place(message: Message) -> None:
    """Look where they are now, for the row that asked them or shows where they were."""
    if message.kind == Kind.LOCATION_REQUEST or message.location:
        recent = Q(state=str(message.pk), wanted_at__gt=now() - LOOK_AGAIN_AFTER)
        want(message.thread, Gesture.Kind.PLACE, str(message.pk), unless=recent)


def look_up_place(gesture: Gesture, client: Client) -> bool:
    """The request of such a look; what it finds stands on the row, and why it found nothing."""
    thread = gesture.thread
    if not gesture.state.isdigit() or thread.contact is None:
        return False
    try:
        state = client.get_location(number=thread.contact.number, from_number=thread.line.number)
    except SendblueError as error:
        _put_place(gesture, {"state": "refused", "words": error.message[:LONGEST_ADDRESS]})
        raise
    _put_place(gesture, _in_fields(state))
    return True


def _in_fields(state: LocationState | None) -> dict[str, Any]:
    """What Sendblue says, as the row keeps it."""
    if state is None or state.location is None:
        return {"state": state.state if state else "not_shared"}
    place = state.location
    return {
        "state": state.state,
        "latitude": place.latitude,
        "longitude": place.longitude,
        "accuracy": place.accuracy,
        "address": place.address[:LONGEST_ADDRESS],
        "told_at": place.timestamp.isoformat() if place.timestamp else "",
    }


def _put_place(gesture: Gesture, place: dict[str, Any]) -> None:
    with transaction.atomic():
        thread = lock_thread(gesture.thread_id)
        message = thread.messages.filter(pk=int(gesture.state)).first()
        if message is None:
            return
        seen = {"seen_at": now().isoformat()}
        last = message.details.get("place", {})
        # What was seen before stays where this look found nothing.
        kept = last if "latitude" not in place else {}
        message.details = message.details | {"place": kept | place | seen}
        message.revision = thread.revision + 1
        message.save(update_fields=["details", "revision"])
        touch_thread(thread, message)
