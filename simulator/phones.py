"""Telephone numbers: their form, and the magic endings that decide what becomes of a message."""

from __future__ import annotations

import re
from dataclasses import dataclass

E164 = re.compile(r"\+[1-9]\d{6,14}")
EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
# Contract 1.5, code 4002: services that no message may reach.
BLACKLISTED = frozenset({"911", "+911", "+1911", "112", "+112", "999", "+999"})
_FICTIONAL = re.compile(r"\+1\d{3}55501(\d\d)")


@dataclass(frozen=True, slots=True)
class Fate:
    """What becomes of messages to a number: the last status, its error, and the service."""

    last_status: str = "DELIVERED"
    error_code: int | None = None
    error_message: str | None = None
    error_detail: str | None = None
    service: str = "iMessage"
    skips_sent: bool = False
    opted_out: bool = False


ORDINARY = Fate()

# The last two digits of a fictional number (+1 xxx 555 01xx) choose the fate.
FATES = {
    "90": Fate("ERROR", 10001, "Failed to send message"),
    "91": Fate("ERROR", 5509, "Rate limit window exceeded", "Too many messages to new contacts"),
    "92": Fate("DECLINED", 4000, "Message declined by the recipient's carrier"),
    "93": Fate("SENT"),
    "94": Fate("SENT", service="SMS"),
    "95": Fate(opted_out=True),
    "96": Fate("QUEUED"),
    "97": Fate("ERROR", 10002, "Message status could not be resolved"),
    "98": Fate(service="RCS"),
    "99": Fate(skips_sent=True),
}


def fate_of(number: str) -> Fate:
    """The fate that the ending of a fictional number asks for; everybody else is ordinary."""
    match = _FICTIONAL.fullmatch(number)
    return FATES.get(match[1], ORDINARY) if match else ORDINARY


def is_e164(number: str) -> bool:
    """Whether the text has the form +<country><number>, 7 to 15 digits."""
    return E164.fullmatch(number) is not None


def is_email(text: str) -> bool:
    """Whether the text could be an iMessage e-mail address."""
    return EMAIL.fullmatch(text) is not None
