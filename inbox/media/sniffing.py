"""What a file really is, read from its first bytes.

Neither its name nor the type that a server told is believed. What is not on the list is a plain
file, and so is everything that a browser would run: HTML, SVG, other XML, archived pages.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

import filetype
from filetype.types import audio, image
from filetype.types.base import Type
from filetype.types.isobmff import IsoBmff

HEAD_BYTES = 8192  # how much of a file `sniff` needs


class Shape(StrEnum):
    """How a file can be shown."""

    PICTURE = "picture"
    VIDEO = "video"
    AUDIO = "audio"
    CONTACT = "contact"
    DOCUMENT = "document"
    TEXT = "text"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of file: how it is shown, its media type, and the endings that are true for it."""

    shape: Shape
    mime: str
    endings: tuple[str, ...]

    @property
    def ending(self) -> str:
        """The usual ending, without its dot."""
        return self.endings[0]

    @property
    def is_inline(self) -> bool:
        """Whether a browser may show it by itself; all else is for downloading only."""
        return self.mime in INLINE


INLINE = frozenset(
    {
        *("image/jpeg", "image/png", "image/gif", "image/webp"),
        *("video/mp4", "video/quicktime", "audio/mpeg", "audio/mp4", "audio/ogg"),
    }
)


class _Container(IsoBmff):
    """A file of boxes whose brands, or the first of them, are among those given."""

    def __init__(self, mime: str, extension: str, *brands: str, major_only: bool = False) -> None:
        super().__init__(mime=mime, extension=extension)
        self._brands = frozenset(brands)
        self._major_only = major_only

    def match(self, buf: bytearray) -> bool:
        """Whether the bytes begin so."""
        if len(buf) < 16 or not self._is_isobmff(buf):
            return False
        major, _version, others = self._get_ftyp(buf)
        return bool(self._brands & {major, *([] if self._major_only else others)})


class _Magic(Type):
    """A file that begins with one of the patterns given."""

    def __init__(self, mime: str, extension: str, pattern: bytes) -> None:
        super().__init__(mime=mime, extension=extension)
        self._pattern = re.compile(pattern, re.DOTALL)

    def match(self, buf: bytearray) -> bool:
        """Whether the bytes begin so."""
        return self._pattern.match(buf) is not None


_MATCHERS = (
    image.Jpeg(),
    _Magic("image/png", "png", rb"\x89PNG\r\n\x1a\n"),
    _Magic("image/gif", "gif", rb"GIF8[79]a"),
    image.Webp(),
    _Magic("image/tiff", "tiff", rb"II\*\0|MM\0\*"),
    _Magic("image/bmp", "bmp", rb"BM.{4}\0\0\0\0.{4}[\x0c\x28\x38\x40\x6c\x7c]\0\0\0"),
    _Container("image/heic", "heic", "heic", "heix", "heim", "heis", "hevc", "mif1", "msf1"),
    _Container("audio/mp4", "m4a", "M4A ", "M4B ", major_only=True),
    _Container("video/quicktime", "mov", "qt  ", major_only=True),
    _Container("video/3gpp", "3gp", *(f"3gp{n}" for n in "456789"), "3g2a", major_only=True),
    _Container(
        *("video/mp4", "mp4", "isom", "iso2", "iso4", "iso5", "iso6"),
        *("mp41", "mp42", "avc1", "M4V ", "dash", "MSNV"),
    ),
    _Magic("audio/x-caf", "caf", rb"caff\0\x01"),
    _Magic("audio/amr", "amr", rb"#!AMR(-WB)?\n"),
    audio.Wav(),
    audio.Ogg(),
    _Magic("audio/aac", "aac", rb"\xff[\xf0\xf1\xf8\xf9][\x40-\x7f\x80-\xbf]"),
    _Magic("audio/mpeg", "mp3", rb"ID3[\x02-\x04]|\xff[\xe2\xe3\xf2\xf3\xfa\xfb][\x10-\xef]"),
    _Magic("application/pdf", "pdf", rb"%PDF-\d"),
)
_SHAPES = {
    "image": Shape.PICTURE,
    "video": Shape.VIDEO,
    "audio": Shape.AUDIO,
    "application": Shape.DOCUMENT,
}
_MORE_ENDINGS = {
    "jpg": ("jpeg", "jpe"),
    "heic": ("heif", "heics"),
    "tiff": ("tif",),
    "mp4": ("m4v",),
    "3gp": ("3gpp", "3g2"),
    "ogg": ("oga", "opus"),
}
CONTACT = Kind(Shape.CONTACT, "text/vcard", ("vcf", "vcard"))
TEXT = Kind(Shape.TEXT, "text/plain", ("txt", "text", "csv", "log", "md", "ics"))
OTHER = Kind(Shape.OTHER, "application/octet-stream", ("bin",))

_BOMS = ((b"\xef\xbb\xbf", "utf-8"), (b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be"))
_NO_TEXT = re.compile(r"[\x00-\x08\x0b\x0e-\x1a\x1c-\x1f\x7f]")
# An opening tag anywhere near the top, or the head of an archived page.
_ACTIVE = re.compile(
    r"<\s*[!?/a-z]|^(mime-version|content-type|content-location|snapshot-content-location)\s*:",
    re.IGNORECASE | re.MULTILINE,
)


def sniff(head: bytes) -> Kind:
    """The kind of the file whose first HEAD_BYTES these are."""
    found = filetype.match(bytearray(head[:HEAD_BYTES]), _MATCHERS)
    if found is not None:
        shape = _SHAPES[found.mime.partition("/")[0]]
        mime = "audio/wav" if found.extension == "wav" else found.mime
        return Kind(shape, mime, (found.extension, *_MORE_ENDINGS.get(found.extension, ())))
    return _text_kind(head[:HEAD_BYTES])


def _text_kind(head: bytes) -> Kind:
    encoding, start = next(
        ((encoding, len(bom)) for bom, encoding in _BOMS if head.startswith(bom)), ("utf-8", 0)
    )
    # The last character of a whole head may be cut in two.
    text = head[start:].decode(encoding, "ignore" if len(head) == HEAD_BYTES else "replace")
    if not text.strip() or "\ufffd" in text or _NO_TEXT.search(text):
        return OTHER
    if text.lstrip()[:11].upper() == "BEGIN:VCARD":
        return CONTACT
    return OTHER if _ACTIVE.search(text) else TEXT
