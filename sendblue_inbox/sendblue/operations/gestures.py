"""Tapbacks, read receipts and typing (Sendblue API contract, section 2.3).

None of them is ever confirmed by a callback: nothing may wait for one.
"""

from __future__ import annotations

from ..payloads.acknowledgements import Acknowledgement
from .base import Operations, given


class GestureOperations(Operations):
    """iMessage only, apart from read receipts, which RCS has too."""

    def send_reaction(
        self, *, from_number: str, message_handle: str, reaction: str, part_index: int = 0
    ) -> Acknowledgement:
        """POST /api/send-reaction. A tapback can be added, not removed."""
        body = {
            "from_number": from_number,
            "message_handle": message_handle,
            "reaction": reaction,
            "part_index": part_index,
        }
        answer = self._transport.write("POST", "/api/send-reaction", body=body, is_send=True)
        return Acknowledgement.parse(answer)

    def mark_read(self, *, number: str, from_number: str) -> Acknowledgement:
        """POST /api/mark-read. Refused until support has switched it on for the account."""
        body = {"number": number, "from_number": from_number}
        return Acknowledgement.parse(self._transport.write("POST", "/api/mark-read", body=body))

    def send_typing_indicator(
        self,
        *,
        number: str,
        from_number: str,
        state: str = "start",
        max_duration_ms: int | None = None,
    ) -> Acknowledgement:
        """POST /api/send-typing-indicator: start or stop. Needs an existing chat; not in groups.

        The bubble hangs for about 60 s where nothing follows.
        """
        body = given(
            {
                "number": number,
                "from_number": from_number,
                "state": state,
                "max_duration_ms": max_duration_ms,
            }
        )
        answer = self._transport.write("POST", "/api/send-typing-indicator", body=body)
        return Acknowledgement.parse(answer)
