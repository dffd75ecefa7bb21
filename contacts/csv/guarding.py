"""Cells that a spreadsheet would take for formulas, and lists of words within one cell.

What `guard` and `join_words` write, `unguard` and `split_words` read back unchanged: so an export
or a file of refused rows can be opened in a spreadsheet and imported again.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from sendblue_inbox.phone import E164

if TYPE_CHECKING:
    from collections.abc import Iterable

# Spreadsheets look past blanks and apostrophes; ours stands before what would be calculated.
DANGEROUS = re.compile(r"'*\s*[=+\-@\t\r\x00＝＋－＠]")
GUARDED = re.compile(r"'" + DANGEROUS.pattern)
SEPARATORS = ",;|"
WORD = re.compile(r'\s*(?:"((?:[^"]|"")*)"\s*(?=[,;|]|$)|([^,;|]*))(?:[,;|]|$)')


def guard(cell: str) -> str:
    """The cell, with an apostrophe before what is a formula; a number in E.164 stays as it is."""
    return f"'{cell}" if DANGEROUS.match(cell) and not E164.fullmatch(cell) else cell


def unguard(cell: str) -> str:
    """The cell without the apostrophe that stands before a formula."""
    return cell[1:] if cell.startswith("'") and GUARDED.match(cell) else cell


def join_words(words: Iterable[str]) -> str:
    """The words in one cell; a word that holds a separator is put into quotation marks."""
    return ", ".join(_quoted(word) for word in words)


def split_words(cell: str) -> list[str]:
    """The words of a cell, parted by commas, semicolons or bars; each once, in their order."""
    if not any(mark in cell for mark in SEPARATORS) and '"' not in cell:
        return [cell.strip()] if cell.strip() else []
    found = []
    for quoted, bare in WORD.findall(cell):
        found.append(quoted.replace('""', '"') if quoted else bare.strip())
    return list(dict.fromkeys(filter(None, found)))


def _quoted(word: str) -> str:
    needs = any(mark in word for mark in SEPARATORS) or word.startswith('"') or word != word.strip()
    doubled = word.replace('"', '""')
    return f'"{doubled}"' if needs else word
