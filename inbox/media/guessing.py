"""What a file seems to be by its name alone, for as long as nobody has looked into it."""

from __future__ import annotations

from pathlib import PurePosixPath
from urllib.parse import unquote, urlsplit

KINDS = {
    "image": {".jpg", ".jpeg", ".png", ".gif", ".heic", ".heif", ".webp", ".tiff", ".bmp"},
    "film": {".mp4", ".mov", ".m4v", ".3gp", ".webm"},
    "sound": {".caf", ".m4a", ".mp3", ".aac", ".amr", ".wav", ".ogg"},
    "contact": {".vcf", ".vcard"},
}
WORDS = {
    "image": "Picture",
    "film": "Video",
    "sound": "Audio",
    "contact": "Contact card",
    "file": "File",
}


def guess(name: str) -> str:
    """One of the words of KINDS, or `file`."""
    suffix = PurePosixPath(name).suffix.lower()
    return next((kind for kind, suffixes in KINDS.items() if suffix in suffixes), "file")


def guess_of_url(url: str) -> str:
    """The same for an address, which may be any text."""
    try:
        return guess(unquote(urlsplit(url).path))
    except ValueError:
        return "file"
