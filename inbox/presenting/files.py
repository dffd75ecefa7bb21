"""The files that come with messages, as they are shown."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePosixPath
from urllib.parse import unquote, urlsplit

KINDS = {
    "image": {".jpg", ".jpeg", ".png", ".gif", ".heic", ".heif", ".webp", ".tiff", ".bmp"},
    "film": {".mp4", ".mov", ".m4v", ".3gp", ".webm"},
    "sound": {".caf", ".m4a", ".mp3", ".aac", ".amr", ".wav", ".ogg"},
}
KIND_WORDS = {"image": "Picture", "film": "Video", "sound": "Audio", "file": "File"}


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that came with a message: what it seems to be, its name, and where it lies."""

    kind: str
    name: str
    type: str
    url: str


def attachment_of(media_url: str) -> Attachment | None:
    """What an address says about the file behind it; None for one that is not http or https."""
    try:
        address = urlsplit(media_url)
    except ValueError:
        return None
    if address.scheme not in {"http", "https"} or not address.netloc:
        return None
    path = PurePosixPath(unquote(address.path))
    suffix = path.suffix.lower()
    kind = next((kind for kind, suffixes in KINDS.items() if suffix in suffixes), "file")
    return Attachment(kind, path.name or address.netloc, KIND_WORDS[kind], media_url)
