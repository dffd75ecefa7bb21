"""Rows of a CSV file, one at a time, with the place where each one stands."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING

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


@dataclass(frozen=True, slots=True)
class Record:
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
    rows = _rows(file, dialect)
    if dialect.has_header:
        next(rows, None)
    for number, (line, cells, error) in enumerate(rows, start=1):
        yield Record(number, line, cells, error)


def header(file: IO[bytes], dialect: Dialect) -> list[str]:
    """The cells of the first row that is not empty; empty for an empty file. Raises Unusable."""
    for _line, cells, _error in _rows(file, dialect):
        return cells
    return []


def _rows(file: IO[bytes], dialect: Dialect) -> Iterator[tuple[int, list[str], str]]:
    file.seek(0)
    text = io.TextIOWrapper(file, dialect.encoding, newline="")
    try:
        yield from _parsed(text, dialect.delimiter)
    except UnicodeDecodeError as error:
        raise Unusable(
            f"Not all of the file is {dialect.encoding_name} text. Choose another encoding."
        ) from error
    finally:
        text.detach()


def _parsed(text: io.TextIOWrapper, delimiter: str) -> Iterator[tuple[int, list[str], str]]:
    reader = csv.reader(_lines(text), delimiter=delimiter, strict=True)
    started = 1
    while True:
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            if reader.line_num > started or "end of data" in str(error):
                raise Unusable(
                    f"A quotation mark in line {started} is opened and never closed. "
                    "Close it, or write it twice where it is meant as a character."
                ) from error
            yield reader.line_num, [], _reason(error)
        else:
            if len(cells) > MOST_COLUMNS:
                raise Unusable(
                    f"Line {started} has {len(cells):,} columns; at most {MOST_COLUMNS:,} can be "
                    "read. Check that the delimiter is right."
                )
            if any(cell.strip() for cell in cells):
                yield reader.line_num, cells, ""
        started = reader.line_num + 1


def _lines(text: io.TextIOWrapper) -> Iterator[str]:
    number = 0
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
