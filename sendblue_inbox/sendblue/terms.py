"""Sendblue's own words and limits (Sendblue API contract, sections 1.7 and 4)."""

from __future__ import annotations

from enum import StrEnum


class Status(StrEnum):
    """What Sendblue reports about a message. Upper case on the wire; an open set."""

    QUEUED = "QUEUED"  # the first answer to an accepted send
    REGISTERED = "REGISTERED"
    PENDING = "PENDING"
    ACCEPTED = "ACCEPTED"
    SENT = "SENT"  # the last word on SMS
    DELIVERED = "DELIVERED"  # iMessage; believed for RCS
    READ = "READ"  # listed, never observed
    DECLINED = "DECLINED"  # final failure
    ERROR = "ERROR"  # final failure
    RECEIVED = "RECEIVED"  # inbound only
    SUCCESS = "SUCCESS"  # a list filter, never observed; neutral


class Service(StrEnum):
    """How a message travels."""

    IMESSAGE = "iMessage"
    SMS = "SMS"
    RCS = "RCS"


class SendStyle(StrEnum):
    """Expressive effects: iMessage only, silently ignored elsewhere."""

    CELEBRATION = "celebration"
    SHOOTING_STAR = "shooting_star"
    FIREWORKS = "fireworks"
    LASERS = "lasers"
    LOVE = "love"
    CONFETTI = "confetti"
    BALLOONS = "balloons"
    SPOTLIGHT = "spotlight"
    ECHO = "echo"
    INVISIBLE = "invisible"
    GENTLE = "gentle"
    LOUD = "loud"
    SLAM = "slam"


class Reaction(StrEnum):
    """Tapbacks that can be sent; they can be added, not removed."""

    LOVE = "love"
    LIKE = "like"
    DISLIKE = "dislike"
    LAUGH = "laugh"
    EMPHASIZE = "emphasize"
    QUESTION = "question"


class WebhookKind(StrEnum):
    """Subscription kinds. Servers of different age know six, seven, nine or all ten of them."""

    RECEIVE = "receive"
    OUTBOUND = "outbound"
    TYPING_INDICATOR = "typing_indicator"
    CALL_LOG = "call_log"
    CALL_COMPLETED = "call_completed"
    INBOUND_CALL = "inbound_call"
    LINE_BLOCKED = "line_blocked"
    LINE_ASSIGNED = "line_assigned"
    CONTACT_CREATED = "contact_created"  # its entries are plain strings
    CONTACT_PROFILE = "contact_profile"


STATUS_RANK: dict[str, int] = {
    Status.QUEUED: 1,
    Status.REGISTERED: 2,
    Status.PENDING: 3,
    Status.ACCEPTED: 4,
    Status.SENT: 5,
    Status.DELIVERED: 6,
    Status.READ: 7,
    Status.SUCCESS: 0,
}
"""A status only moves to a higher rank; an unknown word counts as 0."""

FINAL_FAILURES = frozenset({Status.ERROR, Status.DECLINED})

SEND_STYLES = tuple(SendStyle)
REACTIONS = tuple(Reaction)
WEBHOOK_KINDS = tuple(WebhookKind)
SERVICES = tuple(Service)

OPT_OUT_WORDS = frozenset({"stop", "unsubscribe", "cancel", "opt out", "revoke", "end", "quit"})
OPT_IN_WORDS = frozenset({"start"})

MAX_CONTENT_LENGTH = 18_995
"""Characters; the contract says fewer than 18,996."""

MEGABYTE = 1_000_000
MAX_UPLOAD_BYTES = 100 * MEGABYTE  # upload-file, and media on iMessage
MAX_SMS_MEDIA_BYTES = 5 * MEGABYTE  # larger is shrunk on the way
MAX_GROUP_PHOTO_BYTES = 5 * MEGABYTE
MAX_GROUP_SIZE = 25
CAROUSEL_PICTURES = range(2, 21)
MAX_CONTACTS_PAGE = 1_000
MESSAGES_PAGE = 100  # one page of the vendor says 1,000; all agree on 100
MAX_OFFSET = 10_000
INBOUND_MEDIA_DAYS = 30

_SERVICE_BY_LOWER_CASE = {service.lower(): service.value for service in Service}


def normalize_status(text: str) -> str:
    """Upper-case a status and call the old word FAILED by its present name, ERROR."""
    status = text.strip().upper()
    return Status.ERROR.value if status == "FAILED" else status


def normalize_service(text: str) -> str:
    """Sendblue's spelling of a known service; an unknown one is kept as it came."""
    return _SERVICE_BY_LOWER_CASE.get(text.strip().lower(), text.strip())
