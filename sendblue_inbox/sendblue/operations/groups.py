"""Group conversations (Sendblue API contract, section 2.2)."""

from __future__ import annotations

from typing import IO, TYPE_CHECKING, Any

from ..errors import Rejected
from ..multipart import FilePart
from ..payloads.groups import GroupChange, GroupPayload
from ..payloads.messages import MessagePayload
from ..terms import MAX_GROUP_PHOTO_BYTES
from .base import Operations, given

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..payloads.messages import MessageRef

PHOTO = "/api/v2/groups/{group_id}/photo"


class GroupOperations(Operations):
    """A group is made by writing to its numbers once; from then on its `group_id` names it."""

    def send_group_message(
        self,
        *,
        from_number: str,
        numbers: Sequence[str] = (),
        group_id: str = "",
        content: str = "",
        media_url: str = "",
        send_style: str = "",
        status_callback: str = "",
        reply_to: MessageRef | None = None,
        seat_id: str = "",
    ) -> MessagePayload:
        """POST /api/send-group-message to `numbers` or, better, to a known `group_id`."""
        body: dict[str, Any] = given(
            {
                "from_number": from_number,
                "numbers": list(numbers) or None,
                "group_id": group_id,
                "content": content,
                "media_url": media_url,
                "send_style": send_style,
                "status_callback": status_callback,
                "reply_to": reply_to and reply_to.as_body(),
                "seat_id": seat_id,
            }
        )
        answer = self._transport.send("/api/send-group-message", body=body)
        return MessagePayload.parse(answer, lines=(from_number,))

    def create_group(self, *, from_number: str, numbers: Sequence[str]) -> GroupPayload:
        """POST /api/create-group. Named by Sendblue without a schema: prefer to send."""
        body = {"from_number": from_number, "numbers": list(numbers)}
        answer = self._transport.write("POST", "/api/create-group", body=body, is_send=True)
        return GroupPayload.parse(answer)

    def modify_group(
        self, *, group_id: str, modify_type: str, number: str, from_number: str = ""
    ) -> GroupChange:
        """POST /api/modify-group: add_recipient or remove_recipient. Slow: a phone confirms it."""
        body = given(
            {
                "group_id": group_id,
                "modify_type": modify_type,
                "number": number,
                "from_number": from_number,
            }
        )
        return GroupChange.parse(self._transport.write("POST", "/api/modify-group", body=body))

    def get_group(self, *, group_id: str) -> GroupPayload:
        """GET /api/v2/groups/{group_id}."""
        return GroupPayload.parse(
            self._transport.get("/api/v2/groups/{group_id}", group_id=group_id)
        )

    def rename_group(
        self, *, group_id: str, group_name: str | None, from_number: str = ""
    ) -> GroupPayload:
        """POST /api/v2/groups/{group_id}/name; None clears the name."""
        body = {"group_name": group_name, **given({"from_number": from_number})}
        path = "/api/v2/groups/{group_id}/name"
        return GroupPayload.parse(self._transport.write("POST", path, body=body, group_id=group_id))

    def set_group_photo(
        self, *, group_id: str, photo_url: str | None, from_number: str = ""
    ) -> GroupPayload:
        """POST /api/v2/groups/{group_id}/photo by address; None clears the photo."""
        body = {"photo_url": photo_url, **given({"from_number": from_number})}
        return GroupPayload.parse(
            self._transport.write("POST", PHOTO, body=body, group_id=group_id)
        )

    def upload_group_photo(
        self, *, group_id: str, fileobj: IO[bytes], filename: str, content_type: str
    ) -> GroupPayload:
        """POST /api/v2/groups/{group_id}/photo as a file: JPEG, PNG or GIF up to 5 MB.

        Raises Rejected, without asking Sendblue, for a larger one.
        """
        part = FilePart(fileobj, filename=filename, content_type=content_type)
        if part.size > MAX_GROUP_PHOTO_BYTES:
            raise Rejected("POST", PHOTO, message="A group photo may have at most 5 MB.")
        return GroupPayload.parse(self._transport.upload(PHOTO, part, group_id=group_id))
