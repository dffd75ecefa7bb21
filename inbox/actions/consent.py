"""What people agreed to, and that nothing ever leaves to a number that opted out.

The check stands at the queue and again at the claim, so a STOP that comes between holds back what
was already waiting (contract 4.14).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import Exists, OuterRef, Q

from contacts.actions.consenting import record_consent
from contacts.models import Contact
from inbox.models import Kind, Message, Participant, SendState, Thread
from sendblue_inbox import live
from sendblue_inbox.ring import ring

from .noting import note
from .touching import lock_thread, touch_thread

if TYPE_CHECKING:
    from datetime import datetime

HELD_BACK = "OPTED_OUT_BEFORE"


def who_opted_out(thread: Thread) -> Contact | None:
    """The person who lets nothing be sent to the thread, as the database knows it now."""
    stopped = Contact.objects.filter(opted_out=True)
    if thread.contact_id:
        return stopped.filter(pk=thread.contact_id).first()
    return stopped.filter(participant__thread=thread, participant__left_at__isnull=True).first()


def note_consent(
    contact: Contact, *, opted_out: bool, as_of: datetime, source: str, message_handle: str = ""
) -> None:
    """Put a word about consent into the ledger; where it changes something, say so everywhere.

    Must be called inside a transaction.
    """
    changed = record_consent(
        contact, opted_out=opted_out, as_of=as_of, source=source, message_handle=message_handle
    )
    if not changed:
        return
    theirs = Q(contact=contact) | Exists(
        Participant.objects.filter(thread=OuterRef("pk"), contact=contact)
    )
    threads = Thread.objects.filter(theirs).values_list("pk", flat=True)
    live.notify(*(f"thread-{pk}" for pk in threads))
    if opted_out:
        ring("sending")


def hold_back_opted_out() -> None:
    """Refuse what waits for people who have opted out since it was written."""
    gone = Participant.objects.filter(
        thread=OuterRef("thread"), left_at__isnull=True, contact__opted_out=True
    )
    # Whoever opted out may still be taken out of a group.
    waiting = Message.objects.filter(send_state=SendState.QUEUED).exclude(kind=Kind.GROUP_REMOVE)
    stopped = Q(thread__contact__opted_out=True) | Q(Exists(gone), thread__contact__isnull=True)
    for message in waiting.filter(stopped).order_by("pk"):
        with transaction.atomic():
            hold_back(message, lock_thread(message.thread_id))


def hold_back(message: Message, thread: Thread) -> None:
    """Refuse a waiting message because its person opted out. The thread must be locked."""
    held = Message.objects.filter(pk=message.pk, send_state=SendState.QUEUED).update(
        send_state=SendState.REJECTED, error_code=HELD_BACK, revision=thread.revision + 1
    )
    if held:
        message.refresh_from_db()
        note(message, "held_back", words="They opted out before this could go")
        touch_thread(thread, message)
