"""Frozen dataclasses for what Sendblue says, and the tolerant readers that fill them."""

from __future__ import annotations

from .access import Token, TotpCode, TotpSecret, Verification, VerifiedContact
from .account import (
    Account,
    ChildAccount,
    ContactSharing,
    FaceTimeCall,
    ProvisionPreview,
    Seat,
    SharedContact,
    SharedContacts,
)
from .acknowledgements import Acknowledgement
from .contacts import ContactPayload, ContactRow, OptOutState
from .events import StreamEvent
from .groups import GroupChange, GroupParticipant, GroupPayload
from .lines import (
    AccountUsage,
    CallForwarding,
    ContactStatus,
    LineState,
    LineStates,
    LineUsage,
    UsageWindow,
)
from .media import EvaluatedService, UploadedMedia
from .messages import Location, MessagePage, MessagePayload, MessageRef, TypingPayload
from .places import LocationEvent, LocationState
from .reading import storable
from .webhooks import WebhookEntry, Webhooks

__all__ = [
    "Account",
    "AccountUsage",
    "Acknowledgement",
    "CallForwarding",
    "ChildAccount",
    "ContactPayload",
    "ContactRow",
    "ContactSharing",
    "ContactStatus",
    "EvaluatedService",
    "FaceTimeCall",
    "GroupChange",
    "GroupParticipant",
    "GroupPayload",
    "LineState",
    "LineStates",
    "LineUsage",
    "Location",
    "LocationEvent",
    "LocationState",
    "MessagePage",
    "MessagePayload",
    "MessageRef",
    "OptOutState",
    "ProvisionPreview",
    "Seat",
    "SharedContact",
    "SharedContacts",
    "StreamEvent",
    "Token",
    "TotpCode",
    "TotpSecret",
    "TypingPayload",
    "UploadedMedia",
    "UsageWindow",
    "Verification",
    "VerifiedContact",
    "WebhookEntry",
    "Webhooks",
    "storable",
]
