"""What a row of a file says of a person, and whether it can be meant so; nothing is looked up here.

An empty cell says nothing. What cannot be right is refused with the cell and a sentence, never
guessed: a row that is refused changes nobody.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sendblue_inbox.phone import E164, EMAIL, NotANumber, refusal, to_address, to_e164

from .guarding import split_words, unguard
from .reading import MOST_COLUMNS

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from .mapping import Column

LONGEST = {
    "first_name": 200,
    "last_name": 200,
    "company_name": 200,
    "assigned_to_email": 254,
    "number": 254,
    "tag": 100,
    "variable": 10_000,
}
WORDS = {
    "yes": (
        "yes, y, true, t, 1, x, ja, j, oui, o, si, sí, sì, sim, s, wahr, vrai, verdadero, vero, on,"
        " stop, opted out, opt out, opted_out, unsubscribed, abgemeldet"
    ),
    "no": (
        "no, n, false, f, 0, -, nein, non, não, nao, falsch, faux, falso, off, opted in, opt in,"
        " opted_in, subscribed, active, aktiv"
    ),
    # They belong to the family name behind them.
    "particles": "al, bin, da, de, del, della, der, di, du, el, la, le, ten, ter, van, von, zu",
}
YES, NO, PARTICLES = (frozenset(words.split(", ")) for words in WORDS.values())
SCIENTIFIC = re.compile(r"\d([.,]\d+)?[eE]\+?\d+")


class NotRight(ValueError):
    """A cell that cannot be meant so; the text is a sentence for the person."""


@dataclass(slots=True)
class Judged:
    """A row's number and values, normalised; or the cell that is wrong (from 0), and why.

    `values` holds only what the row says: texts, `tags`, `custom_variables`, and `opted_out` where
    it is True (a file never opts anybody back in).
    """

    number: str = ""
    values: dict[str, Any] = field(default_factory=dict)
    column: int | None = None
    reason: str = ""


class Judge:
    """Reads rows whose columns are mapped so; made once for a file."""

    def __init__(self, columns: Sequence[Column], *, country: str) -> None:
        self._country = country
        self._width = len(columns) or MOST_COLUMNS
        self._number_at = next(at.position for at in columns if at.target == "number")
        readers: dict[str, Callable[[dict[str, Any], str, str], None]] = {
            "first_name": _text,
            "last_name": _text,
            "company_name": _text,
            "name": _name,
            "tags": _tags,
            "tag": _tag,
            "variable": _variable,
            "assigned_to_email": _email,
            "sendblue_number": self._line,
            "opted_out": _consent,
        }
        mapped = [column for column in columns if column.target in readers]
        # A whole name is read last: it gives what the columns of its parts leave open.
        mapped.sort(key=lambda column: column.target == "name")
        self._cells = [
            (column.position, readers[column.target], column.label or column.target)
            for column in mapped
        ]

    def judge(self, cells: Sequence[str]) -> Judged:
        """What the row says, or what is wrong with it."""
        judged = Judged()
        at = self._number_at
        try:
            judged.number = self._number(cells[at] if at < len(cells) else "")
            for at, read, name in self._cells:
                # A guard may stand before blanks: they are what a spreadsheet looks past.
                if at < len(cells) and (cell := unguard(cells[at]).strip()):
                    if "\x00" in cell:
                        raise NotRight("This cell holds a character that is no text (NUL).")
                    read(judged.values, name, cell)
            if len(cells) > self._width and "".join(cells[self._width :]).strip():
                at = self._width
                raise NotRight(
                    "This row has more cells than there are columns. Put a cell that contains the "
                    "delimiter into quotation marks."
                )
        except NotRight as wrong:
            return Judged(column=at, reason=str(wrong))
        return judged

    def _number(self, cell: str) -> str:
        cell = cell.strip()
        if E164.fullmatch(cell):
            return cell
        if not cell:
            raise NotRight("There is no phone number in this row.")
        try:
            if len(cell) > LONGEST["number"]:
                raise NotANumber
            return to_address(_bare(cell), country=self._country)
        except NotANumber as error:
            raise NotRight(refusal(cell.replace("\x00", "�"))) from error

    def _line(self, values: dict[str, Any], name: str, cell: str) -> None:
        try:
            values[name] = to_e164(_bare(cell), country=self._country)
        except NotANumber as error:
            raise NotRight(refusal(cell)) from error


def split_name(name: str) -> tuple[str, str]:
    """(first name, last name) of a whole name, also where the family name stands before a comma."""
    last, comma, first = (part.strip() for part in name.partition(","))
    if comma and last and first:
        return first, last
    words = name.replace(",", " ").split()
    at = len(words) - 1
    while at > 1 and words[at - 1].lower() in PARTICLES:
        at -= 1
    return (" ".join(words[:at]), " ".join(words[at:])) if at > 0 else (" ".join(words), "")


def _bare(cell: str) -> str:
    """A number as spreadsheets and exports spell it, without what is no part of it."""
    cell = unguard(cell).lstrip("'")
    if cell.startswith('="') and cell.endswith('"'):
        cell = cell[2:-1]
    if SCIENTIFIC.fullmatch(cell):
        raise NotRight(
            f"“{cell[:40]}” is what a spreadsheet made of a phone number; its last digits are "
            "lost. Format the column as text and enter the number again."
        )
    return cell.removeprefix("tel:")


def _text(values: dict[str, Any], name: str, cell: str) -> None:
    values[name] = _fitting(cell, name)


def _name(values: dict[str, Any], _name: str, cell: str) -> None:
    first, last = split_name(cell)
    if "first_name" not in values and "last_name" not in values:
        for name, part in (("first_name", first), ("last_name", last)):
            if part:
                values[name] = _fitting(part, name)


def _tags(values: dict[str, Any], _name: str, cell: str) -> None:
    _add_tags(values, split_words(cell))


def _tag(values: dict[str, Any], _name: str, cell: str) -> None:
    _add_tags(values, [cell])


def _add_tags(values: dict[str, Any], tags: list[str]) -> None:
    kept = values.setdefault("tags", [])
    kept += [_fitting(tag, "tag") for tag in tags if tag not in kept]


def _variable(values: dict[str, Any], label: str, cell: str) -> None:
    values.setdefault("custom_variables", {})[label] = _fitting(cell, "variable")


def _email(values: dict[str, Any], name: str, cell: str) -> None:
    if not EMAIL.fullmatch(_fitting(cell, name)):
        raise NotRight(f"“{cell[:40]}” is not an e-mail address.")
    values[name] = cell


def _consent(values: dict[str, Any], name: str, cell: str) -> None:
    word = cell.casefold()
    if word in YES:
        values[name] = True
    elif word not in NO:
        raise NotRight(f"“{cell[:40]}” says neither yes nor no. Write yes for who opted out.")


def _fitting(text: str, name: str) -> str:
    if len(text) > LONGEST[name]:
        raise NotRight(
            f"This is longer than {LONGEST[name]:,} characters. Shorten it, or leave it out."
        )
    return text
