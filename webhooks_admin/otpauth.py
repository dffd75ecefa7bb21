"""Secrets for one-time codes as people bring them: `otpauth://` addresses and Base32; no I/O.

The address is that of the Key URI Format (Google Authenticator's wiki), the secret RFC 4648's.
"""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass, field
from urllib.parse import parse_qs, unquote, urlsplit

ALGORITHMS = ("SHA1", "SHA256", "SHA512")
DIGITS = (6, 8)
LONGEST_PERIOD = 3600  # seconds
LONGEST_NAME = 200
LONGEST_SECRET = 512


class Unreadable(ValueError):
    """What is wrong with what was brought, in a sentence that holds nothing of it."""


@dataclass(frozen=True, slots=True)
class NewSecret:
    """A secret to be kept at Sendblue. Without `secret` (Base32) Sendblue makes one."""

    label: str
    issuer: str = ""
    secret: str = field(default="", repr=False)
    algorithm: str = "SHA1"
    digits: int = 6
    period: int = 30


def read_address(address: str) -> NewSecret:
    """The parts of an `otpauth://totp/…` address. Raises Unreadable."""
    try:
        parts = urlsplit(address.strip())
        query = {name.lower(): values[0] for name, values in parse_qs(parts.query).items()}
    except ValueError:
        raise Unreadable("This is not an address.") from None
    if parts.scheme == "otpauth-migration":
        raise Unreadable(
            "This is an export of many secrets. Use the QR code or address of a single one."
        )
    if parts.scheme != "otpauth":
        raise Unreadable("This is not for one-time codes: the address begins with otpauth://.")
    if parts.netloc.lower() != "totp":
        raise Unreadable("Only codes that go by the time (TOTP) can be kept at Sendblue.")
    if not query.get("secret"):
        raise Unreadable("The address holds no secret.")
    prefix, _, label = unquote(parts.path.lstrip("/")).rpartition(":")
    issuer = query.get("issuer") or prefix
    return NewSecret(
        label=label.strip()[:LONGEST_NAME] or issuer.strip()[:LONGEST_NAME],
        issuer=issuer.strip()[:LONGEST_NAME],
        secret=read_secret(query["secret"]),
        algorithm=_algorithm(query.get("algorithm", "")),
        digits=_number(query.get("digits", "6"), "digits"),
        period=_number(query.get("period", "30"), "seconds"),
    )


def read_secret(written: str) -> str:
    """Base32 without the blanks, dashes and padding that people copy. Raises Unreadable."""
    secret = "".join(written.split()).replace("-", "").rstrip("=").upper()
    try:
        base64.b32decode(secret + "=" * (-len(secret) % 8))
    except (binascii.Error, ValueError):
        raise Unreadable(
            "The secret is not Base32: it has letters and the digits 2 to 7 only."
        ) from None
    if not 8 <= len(secret) <= LONGEST_SECRET:
        raise Unreadable("The secret is too short or too long.")
    return secret


def _algorithm(written: str) -> str:
    name = written.upper().replace("-", "") or "SHA1"
    if name not in ALGORITHMS:
        raise Unreadable(f"The algorithm must be one of {', '.join(ALGORITHMS)}.")
    return name


def _number(written: str, what: str) -> int:
    if not (written.isascii() and written.isdecimal() and len(written) <= 4):
        raise Unreadable(f"The number of {what} is not a number.")
    number = int(written)
    if what == "digits" and number not in DIGITS:
        raise Unreadable("Codes have 6 or 8 digits at Sendblue.")
    if what == "seconds" and not 1 <= number <= LONGEST_PERIOD:
        raise Unreadable("The number of seconds is not possible.")
    return number
