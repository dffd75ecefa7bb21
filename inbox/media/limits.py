"""What may be sent as a file (contract 1.7), in sentences for agents."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sendblue_inbox.sendblue.terms import (
    CAROUSEL_PICTURES,
    MAX_SMS_MEDIA_BYTES,
    MAX_UPLOAD_BYTES,
    Service,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

_KB, _MB = 1000, 1_000_000


def in_words(size: int) -> str:
    """A number of bytes as people say it: 12 kB, 3.4 MB."""
    if size < _KB:
        return f"{size} bytes"
    if size < _MB:
        return f"{size / _KB:.0f} kB"
    return f"{size / _MB:.1f} MB".replace(".0 MB", " MB")


def refusal_of_file(size: int) -> str:
    """Why a file cannot be sent at all; empty where it can."""
    if not size:
        return "The file is empty."
    if size > MAX_UPLOAD_BYTES:
        return (
            f"The file has {in_words(size)}; Sendblue takes at most {in_words(MAX_UPLOAD_BYTES)}."
        )
    return ""


def warning_of_file(size: int, service: str) -> str:
    """What is likely to be lost where the message goes by that service; empty for nothing."""
    if service == Service.SMS and size > MAX_SMS_MEDIA_BYTES:
        return f"SMS takes {in_words(MAX_SMS_MEDIA_BYTES)}: it will be shrunk or lost"
    return ""


def refusal_of_carousel(content_types: Sequence[str]) -> str:
    """Why these files cannot be one carousel; empty where they can."""
    if len(content_types) not in CAROUSEL_PICTURES:
        return f"A carousel has {CAROUSEL_PICTURES[0]} to {CAROUSEL_PICTURES[-1]} pictures."
    if not all(kind.startswith("image/") for kind in content_types):
        return "A carousel takes pictures only."
    return ""
