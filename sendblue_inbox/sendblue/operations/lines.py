"""Lines, their state and usage, and call forwarding (Sendblue API contract, section 2.8)."""

from __future__ import annotations

from ..payloads.lines import AccountUsage, CallForwarding, ContactStatus, LineStates
from ..payloads.reading import mapping, numbers
from .base import Operations

FORWARDING = "/api/lines/{sendblue_number}/call-forwarding"


class LineOperations(Operations):
    """What Sendblue says about our numbers."""

    def list_lines(self) -> tuple[str, ...]:
        """GET /api/lines: the account's numbers, with one leading plus each."""
        answer = self._transport.get("/api/lines")
        listed = mapping(answer).get("numbers") if isinstance(answer, dict) else answer
        return numbers(listed)

    def line_states(self) -> LineStates:
        """GET /api/v2/lines/state."""
        return LineStates.parse(self._transport.get("/api/v2/lines/state"))

    def line_usage(self) -> AccountUsage:
        """GET /api/v2/lines/usage. Raises BadCredentials for a token limited to lines."""
        return AccountUsage.parse(self._transport.get("/api/v2/lines/usage"))

    def contact_status(self, *, number: str, sendblue_number: str) -> ContactStatus:
        """GET /api/v2/lines/contact-status: is this person new to this line?"""
        asked = {"number": number, "sendblue_number": sendblue_number}
        return ContactStatus.parse(self._transport.get("/api/v2/lines/contact-status", query=asked))

    def get_call_forwarding(self, *, sendblue_number: str) -> CallForwarding:
        """GET /api/lines/{line}/call-forwarding."""
        answer = self._transport.get(FORWARDING, sendblue_number=sendblue_number)
        return CallForwarding.parse(answer)

    def set_call_forwarding(
        self, *, sendblue_number: str, forwarding_number: str
    ) -> CallForwarding:
        """PUT /api/lines/{line}/call-forwarding."""
        answer = self._transport.write(
            "PUT",
            FORWARDING,
            body={"forwarding_number": forwarding_number},
            sendblue_number=sendblue_number,
        )
        return CallForwarding.parse(answer)

    def delete_call_forwarding(self, *, sendblue_number: str) -> CallForwarding:
        """DELETE /api/lines/{line}/call-forwarding; may be repeated."""
        answer = self._transport.write("DELETE", FORWARDING, sendblue_number=sendblue_number)
        return CallForwarding.parse(answer)
