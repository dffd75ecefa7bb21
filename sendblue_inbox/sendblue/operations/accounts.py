"""The account: seats, contact card, calls, new lines, sub-accounts (contract 2.10 and 2.11)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..payloads.account import (
    Account,
    ChildAccount,
    ContactSharing,
    FaceTimeCall,
    ProvisionPreview,
    Seat,
    SharedContact,
    SharedContacts,
)
from ..payloads.acknowledgements import Acknowledgement
from ..payloads.contacts import amount
from ..payloads.reading import mapping
from .base import Operations, given, query

if TYPE_CHECKING:
    from collections.abc import Mapping

SEATS = "/api/v2/seats"
SHARING = "/api/v2/contact-sharing"
LINES = "/accounts/lines"


class AccountOperations(Operations):
    """Rarely called, and partly known by name only: unpublished answers come as plain dicts."""

    def get_account(self) -> Account:
        """GET /account."""
        return Account.parse(self._transport.get("/account"))

    def list_seats(self, *, email: str = "", limit: int = 100, offset: int = 0) -> tuple[Seat, ...]:
        """GET /api/v2/seats."""
        asked = query({"email": email, "limit": limit, "offset": offset})
        return Seat.many(self._transport.get(SEATS, query=asked))

    def count_seats(self, *, email: str = "") -> int | None:
        """GET /api/v2/seats/count; None for an answer without a figure."""
        return amount(self._transport.get(f"{SEATS}/count", query=query({"email": email})))

    def get_seat(self, *, seat_id: str) -> Seat:
        """GET /api/v2/seats/{id}."""
        return Seat.parse(self._transport.get(f"{SEATS}/{{seat_id}}", seat_id=seat_id))

    def get_contact_sharing(self, *, from_number: str) -> ContactSharing:
        """GET /api/v2/contact-sharing/state of one line."""
        asked = {"fromNumber": from_number}
        return ContactSharing.parse(self._transport.get(f"{SHARING}/state", query=asked))

    def set_contact_sharing(
        self,
        *,
        from_number: str,
        first_name: str = "",
        last_name: str = "",
        photo_url: str = "",
        display_name: str = "",
    ) -> Acknowledgement:
        """POST /api/v2/contact-sharing/profile: create or replace the line's name and photo."""
        body = given(
            {
                "fromNumber": from_number,
                "firstName": first_name,
                "lastName": last_name,
                "photoUrl": photo_url,
                "displayName": display_name,
            }
        )
        return Acknowledgement.parse(self._transport.write("POST", f"{SHARING}/profile", body=body))

    def start_facetime_call(self, *, number: str, from_number: str) -> FaceTimeCall:
        """POST /facetime/start-call: rings the person. Needs a FaceTime line."""
        body = {"phoneNumber": number, "fromNumber": from_number}
        answer = self._transport.write("POST", "/facetime/start-call", body=body, is_send=True)
        return FaceTimeCall.parse(answer)

    def preview_line(self) -> ProvisionPreview:
        """POST /accounts/lines/provision-preview: changes nothing yet."""
        path = f"{LINES}/provision-preview"
        return ProvisionPreview.parse(self._transport.write("POST", path, body={}))

    def confirm_line(self, *, preview_token: str) -> Acknowledgement:
        """POST /accounts/lines/provision-confirm: buys the previewed line."""
        body = {"preview_token": preview_token}
        answer = self._transport.write("POST", f"{LINES}/provision-confirm", body=body)
        return Acknowledgement.parse(answer)

    def add_line(self, *, desired_area_code: str = "") -> dict[str, Any]:
        """POST /accounts/lines/add-line. Deprecated by Sendblue in favour of the preview."""
        body = {"line_request_type": "phone", **given({"desired_area_code": desired_area_code})}
        return mapping(self._transport.write("POST", f"{LINES}/add-line", body=body))

    def get_line_request(self, *, request_id: str) -> Acknowledgement:
        """GET /accounts/lines/line-request/{id}: OPEN, FULFILLED or CANCELLED in `status`."""
        path = f"{LINES}/line-request/{{request_id}}"
        return Acknowledgement.parse(self._transport.get(path, request_id=request_id))

    def list_area_codes(self) -> dict[str, Any]:
        """GET /accounts/lines/available-area-codes. The answer's shape is unpublished."""
        return mapping(self._transport.get(f"{LINES}/available-area-codes"))

    def request_child_account(
        self,
        *,
        company_name: str,
        primary_email: str,
        provision_line: bool | None = None,
        desired_area_code: str = "",
        user: Mapping[str, Any] | None = None,
        email: str = "",
    ) -> ChildAccount:
        """POST /accounts/lines/request-child-account. Its keys are told this once."""
        body = given(
            {
                "company_name": company_name,
                "primary_email": primary_email,
                "provision_line": provision_line,
                "desired_area_code": desired_area_code,
                "user": user,
                "email": email,
            }
        )
        answer = self._transport.write("POST", f"{LINES}/request-child-account", body=body)
        return ChildAccount.parse(answer)

    def list_shared_contacts(self) -> SharedContacts:
        """GET /accounts/shared-contacts, for accounts on a shared line."""
        return SharedContacts.parse(self._transport.get("/accounts/shared-contacts"))

    def verify_shared_contact(self, *, number: str) -> SharedContact:
        """POST /accounts/verify-contact-on-shared-account."""
        path = "/accounts/verify-contact-on-shared-account"
        answer = self._transport.write("POST", path, body={"recipient": number})
        return SharedContact.parse(answer)
