"""The short answers that only say that a request was taken."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self

from .reading import first, mapping, text


@dataclass(frozen=True, slots=True)
class Acknowledgement:
    """`{status, message}`, with the handle of the message it concerns where there is one."""

    status: str
    message: str = ""
    message_handle: str = ""

    @classmethod
    def parse(cls, obj: Any) -> Self:
        found = mapping(obj)
        return cls(
            status=text(found.get("status")).upper(),
            message=text(first(found, "message", "error_message")),
            message_handle=text(found.get("message_handle")),
        )
