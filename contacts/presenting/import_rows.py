"""What the rows of an import say: who it is, what would change, what is wrong."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from contacts.models import ContactImport, ImportRow
from sendblue_inbox.phone import national

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

Verdict = ImportRow.Verdict
# What saving does with the rows of each verdict.
SENTENCES = {
    Verdict.NEW: "They become contacts.",
    Verdict.CHANGED: "They are contacts already. This is what the file changes.",
    Verdict.SAME: "They are contacts already, and the file says nothing new of them.",
    Verdict.SKIPPED: "They are contacts already, and you chose to leave those as they are.",
    Verdict.DUPLICATE: "Their number stands in the file again further down; that row counts.",
    Verdict.OPTED_OUT: "They are contacts who opted out. They stay exactly as they are.",
    Verdict.REFUSED: "They cannot be used as they are. Nothing of these rows is saved.",
}
# The same once it is saved.
SAVED_SENTENCES = SENTENCES | {
    Verdict.NEW: "They became contacts.",
    Verdict.CHANGED: "They were contacts already. This is what the file changed.",
    Verdict.REFUSED: "They could not be used. Nothing of these rows was saved.",
}
FORGOTTEN = "What became of each row is kept for 90 days. The counts stay."
NONE = {
    Verdict.NEW: "Nobody in the file is new.",
    Verdict.CHANGED: "No contact is changed.",
    Verdict.REFUSED: "Every row can be used.",
}
FIELDS = {
    "first_name": "First name",
    "last_name": "Last name",
    "company_name": "Company",
    "assigned_to_email": "Assignee",
    "sendblue_number": "Line",
    "opted_out": "Opted out",
}


@dataclass(frozen=True, slots=True)
class Value:
    """A field with its text; of a change also what it was, which may be nothing, or just more."""

    name: str
    text: str
    before: str = ""
    is_added: bool = False


@dataclass(frozen=True, slots=True)
class RefusedCell:
    """A cell of a refused row, under the name of its column."""

    name: str
    text: str
    is_wrong: bool


@dataclass(frozen=True, slots=True)
class ShownRow:
    """One row as the report lists it."""

    row: ImportRow
    columns: list[str]
    counting_line: int | None = None

    @property
    def name(self) -> str:
        """First and last name as the file says them."""
        said = self.row.values
        return f"{said.get('first_name', '')} {said.get('last_name', '')}".strip()

    @property
    def number(self) -> str:
        """The number as people write it."""
        return national(self.row.number)

    @property
    def values(self) -> list[Value]:
        """What else the row says."""
        named = {"first_name", "last_name"}
        said = {name: value for name, value in self.row.values.items() if name not in named}
        return [Value(name, text) for name, text in _texts(said).items()]

    @property
    def changes(self) -> list[Value]:
        """What the row changes of a contact, label by label; of tags those that it adds."""
        pairs = dict(self.row.changes)
        had, has = pairs.pop("tags", ([], []))
        before = _texts({name: pair[0] for name, pair in pairs.items()})
        after = _texts({name: pair[1] for name, pair in pairs.items()})
        return [
            *(Value("Tag", tag, is_added=True) for tag in has if tag not in had),
            *(
                Value(name, after.get(name, ""), before.get(name, ""))
                for name in dict.fromkeys((*before, *after))
                if before.get(name) != after.get(name)
            ),
        ]

    @property
    def cells(self) -> Iterator[RefusedCell]:
        """The cells of a refused row as they came; empty ones only where they are wrong."""
        for at, text in enumerate(self.row.cells):
            if text.strip() or at == self.row.column:
                yield RefusedCell(self._title(at), text, at == self.row.column)
        if self.row.column is not None and self.row.column >= len(self.row.cells):
            yield RefusedCell(self._title(self.row.column), "", is_wrong=True)

    def _title(self, at: int) -> str:
        name = self.columns[at] if at < len(self.columns) else ""
        return name or f"Column {at + 1}"


def shown_rows(run: ContactImport, rows: Iterable[ImportRow]) -> list[ShownRow]:
    """Rows of one page; at most one query, for the rows that count instead of duplicates."""
    rows = list(rows)
    counting = {row.duplicate_of for row in rows if row.duplicate_of}
    lines = (
        dict(ImportRow.objects.filter(run=run, row__in=counting).values_list("row", "line"))
        if counting
        else {}
    )
    columns = [column["name"] for column in run.columns]
    return [ShownRow(row, columns, lines.get(row.duplicate_of or 0)) for row in rows]


def _texts(values: Mapping[str, Any]) -> dict[str, str]:
    """A text for each field, and for each custom variable one of its own."""
    found: dict[str, str] = {}
    for name, value in values.items():
        if isinstance(value, dict):
            found |= {str(label): _text(said) for label, said in value.items()}
        else:
            found[FIELDS.get(name, name.replace("_", " ").capitalize())] = _text(value)
    return found


def _text(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(map(str, value))
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "" if value is None else str(value)
