"""What every group of operations stands on."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ..transport import Transport


class Operations:
    """Holds the transport that the operations call through."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport


def given(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Only what was given: None and "" are left out, so that Sendblue's defaults apply."""
    return {name: value for name, value in fields.items() if value is not None and value != ""}


def query(fields: Mapping[str, Any]) -> dict[str, str]:
    """Given fields as Sendblue reads them from a query: ISO 8601 in UTC, true and false."""
    return {name: _in_query(value) for name, value in given(fields).items()}


def _in_query(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        written = value.astimezone(UTC).isoformat(timespec="milliseconds")
        return written.removesuffix("+00:00") + "Z"
    return str(value)
