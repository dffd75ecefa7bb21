"""Verified contacts, temporary tokens and verifications (Sendblue API contract, 2.10)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..payloads.access import Token, Verification, VerifiedContact
from .base import Operations, given, query

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

VERIFIED = "/v3/verified-contacts"
VERIFICATIONS = "/api/v2/verify/services/{service_sid}/verifications"


class VerificationOperations(Operations):
    """Who a free account may write to, who may act for us, and who somebody is."""

    def list_verified_contacts(self) -> tuple[VerifiedContact, ...]:
        """GET /v3/verified-contacts."""
        return VerifiedContact.many(self._transport.get(VERIFIED))

    def create_verified_contact(self, *, phone_number: str) -> VerifiedContact | None:
        """POST /v3/verified-contacts: the contact with what the person has to do."""
        answer = self._transport.write("POST", VERIFIED, body={"phone_number": phone_number})
        return VerifiedContact.parse(answer)

    def get_verified_contact(self, *, phone_number: str) -> VerifiedContact | None:
        """GET /v3/verified-contacts/{number}; None where the account does not know it."""
        path = f"{VERIFIED}/{{phone_number}}"
        return VerifiedContact.parse(self._transport.get(path, phone_number=phone_number))

    def create_token(
        self, *, expires_in_seconds: int | None = None, phone_numbers: Sequence[str] = ()
    ) -> Token:
        """POST /v3/auth/tokens: account-wide, or limited to `phone_numbers` of ours."""
        body = given(
            {
                "expires_in_seconds": expires_in_seconds,
                "phone_numbers": list(phone_numbers) or None,
            }
        )
        return Token.parse(self._transport.write("POST", "/v3/auth/tokens", body=body))

    def revoke_token(self, *, token_id: str) -> None:
        """DELETE /v3/auth/tokens/{id}."""
        self._transport.write("DELETE", "/v3/auth/tokens/{token_id}", token_id=token_id)

    def create_verification(
        self, *, service_sid: str, to: str, hosted: Mapping[str, Any] | None = None
    ) -> Verification:
        """POST a verification of `to` (a number or an e-mail)."""
        body = given({"to": to, "hosted": hosted})
        answer = self._transport.write("POST", VERIFICATIONS, body=body, service_sid=service_sid)
        return Verification.parse(answer)

    def get_verification(self, *, service_sid: str, verification_sid: str) -> Verification:
        """GET one verification."""
        answer = self._transport.get(
            f"{VERIFICATIONS}/{{verification_sid}}",
            service_sid=service_sid,
            verification_sid=verification_sid,
        )
        return Verification.parse(answer)

    def list_verifications(
        self, *, updated_at_gte: datetime | None = None, limit: int = 100, offset: int = 0
    ) -> tuple[Verification, ...]:
        """GET /api/v2/verify/verifications, one page over all services."""
        asked = query({"updated_at_gte": updated_at_gte, "limit": limit, "offset": offset})
        return Verification.many(self._transport.get("/api/v2/verify/verifications", query=asked))
