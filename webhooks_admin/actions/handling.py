"""What each kind of delivery means. A kind without a handler is kept and shown, nothing more."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from inbox.actions.calling import record_call
from inbox.actions.noticing import note_typing
from inbox.actions.noting import Source
from inbox.actions.recording import Unreadable, record_answer, record_message
from inbox.models import Line, Message, SyncState
from sendblue_inbox import live
from sendblue_inbox.clock import now
from sendblue_inbox.ring import ring
from sendblue_inbox.sendblue.payloads import MessagePayload, TypingPayload
from sendblue_inbox.sendblue.payloads.calls import INBOUND, CallPayload
from webhooks_admin.models import WebhookEvent

if TYPE_CHECKING:
    from collections.abc import Callable

Verdict = WebhookEvent.Verdict
# What is asked for where a delivery only says that there is news.
HINTED = {"contact_created": SyncState.Kind.CONTACTS, "line_assigned": SyncState.Kind.LINES}


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a delivery changed, and the row of the timeline that it is about."""

    verdict: str
    message_id: int | None = None

    @classmethod
    def of(cls, message: Message) -> Outcome:
        """What recording a report of this message did."""
        return cls(message.last_report, message.pk)


def message_event(event: WebhookEvent, body: dict[str, Any]) -> Outcome:
    """A person wrote, or one of the account's messages went a step further."""
    payload = _payload(body)
    seen_at = event.received_at
    return Outcome.of(record_message(payload, seen_at=seen_at, source=Source.WEBHOOK))


def status_event(event: WebhookEvent, body: dict[str, Any]) -> Outcome:
    """The status callback of one message, which its token names."""
    message = Message.objects.filter(callback_token=event.token).first()
    if message is None:
        raise Unreadable("The message of this callback is no longer here.")
    payload = _payload(body)
    other = message.message_handle and payload.message_handle not in {"", message.message_handle}
    if other:
        # Sendblue made two messages of one: the person has both, so both are shown.
        found = record_message(payload, seen_at=event.received_at, source=Source.CALLBACK)
    else:
        found = record_answer(message, payload, source=Source.CALLBACK, seen_at=event.received_at)
    return Outcome.of(found)


def typing_event(event: WebhookEvent, body: dict[str, Any]) -> Outcome:
    """A person starts to type, or stops."""
    payload = TypingPayload.parse(body, lines=_our_numbers())
    is_news = note_typing(payload, seen_at=event.received_at)
    return Outcome(Verdict.CHANGED if is_news else Verdict.SAME)


def call_event(event: WebhookEvent, body: dict[str, Any]) -> Outcome:
    """A telephone call rings, went some way, or is over with its transcript."""
    direction = INBOUND if event.kind == "inbound_call" else ""
    payload = CallPayload.parse(body, lines=_our_numbers(), direction=direction)
    return Outcome.of(record_call(payload, kind=event.kind, seen_at=event.received_at))


def line_blocked(event: WebhookEvent, body: dict[str, Any]) -> Outcome:
    """A line can no longer send. The payload is unpublished; either name of the number will do."""
    numbers = [body.get("sendblue_number"), body.get("number"), body.get("from_number")]
    named = [number for number in numbers if isinstance(number, str)]
    blocked = Line.objects.filter(number__in=named, blocked_at__isnull=True)
    is_news = blocked.update(blocked_at=event.received_at)
    if is_news:
        live.notify("threads", "account")
    looked_up = pull_now(SyncState.Kind.LINES)
    return Outcome(Verdict.CHANGED) if is_news else looked_up


def hint(event: WebhookEvent, body: dict[str, Any]) -> Outcome:
    """Something came or went; the payload is unpublished, the list is not."""
    return pull_now(HINTED[event.kind])


def pull_now(kind: SyncState.Kind) -> Outcome:
    """A webhook is only a hint: the truth is asked for."""
    SyncState.objects.filter(kind=kind).update(next_run_at=now())
    ring("syncing")
    return Outcome(Verdict.HINT)


HANDLERS: dict[str, Callable[[WebhookEvent, dict[str, Any]], Outcome]] = {
    "receive": message_event,
    "outbound": message_event,
    "status": status_event,
    "typing_indicator": typing_event,
    "inbound_call": call_event,
    "call_log": call_event,
    "call_completed": call_event,
    "line_blocked": line_blocked,
    **dict.fromkeys(HINTED, hint),
}


def _payload(body: dict[str, Any]) -> MessagePayload:
    return MessagePayload.parse(body, lines=_our_numbers())


def _our_numbers() -> list[str]:
    return list(Line.objects.values_list("number", flat=True))
