"""Names of files, made safe to show, to store on any system, and to put into a header."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote, urlsplit

from .sniffing import Shape

if TYPE_CHECKING:
    from .sniffing import Kind

# What a file is called that has no name.
WORDS = {
    Shape.PICTURE: "Picture",
    Shape.VIDEO: "Video",
    Shape.AUDIO: "Audio",
    Shape.CONTACT: "Contact",
    Shape.DOCUMENT: "Document",
    Shape.TEXT: "Text",
    Shape.OTHER: "File",
}
LONGEST = 80  # characters, with the ending
# Control, format (bidi overrides, zero width), surrogate, private, line and paragraph ends.
_INVISIBLE = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
_NOT_IN_NAMES = re.compile(r'[<>:"/\\|?*%;`$&=]')
_BLANKS = re.compile(r"\s+")
_DEVICES = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\.|$)", re.IGNORECASE)
_ENDING = re.compile(r"\.([A-Za-z0-9]{1,8})$")
# What a file of unknown kind may still call itself: none of these is run by opening it.
_KEPT = (
    "doc docx odt pages rtf xls xlsx ods numbers ppt pptx odp key csv tsv zip 7z gz tar"
    " ics json pkpass usdz epub mkv webm avi flac heics psd ai eps dng cr2 nef"
)
_KEPT_ENDINGS = frozenset(_KEPT.split())


def safe_name(raw: str, kind: Kind) -> str:
    """One plain name whose ending is true for what the file really is.

    `invoice.pdf.exe` with a PDF in it becomes `invoice_pdf.pdf`: only one dot and one ending.
    """
    name = unicodedata.normalize("NFC", raw).replace("\\", "/").rpartition("/")[2]
    name = "".join(c if unicodedata.category(c) not in _INVISIBLE else " " for c in name)
    name = _BLANKS.sub(" ", _NOT_IN_NAMES.sub("_", name)).strip(" .")
    ending = _true_ending(name, kind)
    stem = name
    while (found := _ENDING.search(stem)) and found[1].lower() in {ending, *kind.endings}:
        stem = stem[: found.start()]
    stem = stem.replace(".", "_").strip(" _")[: LONGEST - 1 - len(ending)].strip()
    stem = stem or WORDS[kind.shape]
    if _DEVICES.match(stem):
        stem = f"_{stem}"
    return f"{stem}.{ending}"


def name_in_url(url: str) -> str:
    """What a file's address calls it; empty where that is nothing a person would read."""
    last = unquote(urlsplit(url).path.rpartition("/")[2], errors="replace")
    stem = last.rpartition(".")[0] or last
    # Storage keys tell nobody anything: long, without a blank, digits among letters.
    is_key = len(stem) >= 20 and " " not in stem and any(c.isdigit() for c in stem)
    return "" if is_key else last


def without_ending(name: str) -> str:
    """The name as it is before its last dot; for a file that is written anew as another kind."""
    return name.rpartition(".")[0] or name


def content_disposition(name: str, *, inline: bool) -> str:
    """The header's value (RFC 6266): the name in plain ASCII, and whole for those who can.

    `name` comes from `safe_name`.
    """
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    plain = re.sub(r"[^A-Za-z0-9 ._()+,@-]", "_", plain).strip(" .") or "file"
    value = f'{"inline" if inline else "attachment"}; filename="{plain}"'
    return value if plain == name else f"{value}; filename*=UTF-8''{quote(name, safe='')}"


def _true_ending(name: str, kind: Kind) -> str:
    found = _ENDING.search(name)
    told = found[1].lower() if found else ""
    known = told in kind.endings or (kind.shape == Shape.OTHER and told in _KEPT_ENDINGS)
    return told if known else kind.ending
