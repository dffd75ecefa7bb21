"""What the first step of an import says: how the file reads, and what each column becomes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from contacts.countries import COUNTRIES
from contacts.csv.detecting import DELIMITERS, ENCODINGS
from contacts.csv.judging import Judge
from contacts.models import ContactImport
from sendblue_inbox.phone import international, refusal

if TYPE_CHECKING:
    from collections.abc import Sequence

    from contacts.actions.importing import Preview
    from contacts.csv import Column
    from contacts.csv.judging import Judged
    from contacts.import_forms import Choice

FIRST_ROWS = 3
LONGEST_SHOWN = 120  # characters of a cell
EXISTING_WORDS = {
    ContactImport.Existing.FILL: "What they have stays. The file adds what is missing, and tags.",
    ContactImport.Existing.OVERWRITE: (
        "Where the file says something else, the file wins. Empty cells change nothing; tags and"
        " custom variables are added, never removed."
    ),
    ContactImport.Existing.SKIP: (
        "Only people who are new come in. Opt-outs in the file are heard all the same."
    ),
}


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell of the first rows: its text, how it will be read, or what is wrong with it."""

    text: str
    read_as: str = ""
    error: str = ""


@dataclass(frozen=True, slots=True)
class ShownColumn:
    """A column of the file with its first cells, and where it goes."""

    position: int
    name: str
    target: str
    label: str
    error: str
    cells: list[Cell]

    @property
    def title(self) -> str:
        """What the column is called where it has no name."""
        return self.name or f"Column {self.position + 1}"


@dataclass(frozen=True, slots=True)
class ExistingChoice:
    """One answer to what becomes of contacts that exist, with its sentence."""

    value: str
    label: str
    words: str


EXISTING = [
    ExistingChoice(choice.value, str(choice.label), EXISTING_WORDS[choice])
    for choice in ContactImport.Existing
]


def reading_words(run: ContactImport, columns: int) -> str:
    """How the file was recognised, in one sentence."""
    encoding = ENCODINGS.get(run.encoding, run.encoding.upper())
    found = f"{columns:,} {'column' if columns == 1 else 'columns'}"
    header = "the first row names them" if run.has_header else "no row with their names"
    return f"Read as {encoding}, separated by {DELIMITERS[run.delimiter]}s: {found}, {header}."


def shown_columns(
    preview: Preview, choices: Sequence[Choice], *, country: str
) -> list[ShownColumn]:
    """The columns with their first cells, each judged as it would be with these choices."""
    rows = preview.rows[:FIRST_ROWS]
    judged = _judged(preview.columns, choices, rows, country)
    return [
        ShownColumn(
            column.position,
            column.name,
            choice.target,
            choice.label,
            choice.error,
            [
                _cell(row, column.position, choice.target, found, country)
                for row, found in zip(rows, judged, strict=True)
            ],
        )
        for column, choice in zip(preview.columns, choices, strict=True)
    ]


def _judged(
    columns: Sequence[Column], choices: Sequence[Choice], rows: Sequence[list[str]], country: str
) -> list[Judged | None]:
    if not any(choice.target == "number" for choice in choices):
        return [None] * len(rows)
    chosen = [
        type(column)(column.position, column.name, choice.target, choice.label)
        for column, choice in zip(columns, choices, strict=True)
    ]
    judge = Judge(chosen, country=country)
    return [judge.judge(row) for row in rows]


def _cell(row: Sequence[str], at: int, target: str, judged: Judged | None, country: str) -> Cell:
    text = row[at].strip() if at < len(row) else ""
    shown = text[:LONGEST_SHOWN]
    if judged and judged.column == at:
        is_plain = judged.reason == refusal(text)
        words = f"Not a number in {COUNTRIES[country]}" if is_plain else judged.reason
        return Cell(shown, error=words)
    if judged and judged.number and target == "number" and judged.number != text:
        return Cell(shown, read_as=international(judged.number))
    return Cell(shown)
