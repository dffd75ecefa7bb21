"""What is proved about a message of ours, in words."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from inbox.failures import explain
from inbox.models import SendState
from sendblue_inbox.clock import now

from .groups import begins_group, change_state

if TYPE_CHECKING:
    from inbox.models import Message

# A message that leaves sooner is not worth a time.
SOON = timedelta(seconds=20)


@dataclass(frozen=True, slots=True)
class State:
    """What is known about a message of ours, in words; `at` stands beside them.

    `is_settled`: nothing more is to be expected, so only the newest of a run needs to say it.
    """

    words: str
    at: datetime | None = None
    tone: str = ""
    is_settled: bool = False


def state_of(message: Message) -> State:
    """What is known about one of our messages, never more."""
    soon = now() + SOON
    words, tone = change_state(message)
    if words:
        return State(words, tone=tone, is_settled=message.stage == "accepted")
    match message.stage:
        case "waiting" if message.file_count and not message.media_url:
            return State("Uploading")
        case "waiting" if message.thread.line.is_away:
            return State("Waiting until the line is back")
        case "waiting" if message.send_after and message.send_after > soon:
            return State("Waiting, goes at", message.send_after)
        case "waiting" if message.thread.awaits_group_id and not begins_group(message):
            return State("Waiting until Sendblue has made the group")
        case "waiting":
            return State("Waiting for its turn")
        case "sending":
            return State("Sending")
        case "unknown" if message.resolve_after:
            return State("Checking whether it was sent", tone="warning")
        case "unknown" if message.trouble_settled_at:
            words = f"Nobody knows whether this was sent. {_settled(message)}"
            return State(words, is_settled=True)
        case "unknown":
            return State("Nobody knows whether this was sent. Check the phone", tone="warning")
        case "failed" if message.trouble_settled_at:
            fate = "Not sent" if message.send_state == SendState.REJECTED else "Not delivered"
            return State(f"{fate}. {_settled(message)}", is_settled=True)
        case "failed":
            return State(explain(message), tone="danger")
        case "delivered":
            return State("Delivered", message.delivered_at, is_settled=True)
        case "read":
            return State("Read", message.date_updated, is_settled=True)
        case "sent" if message.send_state == SendState.MARKED_SENT:
            return State("Marked as sent", message.trouble_settled_at, is_settled=True)
        case "sent" if message.service == "SMS":
            return State("Sent. SMS gives no proof of delivery", is_settled=True)
        case "sent":
            return State("Sent", message.date_updated)
        case _:
            # What has no handle was taken without a time of Sendblue's.
            at = message.date_sent if message.message_handle else None
            return State("Accepted by Sendblue", at)


def _settled(message: Message) -> str:
    return "Dismissed" if message.details.get("dismissed") else "It was sent again"
