"""What is written on a claimed row when its POST brought no handle.

Each function changes the row only while it is still `sending`: a callback may have told the truth
in the meantime, and the truth stays.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.db.models.functions import Now

from contacts.models import ConsentChange
from inbox.models import Kind, Line, Message, SendState, SyncState
from sendblue_inbox.clock import database_now, now
from sendblue_inbox.crashpoints import reached
from sendblue_inbox.ring import ring
from sendblue_inbox.rows import backoff
from sendblue_inbox.sendblue.errors import RateLimited

from .consent import note_consent
from .membership import can_be_looked_for, confirm
from .noting import Source, note, note_error
from .opening import is_capped, room_told
from .slices import wake
from .touching import lock_thread, touch_thread

if TYPE_CHECKING:
    from sendblue_inbox.sendblue.errors import NotSent, SendblueError

UNREACHABLE_FOR = timedelta(hours=1)
SLOWED_FOR = timedelta(hours=24)
MOST_TAPBACK_ATTEMPTS = 3
FIRST_LOOK = timedelta(seconds=3)
OPTED_OUT = "OPTED_OUT"
Consent = ConsentChange.Source


def put_back(message: Message, error: NotSent | RateLimited) -> None:
    """Queue the message again: it has surely not been sent. Gives up after an hour, or a day."""
    slowed = isinstance(error, RateLimited)
    if isinstance(error, RateLimited) and is_capped(error):
        _wait_for_window(message, error)
        return
    if now() - message.created_at > (SLOWED_FOR if slowed else UNREACHABLE_FOR):
        why = "asked us to wait for a day" if slowed else "could not be reached for an hour"
        _settle(
            message,
            "given_up",
            error,
            send_state=SendState.REJECTED,
            error_code=error.error_code,
            error_message=f"Sendblue {why}. Nothing was sent.",
        )
        return
    wait = backoff(message.attempts, first=5 if slowed else 2, most=300)
    if error.retry_after:
        wait = max(wait, timedelta(seconds=min(error.retry_after, 3600)))
    _settle(
        message,
        "slowed" if slowed else "not_sent",
        error,
        send_state=SendState.QUEUED,
        attempted_at=None,
        send_after=Now() + wait,
    )
    if slowed:
        # The whole line has to slow down, not only this message.
        Line.objects.filter(pk=message.line_id).update(busy_until=Now() + wait)


def _wait_for_window(message: Message, error: RateLimited) -> None:
    """Queue a message to somebody new until the time that Sendblue names, or its caps suggest.

    The rest of the line goes on: only new people are capped.
    """
    until = room_told(error, at=database_now())
    Line.objects.filter(pk=message.line_id).update(new_contacts_after=until)
    _settle(
        message,
        "capped",
        error,
        send_state=SendState.QUEUED,
        attempted_at=None,
        opens_contact=True,
        send_after=until,
    )
    wake(SyncState.Kind.LINES)
    ring("syncing")


def accept(message: Message, answer: Any = None) -> None:
    """Note that Sendblue took what has no handle and of which nothing more will be heard."""
    note(message, "accepted", Source.ANSWER, body=answer)
    _settle(message, send_state=SendState.ACCEPTED, error_code="", error_message="")


def reject(message: Message, error: SendblueError) -> None:
    """Note a refusal: surely not sent, and the same request would be refused again."""
    # Live refusals name the rule in words only (contract 1.4).
    is_opt_out = OPTED_OUT in {error.error_key, error.message.strip().upper()}
    code = error.error_key or error.error_code or str(error.status or "")
    _settle(
        message,
        "refused",
        error,
        send_state=SendState.REJECTED,
        error_code=OPTED_OUT if is_opt_out else code,
        error_message=error.message or "Sendblue refused the message.",
    )
    contact = message.thread.contact
    if contact and is_opt_out:
        with transaction.atomic():
            note_consent(contact, opted_out=True, as_of=now(), source=Consent.REFUSAL)


def put_in_doubt(message: Message, error: SendblueError | None) -> None:
    """Note that nobody knows whether the row was taken, and let the resolver look for a message.

    A tapback is queued again a few times: the identical one changes nothing on the phone.
    """
    if message.kind == Kind.REACTION and message.attempts < MOST_TAPBACK_ATTEMPTS:
        wait = backoff(message.attempts, first=2, most=30)
        _settle(message, "repeated", error, send_state=SendState.QUEUED, send_after=Now() + wait)
        return
    _settle(
        message,
        "lost",
        error,
        send_state=SendState.UNKNOWN,
        error_code=(error.error_key or error.error_code) if error else "",
        error_message=error.message if error else "",
        resolve_after=now() + FIRST_LOOK if can_be_looked_for(message) else None,
    )
    ring("resolving")


def _settle(
    message: Message, fact: str = "", error: SendblueError | None = None, **columns: object
) -> None:
    with transaction.atomic():
        thread = lock_thread(message.thread_id)
        # Also where a callback was faster: it happened all the same.
        if error:
            note_error(message, fact, error)
        elif fact:
            note(message, fact)
        settled = Message.objects.filter(pk=message.pk, send_state=SendState.SENDING).update(
            lease_until=None, revision=thread.revision + 1, **columns
        )
        if settled:
            message.refresh_from_db()
            if message.send_state == SendState.ACCEPTED:
                confirm(thread, message)
            touch_thread(thread, message)
        reached("settling.before")
    reached("settling.after")
