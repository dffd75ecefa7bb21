"""CSV files as they come: in every encoding and dialect, and broken in every way."""

from __future__ import annotations

import csv
import io
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contacts.csv import Dialect, Unusable, detect, guess_columns, records
from contacts.csv.reading import header

PEOPLE = [
    ["Phone", "Vorname", "Größe", "Note"],
    ["+14155550123", "Ærøskøbing", "5", "said “hi”\nand left"],
    ["+14155550124", "José", "7", "a, b; c | d"],
    ["+4930901820", "Zoë", "", 'quoted "twice"'],
]


def written(rows: list[list[str]], *, delimiter: str = ",", end: str = "\r\n") -> str:
    text = io.StringIO()
    writer = csv.writer(text, delimiter=delimiter, lineterminator=end, quoting=csv.QUOTE_ALL)
    writer.writerows(rows)
    return text.getvalue()


def read(file: io.BytesIO) -> tuple[Dialect, list[list[str]]]:
    dialect = detect(file)
    found = list(records(file, dialect))
    assert not any(record.error for record in found)
    return dialect, [record.cells for record in found]


@pytest.mark.parametrize("end", ["\r\n", "\n", "\r"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252"]
)
def test_every_dialect_is_recognised(encoding: str, delimiter: str, end: str) -> None:
    file = io.BytesIO(written(PEOPLE, delimiter=delimiter, end=end).encode(encoding))
    dialect, rows = read(file)
    assert (dialect.delimiter, dialect.has_header) == (delimiter, True)
    assert rows == PEOPLE[1:]
    assert header(file, dialect) == PEOPLE[0]


def test_a_list_of_numbers_alone_has_no_header() -> None:
    dialect, rows = read(io.BytesIO(b"+14155550123\n+14155550124\n"))
    assert not dialect.has_header
    assert rows == [["+14155550123"], ["+14155550124"]]


def test_a_row_that_breaks_the_rules_leaves_the_others_alone() -> None:
    file = io.BytesIO(b'phone,name\n1,a\n2,"b"c\n3,d\n')
    found = list(records(file, detect(file)))
    assert [(record.number, record.cells) for record in found] == [
        (1, ["1", "a"]),
        (2, []),
        (3, ["3", "d"]),
    ]
    assert "quotation mark" in found[1].error


HOSTILE = {
    "nothing": b"",
    "blanks": b" \r\n\t\n",
    "excel": b"PK\x03\x04" + bytes(range(256)) * 50,
    "old excel": b"\xd0\xcf\x11\xe0" + bytes(512),
    "pdf": b"%PDF-1.7\n" + bytes(range(256)) * 9,
    "gzip": b"\x1f\x8b\x08" + bytes(range(256)) * 9,
    "zeros": bytes(100_000),
    "noise": bytes(range(256)) * 4000,
    "one long field": b"phone,name\n+14155550123," + b"x" * 30_000_000,
    "never closed": b'phone,name\n1,a\n2,"b\n' + b"3,c\n" * 300_000,
    "never closed at the end": b'phone,name\n1,a\n2,"b\n',
    "columns": b"phone" + b",x" * 100_000 + b"\n",
    "utf-32": "phone,name\n".encode("utf-32-le"),
    "lone surrogate": b"\xff\xfe" + "phone\n".encode("utf-16-le") + b"\x00\xd8\x41\x00",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_what_cannot_be_read_is_refused_with_a_sentence(name: str) -> None:
    file = io.BytesIO(HOSTILE[name])
    started = time.process_time()
    with pytest.raises(Unusable) as refusal:
        for _record in records(file, detect(file)):
            pass
    assert str(refusal.value).endswith(".")
    assert time.process_time() - started < 2


def test_a_column_is_known_by_its_name_its_cells_or_what_was_chosen_before() -> None:
    rows = [["94103", "(415) 555-0123", "Anna", "VIP"], ["10001", "415-555-0124", "Ben", ""]]
    found = guess_columns(
        ["ZIP", "Ruf", "Vorname", "Level"], rows, remembered={"level": ("tag", "")}
    )
    assert [(column.target, column.label) for column in found] == [
        ("variable", "ZIP"),
        ("number", ""),
        ("first_name", ""),
        ("tag", ""),
    ]
    assert found[3].examples == ("VIP",)
    assert [column.target for column in guess_columns(["Phone", "Mobile"], [])] == [
        "number",
        "variable",
    ]


cells = st.text(st.characters(codec="utf-8", exclude_characters="\x00\ufeff"), max_size=20)


@given(st.lists(st.lists(cells, min_size=2, max_size=2), min_size=1, max_size=20))
def test_what_was_written_is_read(rows: list[list[str]]) -> None:
    kept = [row for row in rows if any(cell.strip() for cell in row)]
    file = io.BytesIO(written(rows).encode())
    dialect = Dialect("utf-8-sig", ",", has_header=False)
    assert [record.cells for record in records(file, dialect)] == kept
