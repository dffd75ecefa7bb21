"""Uploads and the look-up of a number's service (Sendblue API contract, sections 2.4 and 2.5)."""

from __future__ import annotations

from typing import IO

from ..errors import Rejected
from ..multipart import FilePart
from ..payloads.media import EvaluatedService, UploadedMedia
from ..terms import MAX_UPLOAD_BYTES
from .base import Operations


class MediaOperations(Operations):
    """Files go up first; a send then names their `media_url`."""

    def upload_file(self, *, fileobj: IO[bytes], filename: str, content_type: str) -> UploadedMedia:
        """POST /api/upload-file, streamed from a seekable binary file of at most 100 MB.

        Raises Rejected, without asking Sendblue, for a larger one.
        """
        path = "/api/upload-file"
        part = FilePart(fileobj, filename=filename, content_type=content_type)
        if part.size > MAX_UPLOAD_BYTES:
            raise Rejected("POST", path, message="A file may have at most 100 MB.")
        return UploadedMedia.parse(self._transport.upload(path, part))

    def upload_media_object(self, *, media_url: str) -> UploadedMedia:
        """POST /api/upload-media-object: let Sendblue fetch a public address."""
        body = {"media_url": media_url}
        answer = self._transport.write("POST", "/api/upload-media-object", body=body)
        return UploadedMedia.parse(answer)

    def evaluate_service(self, *, number: str) -> EvaluatedService:
        """GET /api/evaluate-service: iMessage or SMS. 30 per hour and line: cache the answer."""
        path = "/api/evaluate-service"
        return EvaluatedService.parse(self._transport.get(path, query={"number": number}))
