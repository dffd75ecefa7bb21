"""What an export writes is read back as it was, and runs in no spreadsheet."""

from __future__ import annotations

import io
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contacts.csv import detect, guess_columns, records
from contacts.csv.guarding import guard, join_words, split_words, unguard
from contacts.csv.reading import header as read_header
from contacts.csv.writing import as_csv, cells, header
from sendblue_inbox.phone import E164

SIGNS = "=+-@\t\r\x00"
BLANKS = " \xa0\n\u2003"
CELLS = st.text(st.sampled_from([*SIGNS, *BLANKS, *"'\"a1,;|＝é"]), max_size=12) | st.text()
TEXT = st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]), max_size=20)
TAGS = st.lists(TEXT.filter(bool), unique=True, max_size=4)
LABELS = ["Plan", "=cmd", "Company", "Reason", "custom_variables.x", "Größe"]


@given(CELLS)
def test_a_guard_is_taken_off_exactly(cell: str) -> None:
    assert unguard(guard(cell)) == cell


@given(CELLS)
def test_no_cell_begins_a_formula(cell: str) -> None:
    written = guard(cell)
    begins = written.lstrip("".join(BLANKS))[:1]
    assert begins not in set(SIGNS) or E164.fullmatch(cell)


@pytest.mark.parametrize("cell", ["+14155550123", "", "Ann", "it’s", "4 = 4", "'tis"])
def test_what_is_harmless_stays(cell: str) -> None:
    assert guard(cell) == cell


@given(TAGS)
def test_tags_stay_apart_whatever_they_hold(tags: list[str]) -> None:
    assert split_words(join_words(tags)) == tags


@settings(max_examples=60)
@given(st.lists(st.tuples(TEXT, TAGS, TEXT), max_size=5))
def test_a_file_is_read_as_it_was_written(people: list[tuple[str, list[str], str]]) -> None:
    rows = [
        cells(contact(at, name, tags, value), LABELS)
        for at, (name, tags, value) in enumerate(people)
    ]
    file = io.BytesIO(as_csv([header(LABELS), *rows]))
    dialect = detect(file)
    assert dialect.has_header
    assert dialect.delimiter == ","
    columns = guess_columns(read_header(file, dialect), [])
    assert [column.label for column in columns if column.target == "variable"] == LABELS
    assert len({column.target for column in columns}) == len(columns) - len(LABELS) + 1
    found = [[unguard(cell) for cell in record.cells] for record in records(file, dialect)]
    assert found == rows


def contact(at: int, name: str, tags: list[str], value: str) -> dict[str, Any]:
    """The columns of somebody."""
    texts = ("last_name", "company_name", "assigned_to_email", "sendblue_number")
    return dict.fromkeys(texts, "") | {
        "number": f"+1415555{at:04d}",
        "first_name": name,
        "tags": tags,
        "opted_out": at % 2 == 1,
        "custom_variables": dict.fromkeys(LABELS, value),
    }
