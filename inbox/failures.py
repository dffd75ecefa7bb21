"""Why a message did not arrive, in words for agents (Sendblue API contract, section 1.5)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from inbox.models import Kind

if TYPE_CHECKING:
    from inbox.models import Message

REASONS = {
    "429": "Not sent. All lines have reached their limit of new people; try again later",
    "4001": "Not sent. Too many messages at once; try again in a few minutes",
    "4002": "Not sent. Sendblue does not deliver to this number",
    "5000": "Not sent. Sendblue had an internal error; try again",
    "5003": "Not sent. Sendblue was too busy; try again in a few minutes",
    "5503": "Not sent. The line was not available; try again in a few minutes",
    "5509": "Not sent. The line has reached its limit for now; try again later",
    "10001": "Not delivered. The phone could not send it; try again",
    "10002": "Sendblue could not find out whether it arrived. Check the phone",
    "SMS_LIMIT_REACHED": "Not sent. Today’s SMS allowance is used up; try again tomorrow",
    "PRE_REPLY_LIMIT_REACHED": "Not sent. The limit before their first reply is reached",
    "OPTED_OUT": "Not sent. They have opted out and must text START first",
    "OPTED_OUT_BEFORE": "Not sent. They opted out before this could go",
    "LINE_HOURLY_LIMIT_REACHED": "Not sent. The line’s limit for this hour is reached",
    "LINE_DAILY_LIMIT_REACHED": "Not sent. The line’s limit for today is reached",
}
# What did not happen where it is no message, and what a line must have for it.
NOT_DONE = {
    Kind.LOCATION_REQUEST: ("Not asked", "It needs a dedicated Mac line"),
    Kind.FACETIME_CALL: ("Not called", "It needs a line with FaceTime"),
}


def explain(message: Message) -> str:
    """What happened to a failed message; Sendblue's own words where we know no better."""
    known = REASONS.get(message.error_code)
    if known:
        return known
    fate = "Not sent" if message.send_state == "rejected" else "Not delivered"
    fate, needs = NOT_DONE.get(Kind(message.kind), (fate, ""))
    reason = message.error_message.strip().rstrip(".")
    code = f" (error {message.error_code})" if message.error_code else ""
    words = f"{fate}. Sendblue says: {reason}{code}" if reason else f"{fate}{code}"
    return f"{words}. {needs}" if needs else words
