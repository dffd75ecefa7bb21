"""Rows of a CSV file, one at a time, with the place where each one stands."""

from __future__ import annotations

import csv
import io
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from typing import IO, TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .detecting import Dialect

# A line, a cell and a row beyond these belong to no list of people (characters, cells).
MOST_IN_LINE = 1_000_000
MOST_IN_CELL = 100_000
MOST_COLUMNS = 1_000

csv.field_size_limit(MOST_IN_CELL)


class Unusable(Exception):
    """The file cannot be read as a list; the text tells a person what is wrong and what to do."""


class OtherEncoding(Unusable):
    """Somewhere in the file are bytes that are no text in this encoding."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where reading can go on: after so many rows and lines, at a mark of the decoded text."""

    row: int = 0
    line: int = 0
    mark: int = 0


class Record(NamedTuple):
    """A row: its number (the first row of people is 1), its last line in the file, its cells.

    `error` says why the row could not be read; then the cells are empty.
    """

    number: int
    line: int
    cells: list[str]
    error: str = ""


def records(file: IO[bytes], dialect: Dialect) -> Iterator[Record]:
    """The rows below the header; empty ones are left out.

    A row that breaks the quoting rules is a Record with an error. Raises Unusable for what makes
    the rest of the file unreadable: a quote that is never closed, bytes that are no text.
    """
    for batch, _place in batches(file, dialect, size=1):
        yield from batch


def batches(
    file: IO[bytes], dialect: Dialect, *, size: int, start: Place | None = None
) -> Iterator[tuple[list[Record], Place]]:
    """The same rows in lists of that size, each with the place behind it, where a start may be."""
    place = start or Place()
    with _text(file, dialect) as text:
        text.seek(place.mark)
        rows = _parsed(text, dialect.delimiter, place.line)
        if dialect.has_header and not place.line:
            next(rows, None)
        numbered = enumerate(rows, start=place.row + 1)
        while batch := [Record(number, *row) for number, row in islice(numbered, size)]:
            yield batch, Place(batch[-1].number, batch[-1].line, text.tell() if size > 1 else 0)


def header(file: IO[bytes], dialect: Dialect) -> list[str]:
    """The cells of the first row that is not empty; empty for an empty file. Raises Unusable."""
    with _text(file, dialect) as text:
        for _line, cells, _error in _parsed(text, dialect.delimiter):
            return cells
    return []


@contextmanager
def _text(file: IO[bytes], dialect: Dialect) -> Iterator[io.TextIOWrapper]:
    file.seek(0)
    text = io.TextIOWrapper(file, dialect.encoding, newline="")
    try:
        yield text
    except UnicodeError as error:  # also where UTF-16 has no mark
        raise OtherEncoding(
            f"Not all of the file is {dialect.encoding_name} text. Choose another encoding."
        ) from error
    finally:
        text.detach()


def _parsed(
    text: io.TextIOWrapper, delimiter: str, lines_before: int = 0
) -> Iterator[tuple[int, list[str], str]]:
    reader = csv.reader(_lines(text, lines_before), delimiter=delimiter, strict=True)
    started = lines_before + 1
    while True:
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            line = lines_before + reader.line_num
            if line > started or "end of data" in str(error):
                raise Unusable(
                    f"A quotation mark in line {started} is opened and never closed. "
                    "Close it, or write it twice where it is meant as a character."
                ) from error
            yield line, [], _reason(error)
        else:
            line = lines_before + reader.line_num
            if len(cells) > MOST_COLUMNS:
                raise Unusable(
                    f"Line {started} has {len(cells):,} columns; at most {MOST_COLUMNS:,} can be "
                    "read. Check that the delimiter is right."
                )
            if "".join(cells).strip():
                yield line, cells, ""
        started = line + 1


def _lines(text: io.TextIOWrapper, number: int) -> Iterator[str]:
    while line := text.readline(MOST_IN_LINE):
        number += 1
        if len(line) == MOST_IN_LINE:
            raise Unusable(
                f"Line {number} is longer than a million characters. This is no list of people."
            )
        yield line


def _reason(error: csv.Error) -> str:
    if "field larger" in str(error):
        return f"A cell is longer than {MOST_IN_CELL:,} characters."
    return "A quotation mark stands in the middle of a cell. Write it twice, or remove it."
