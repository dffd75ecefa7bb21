"""What kind of CSV a file is: its encoding, its delimiter, and whether its first row is a header.

Everything found here is a proposal: a person sees it with the first rows and may correct it.
"""

from __future__ import annotations

import codecs
import io
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import islice
from typing import IO

from sendblue_inbox.phone import E164

from .mapping import FIELD_WORDS, plain
from .reading import MOST_IN_LINE, OtherEncoding, Unusable, header, records

DELIMITERS = {",": "comma", ";": "semicolon", "\t": "tab", "|": "pipe"}
ENCODINGS = {
    "utf-8-sig": "UTF-8",
    "utf-16": "UTF-16",
    "utf-16-le": "UTF-16 without a mark",
    "utf-16-be": "UTF-16 without a mark, big endian",
    "utf-32": "UTF-32",
    "cp1252": "Windows-1252",
}
# Longest first: the mark of UTF-32 begins like the one of UTF-16.
MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
NOT_TEXT = {
    b"PK\x03\x04": "This is an Excel or ZIP file. Open it and save it as “CSV UTF-8”.",
    b"\xd0\xcf\x11\xe0": "This is an old Excel file. Open it and save it as “CSV UTF-8”.",
    b"%PDF": "This is a PDF. Export the list as CSV where it was made.",
    b"\x1f\x8b": "This file is compressed. Unpack it first.",
}
SAMPLE = 256_000  # bytes
SAMPLE_ROWS = 100
CHUNK = 1_000_000


@dataclass(frozen=True, slots=True)
class Dialect:
    """How a CSV file is to be read; `encoding` is a codec of Python."""

    encoding: str
    delimiter: str
    has_header: bool

    @property
    def encoding_name(self) -> str:
        """The encoding as people know it."""
        return ENCODINGS.get(self.encoding, self.encoding.upper())


def detect(file: IO[bytes]) -> Dialect:
    """How the file seems to be written; reads all of it once to be sure of the encoding.

    Raises Unusable for an empty file and for one that is no list, before all of it is read.
    """
    encoding = _likely_encoding(file)
    sample = _sample(file, encoding)
    if not sample.strip():
        raise Unusable("The file is empty.")
    delimiter = max(DELIMITERS, key=lambda candidate: _consistency(sample, candidate))
    found = Dialect(encoding, delimiter, has_header=False)
    with suppress(OtherEncoding):  # which is judged by the whole file
        for _record in islice(records(file, found), SAMPLE_ROWS):
            pass
    if encoding == "utf-8-sig" and not _is_valid(file, encoding):
        encoding = "cp1252"
    found = Dialect(_checked(file, encoding), delimiter, has_header=False)
    return replace(found, has_header=_is_header(header(file, found)))


def _likely_encoding(file: IO[bytes]) -> str:
    """The codec of the file: by its mark, by the places of NUL bytes, or by what UTF-8 forbids.

    Raises Unusable for what is no text.
    """
    file.seek(0)
    start = file.read(SAMPLE)
    for magic, sentence in NOT_TEXT.items():
        if start.startswith(magic):
            raise Unusable(sentence)
    for mark, encoding in MARKS:
        if start.startswith(mark):
            return encoding
    zeros = start.count(0)
    if zeros:
        even, odd = start[::2].count(0), start[1::2].count(0)
        if max(even, odd) > 0.3 * (len(start) // 2) and min(even, odd) < 0.1 * max(even, odd):
            return "utf-16-le" if odd > even else "utf-16-be"
        if zeros > len(start) // 100:
            raise Unusable("This is no text file. Export the list as CSV where it was made.")
    return "utf-8-sig" if _decodes(start, "utf-8-sig") else "cp1252"


def _checked(file: IO[bytes], encoding: str) -> str:
    if not _is_valid(file, encoding):
        raise Unusable(
            "The text of this file is damaged or in an unknown encoding. Save it as “CSV UTF-8”."
        )
    return encoding


def _is_valid(file: IO[bytes], encoding: str) -> bool:
    file.seek(0)
    decoder = codecs.getincrementaldecoder(encoding)()
    try:
        while chunk := file.read(CHUNK):
            decoder.decode(chunk)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def _decodes(start: bytes, encoding: str) -> bool:
    try:
        codecs.getincrementaldecoder(encoding)().decode(start)
    except UnicodeDecodeError:
        return False
    return True


def _sample(file: IO[bytes], encoding: str) -> str:
    file.seek(0)
    return codecs.getincrementaldecoder(encoding)(errors="replace").decode(file.read(SAMPLE))


def _consistency(sample: str, delimiter: str) -> tuple[float, int]:
    """How alike the rows are with this delimiter: the share of the commonest width, the width."""
    if len(sample) > MOST_IN_LINE:
        sample = sample[:MOST_IN_LINE]
    dialect = Dialect("utf-8", delimiter, has_header=False)
    widths: list[int] = []
    try:
        for record in records(io.BytesIO(sample.encode()), dialect):
            widths.append(len(record.cells))
            if len(widths) == SAMPLE_ROWS:
                break
    except Unusable:
        # Most often the sample ends inside a quoted cell; what came before it still counts.
        pass
    if not widths:
        return 0, 0
    width, rows = Counter(widths).most_common(1)[0]
    return (rows / len(widths), width) if width > 1 else (0, 0)


def _is_header(cells: list[str]) -> bool:
    """Whether the cells name columns rather than describe a person."""
    names = [cell.strip() for cell in cells]
    if any(plain(name) in FIELD_WORDS for name in names):
        return True
    if any(_is_data(name) for name in names):
        return False
    filled = [name for name in names if name]
    return len(filled) > 1 and len(set(filled)) == len(filled)


def _is_data(cell: str) -> bool:
    bare = "".join(letter for letter in cell if letter not in " ()-./")
    return bool(E164.fullmatch(bare)) or bare.isdigit() or "@" in cell
