"""Sending, listing and deleting messages (Sendblue API contract, section 2.1)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..errors import MaybeSent, Rejected
from ..payloads.acknowledgements import Acknowledgement
from ..payloads.messages import MessagePage, MessagePayload
from ..payloads.reading import mapping
from ..terms import MESSAGES_PAGE
from .base import Operations, given, query

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from datetime import datetime

    from ..payloads.messages import MessageRef


class MessageOperations(Operations):
    """`send_message` and its relatives raise as `errors` describes and never try twice."""

    _updated_order = "updatedAt"  # until the server turns out to be one that wants updated_at

    def send_message(
        self,
        *,
        number: str,
        from_number: str,
        content: str = "",
        media_url: str = "",
        app_card: Mapping[str, Any] | None = None,
        send_style: str = "",
        status_callback: str = "",
        reply_to: MessageRef | None = None,
        seat_id: str = "",
        pre_reply_override: bool = False,
    ) -> MessagePayload:
        """POST /api/send-message. Give one of `content`, `media_url` and `app_card` at least."""
        body = given(
            {
                "number": number,
                "from_number": from_number,
                "content": content,
                "media_url": media_url,
                "app_card": app_card,
                "send_style": send_style,
                "status_callback": status_callback,
                "reply_to": reply_to and reply_to.as_body(),
                "seat_id": seat_id,
                "pre_reply_override": pre_reply_override or None,
            }
        )
        return self._sent("/api/send-message", body)

    def send_carousel(
        self,
        *,
        number: str,
        from_number: str,
        media_urls: Sequence[str],
        send_style: str = "",
        status_callback: str = "",
        metadata: Mapping[str, Any] | None = None,
        reply_to: MessageRef | None = None,
        seat_id: str = "",
    ) -> MessagePayload:
        """POST /api/send-carousel: 2 to 20 https pictures from a Mac line."""
        body = given(
            {
                "number": number,
                "from_number": from_number,
                "media_urls": list(media_urls),
                "send_style": send_style,
                "status_callback": status_callback,
                "metadata": metadata,
                "reply_to": reply_to and reply_to.as_body(),
                "seat_id": seat_id,
            }
        )
        return self._sent("/api/send-carousel", body)

    def update_app_card(
        self,
        *,
        message_handle: str,
        url: str = "",
        layout: Mapping[str, Any] | None = None,
        fallback_text: str = "",
        interactive: bool | None = None,
        send_style: str = "",
        idempotency_key: str = "",
    ) -> MessagePayload:
        """POST /api/messages/{handle}/update-app-card. The answer is a new message."""
        body = given(
            {
                "url": url,
                "layout": layout,
                "fallback_text": fallback_text,
                "interactive": interactive,
                "send_style": send_style,
                "idempotency_key": idempotency_key,
            }
        )
        path = "/api/messages/{message_handle}/update-app-card"
        return MessagePayload.parse(
            self._transport.send(path, body=body, message_handle=message_handle)
        )

    def list_messages(
        self,
        *,
        account_email: str = "",
        number: str = "",
        from_number: str = "",
        to_number: str = "",
        sendblue_number: str = "",
        group_id: str = "",
        is_outbound: bool | None = None,
        message_type: str = "",
        service: str = "",
        status: str = "",
        created_at_gte: datetime | None = None,
        created_at_lte: datetime | None = None,
        sent_at_gte: datetime | None = None,
        sent_at_lte: datetime | None = None,
        updated_at_gte: datetime | None = None,
        updated_at_lte: datetime | None = None,
        limit: int = MESSAGES_PAGE,
        offset: int = 0,
        order_by: str = "updatedAt",
        order_direction: str = "asc",
        lines: Collection[str] = (),
    ) -> MessagePage:
        """GET /api/v2/messages, one page; 100 requests per 10 s and account are allowed.

        `lines` are our own numbers, for telling persons from lines. A server that does not know
        `updatedAt` is asked once more with `updated_at`, and with that from then on.
        """
        filters = query(
            {
                "account_email": account_email,
                "number": number,
                "from_number": from_number,
                "to_number": to_number,
                "sendblue_number": sendblue_number,
                "group_id": group_id,
                "is_outbound": is_outbound,
                "message_type": message_type,
                "service": service,
                "status": status,
                "created_at_gte": created_at_gte,
                "created_at_lte": created_at_lte,
                "sent_at_gte": sent_at_gte,
                "sent_at_lte": sent_at_lte,
                "updated_at_gte": updated_at_gte,
                "updated_at_lte": updated_at_lte,
                "limit": limit,
                "offset": offset,
                "order_by": self._updated_order if order_by == "updatedAt" else order_by,
                "order_direction": order_direction,
            }
        )
        path = "/api/v2/messages"
        try:
            answer = self._transport.get(path, query=filters)
        except Rejected as refusal:
            if refusal.status != 400 or filters["order_by"] != "updatedAt":
                raise
            answer = self._transport.get(path, query={**filters, "order_by": "updated_at"})
            self._updated_order = "updated_at"
        return MessagePage.parse(answer, limit=limit, offset=offset, lines=lines)

    def get_message(self, *, message_handle: str, lines: Collection[str] = ()) -> MessagePayload:
        """GET /api/v2/messages/{handle}. Raises Rejected with status 404 for an unknown one."""
        path = "/api/v2/messages/{message_handle}"
        answer = self._transport.get(path, message_handle=message_handle)
        return self._message(path, mapping(answer).get("data") or answer, lines)

    def get_status(self, *, message_handle: str, lines: Collection[str] = ()) -> MessagePayload:
        """GET /api/status: the message with its present state."""
        path = "/api/status"
        answer = self._transport.get(path, query={"handle": message_handle})
        return self._message(path, answer, lines)

    def delete_message(self, *, message_handle: str) -> Acknowledgement:
        """DELETE /api/message/{handle}: hides it at Sendblue; nothing is unsent on a phone."""
        path = "/api/message/{message_handle}"
        answer = self._transport.write("DELETE", path, message_handle=message_handle)
        return Acknowledgement.parse(answer)

    def _sent(self, path: str, body: Mapping[str, Any]) -> MessagePayload:
        return MessagePayload.parse(
            self._transport.send(path, body=body), lines=(body["from_number"],)
        )

    @staticmethod
    def _message(path: str, found: object, lines: Collection[str]) -> MessagePayload:
        message = MessagePayload.parse(mapping(found), lines=lines)
        if not message.message_handle:
            raise MaybeSent("GET", path, status=200, message="the answer names no message")
        return message
