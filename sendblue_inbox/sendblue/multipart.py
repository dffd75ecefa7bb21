"""One file as a multipart/form-data body that is read while it is sent, never whole in memory."""

from __future__ import annotations

import os
import uuid
from typing import IO, TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

CHUNK = 64 * 1024
_ESCAPES = str.maketrans({'"': "%22", "\r": "%0D", "\n": "%0A", "\0": None})


class FilePart:
    """The form field `file` with a seekable binary file in it, and a length known beforehand."""

    def __init__(self, fileobj: IO[bytes], *, filename: str, content_type: str) -> None:
        self.fileobj = fileobj
        self.size = fileobj.seek(0, os.SEEK_END)
        boundary = uuid.uuid4().hex
        self.content_type = f"multipart/form-data; boundary={boundary}"
        part_type = content_type.translate(_ESCAPES) or "application/octet-stream"
        name = filename.translate(_ESCAPES)
        self._head = (
            f"--{boundary}\r\n"
            f'Content-Disposition: form-data; name="file"; filename="{name}"\r\n'
            f"Content-Type: {part_type}\r\n\r\n"
        ).encode("utf-8", "replace")
        self._tail = f"\r\n--{boundary}--\r\n".encode()

    def __len__(self) -> int:
        return len(self._head) + self.size + len(self._tail)

    def __iter__(self) -> Iterator[bytes]:
        yield self._head
        self.fileobj.seek(0)
        while chunk := self.fileobj.read(CHUNK):
            yield chunk
        yield self._tail
