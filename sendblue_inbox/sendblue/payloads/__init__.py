"""Frozen dataclasses for what Sendblue says, and the tolerant readers that fill them."""

from __future__ import annotations

from .acknowledgements import Acknowledgement
from .lines import (
    AccountUsage,
    CallForwarding,
    ContactStatus,
    LineState,
    LineStates,
    LineUsage,
    UsageWindow,
)
from .messages import Location, MessagePage, MessagePayload, MessageRef, TypingPayload
from .reading import storable
from .webhooks import WebhookEntry, Webhooks

__all__ = [
    "AccountUsage",
    "Acknowledgement",
    "CallForwarding",
    "ContactStatus",
    "LineState",
    "LineStates",
    "LineUsage",
    "Location",
    "MessagePage",
    "MessagePayload",
    "MessageRef",
    "TypingPayload",
    "UsageWindow",
    "WebhookEntry",
    "Webhooks",
    "storable",
]
