"""Contacts, API v2 (Sendblue API contract, section 2.6).

The person's number has another name in almost every call; here it is always `number`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..payloads.acknowledgements import Acknowledgement
from ..payloads.contacts import ContactPayload, OptOutState, amount
from .base import Operations, given, query

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from ..payloads.contacts import ContactRow

ALL = "/api/v2/contacts"
ONE = "/api/v2/contacts/{phone_number}"


class ContactOperations(Operations):
    """100 requests per 10 s and account are allowed."""

    def list_contacts(
        self,
        *,
        cid: str = "",
        number: str = "",
        created_at_gte: datetime | None = None,
        limit: int = 100,
        offset: int = 0,
        order_by: str = "created_at",
        order_direction: str = "asc",
    ) -> tuple[ContactPayload, ...]:
        """GET: one page of at most 1,000; offsets end at 10,000, so page by `created_at_gte`."""
        filters = query(
            {
                "cid": cid,
                "phone_number": number,
                "created_at_gte": created_at_gte,
                "limit": limit,
                "offset": offset,
                "order_by": order_by,
                "order_direction": order_direction,
            }
        )
        return ContactPayload.many(self._transport.get(ALL, query=filters))

    def get_contact(self, *, number: str) -> ContactPayload:
        """GET one. Raises Rejected with status 404 for an unknown one."""
        return ContactPayload.from_envelope(self._transport.get(ONE, phone_number=number))

    def create_contact(
        self,
        *,
        number: str,
        first_name: str = "",
        last_name: str = "",
        assigned_to_email: str = "",
        sendblue_number: str = "",
        tags: Sequence[str] | None = None,
        custom_variables: Mapping[str, str] | None = None,
        update_if_exists: bool = True,
    ) -> ContactPayload:
        """POST one. What a second create does without `update_if_exists` is unpublished."""
        body = given(
            {
                "number": number,
                "first_name": first_name,
                "last_name": last_name,
                "assigned_to_email": assigned_to_email,
                "sendblue_number": sendblue_number,
                "tags": None if tags is None else list(tags),
                "custom_variables": custom_variables,
                "update_if_exists": update_if_exists,
            }
        )
        return ContactPayload.from_envelope(self._transport.write("POST", ALL, body=body))

    def update_contact(
        self,
        *,
        number: str,
        first_name: str | None = None,
        last_name: str | None = None,
        company_name: str | None = None,
        assigned_to_email: str | None = None,
        sendblue_number: str | None = None,
        tags: Sequence[str] | None = None,
        custom_variables: Mapping[str, str] | None = None,
        opt_out: bool | None = None,
    ) -> ContactPayload:
        """PUT one. None leaves a field alone, "" clears it; `custom_variables` are merged."""
        fields: dict[str, Any] = {
            "first_name": first_name,
            "last_name": last_name,
            "company_name": company_name,
            "assigned_to_email": assigned_to_email,
            "sendblue_number": sendblue_number,
            "tags": None if tags is None else list(tags),
            "custom_variables": custom_variables,
            "opt_out": opt_out,
        }
        body = {name: value for name, value in fields.items() if value is not None}
        answer = self._transport.write("PUT", ONE, body=body, phone_number=number)
        return ContactPayload.from_envelope(answer)

    def delete_contact(self, *, number: str) -> Acknowledgement:
        """DELETE one."""
        return Acknowledgement.parse(self._transport.write("DELETE", ONE, phone_number=number))

    def delete_contacts(self, *, numbers: Iterable[str]) -> int | None:
        """DELETE many; how many went, where the answer says. The `contact_ids` are numbers."""
        body = {"contact_ids": list(numbers)}
        return amount(self._transport.write("DELETE", ALL, body=body))

    def create_contacts(self, *, contacts: Iterable[ContactRow]) -> tuple[ContactPayload, ...]:
        """POST /bulk: those that Sendblue took. Compare them with what was given, row by row."""
        body = {"contacts": [contact.as_bulk_body() for contact in contacts]}
        return ContactPayload.many(self._transport.write("POST", f"{ALL}/bulk", body=body))

    def count_contacts(self) -> int | None:
        """GET /count; None for an answer without a figure."""
        return amount(self._transport.get(f"{ALL}/count"))

    def verify_contact(self, *, number: str) -> Acknowledgement:
        """POST /verify."""
        answer = self._transport.write("POST", f"{ALL}/verify", body={"number": number})
        return Acknowledgement.parse(answer)

    def opt_out_contact(self, *, number: str, opted_out: bool = True) -> OptOutState:
        """POST /opt-out. Clearing a STOP that came from the phone needs the phone's START."""
        body = {"number": number, "opted_out": opted_out}
        answer = self._transport.write("POST", f"{ALL}/opt-out", body=body)
        return OptOutState.parse(answer, number_asked=number, opted_out_asked=opted_out)

    def block_contact(self, *, number: str) -> Acknowledgement:
        """POST /api/v2/block. Mentioned by Sendblue without a schema."""
        answer = self._transport.write("POST", "/api/v2/block", body={"number": number})
        return Acknowledgement.parse(answer)
