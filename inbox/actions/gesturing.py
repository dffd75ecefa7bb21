"""Wanting what is worth doing at once or not at all: that they see us type, or that we read.

A gesture is one row a thread and kind, so the newest wish is the only one; `performing` makes the
request. Whoever wants something waits for nothing.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import Q

from inbox.models import Gesture
from sendblue_inbox.clock import now
from sendblue_inbox.ring import ring
from sendblue_inbox.sendblue.terms import Service

if TYPE_CHECKING:
    from inbox.models import Line, Thread

# Browsers say every five seconds that somebody still types.
TYPING_EVERY = timedelta(seconds=4)
HAS_RECEIPTS = frozenset({Service.IMESSAGE, Service.RCS})


def show_typing(thread: Thread, *, state: str) -> None:
    """Show the person that somebody here types (`start`), or no longer does (`stop`).

    Nothing happens where it could not be seen, or where it was said a moment ago.
    """
    if not takes_typing(thread):
        return
    started = Gesture.objects.filter(thread=thread, kind=Gesture.Kind.TYPING, state="start")
    if state == "stop" and not started.exists():
        return
    said = Q(state=state, wanted_at__gt=now() - TYPING_EVERY)
    want(thread, Gesture.Kind.TYPING, state, unless=said)


def takes_typing(thread: Thread) -> bool:
    """Whether there is a chat in which they could see it (contract 2.3)."""
    # The service is known from the first message that Sendblue tells of: so there is a chat.
    return _can_be_reached(thread) and thread.service == Service.IMESSAGE


def ask_receipt(thread: Thread, *, up_to: int) -> None:
    """Have the person told that we read, once for what they wrote up to that revision."""
    if up_to and takes_receipts(thread):
        want(thread, Gesture.Kind.READ, str(up_to), unless=Q(state=str(up_to)))


def takes_receipts(thread: Thread) -> bool:
    """Whether the line tells people that we read, and this person can be told."""
    is_wanted = thread.line.sends_read_receipts
    return is_wanted and thread.service in HAS_RECEIPTS and _can_be_reached(thread)


def receipt_of(thread: Thread) -> Gesture | None:
    """The read receipt that was requested for what the person wrote last, if one was."""
    if thread.last_is_outbound or not takes_receipts(thread):
        return None
    return Gesture.objects.filter(
        thread=thread,
        kind=Gesture.Kind.READ,
        state=str(thread.last_inbound_revision),
        requested_at__isnull=False,
    ).first()


def set_read_receipts(line: Line, *, are_sent: bool) -> None:
    """Tell people on this line that we read, or no longer; an earlier refusal no longer counts."""
    line.sends_read_receipts = are_sent
    line.read_receipts_refused = ""
    line.save(update_fields=["sends_read_receipts", "read_receipts_refused"])


def want(thread: Thread, kind: Gesture.Kind, state: str, *, unless: Q) -> None:
    """Let the newest wish of its kind be this one, and a worker hear of it; `unless` describes an
    earlier wish that is as good."""
    wish = {"state": state, "wanted_at": now(), "is_due": True, "requested_at": None, "error": ""}
    with transaction.atomic():
        gesture, is_new = Gesture.objects.get_or_create(thread=thread, kind=kind, defaults=wish)
        if is_new or Gesture.objects.filter(pk=gesture.pk).exclude(unless).update(**wish):
            ring("gestures")


def _can_be_reached(thread: Thread) -> bool:
    contact = thread.contact
    if thread.is_group or contact is None:
        return False
    return not contact.opted_out and not thread.line.trouble
