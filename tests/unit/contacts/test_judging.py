"""What a row of a file says of a person: normalised, or refused with the cell and a sentence."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contacts.csv.applying import changes_of, taken_back
from contacts.csv.guarding import guard, join_words, split_words, unguard
from contacts.csv.judging import Judge, split_name
from contacts.csv.mapping import Column

COLUMNS = [
    Column(at, target, target, "Plan" if target == "variable" else "")
    for at, target in enumerate(
        ["number", "name", "company_name", "tags", "variable", "assigned_to_email", "opted_out"]
    )
]
SENTENCES = {
    ("",): (0, "no phone number"),
    ("twelve",): (0, "“twelve” is not a phone number"),
    ("1.415556E+10",): (0, "spreadsheet"),
    ("+1415555\x000123",): (0, "not a phone number"),
    ("+14155550123", "x" * 500): (1, "longer than 200"),
    ("+14155550123", "", "a\x00b"): (2, "NUL"),
    ("+14155550123", "", "", "x" * 101): (3, "longer than 100"),
    ("+14155550123", "", "", "", "", "anna at home"): (5, "not an e-mail"),
    ("+14155550123", "", "", "", "", "", "perhaps"): (6, "neither yes nor no"),
    ("+14155550123", "", "", "", "", "", "", "more"): (7, "more cells"),
}


@pytest.fixture(scope="module")
def judge() -> Judge:
    return Judge(COLUMNS, country="DE")


@pytest.mark.parametrize(
    ("cell", "number"),
    [
        ("+14155550123", "+14155550123"),
        ("030 901820", "+4930901820"),
        ("'+49 30 901820", "+4930901820"),
        ('="+4930901820"', "+4930901820"),
        ("tel:+4930901820", "+4930901820"),
        (" Anna@Example.com ", "anna@example.com"),
    ],
)
def test_a_number_in_any_spelling(judge: Judge, cell: str, number: str) -> None:
    assert judge.judge([cell]).number == number


def test_a_number_without_its_area_code_is_nobodys() -> None:
    judged = Judge(COLUMNS, country="US").judge(["555-0123"])
    assert (judged.number, judged.column) == ("", 0)


def test_a_row_says_what_its_cells_say(judge: Judge) -> None:
    row = ["+14155550123", "van Dyck, Ada ", "'=Alder", "vip; a|b, vip", "gold", "", "Ja"]
    assert judge.judge(row).values == {
        "first_name": "Ada",
        "last_name": "van Dyck",
        "company_name": "=Alder",
        "tags": ["vip", "a", "b"],
        "custom_variables": {"Plan": "gold"},
        "opted_out": True,
    }
    assert judge.judge(["+14155550123", "", " ", "", "", "", "no"]).values == {}


@pytest.mark.parametrize("row", SENTENCES, ids=lambda row: repr(row)[:40])
def test_what_cannot_be_meant_so_is_refused(judge: Judge, row: tuple[str, ...]) -> None:
    column, words = SENTENCES[row]
    judged = judge.judge(row)
    assert (judged.column, judged.number, judged.values) == (column, "", {})
    assert words in judged.reason and judged.reason.endswith(".")


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("Ada Lovelace", ("Ada", "Lovelace")),
        ("Anna Maria Schmidt", ("Anna Maria", "Schmidt")),
        ("Ludwig van Beethoven", ("Ludwig", "van Beethoven")),
        ("Cher", ("Cher", "")),
    ],
)
def test_a_name_has_two_parts(name: str, parts: tuple[str, str]) -> None:
    assert split_name(name) == parts


texts = st.text(st.characters(codec="utf-8"), max_size=12)
words = st.lists(texts.filter(lambda word: word.strip() == word != ""), unique=True, max_size=4)


@given(texts)
def test_a_guarded_cell_is_no_formula_and_comes_back(cell: str) -> None:
    assert unguard(guard(cell)) == cell
    assert guard(cell).lstrip()[:1] not in set("=+-@") or guard(cell)[1:].isdigit()


@given(words)
def test_words_of_one_cell_come_back(found: list[str]) -> None:
    assert split_words(join_words(found)) == found


values = st.sampled_from(["", "a", "b"])
labels = st.dictionaries(st.sampled_from("xyz"), st.sampled_from("ab"))
tags = st.lists(st.sampled_from("abc"), unique=True)
people = st.fixed_dictionaries(
    {"first_name": values, "company_name": values, "tags": tags, "custom_variables": labels}
)


@given(people, people, st.booleans())
def test_what_was_changed_can_be_taken_back(
    said: dict[str, Any], before: dict[str, Any], overwrites: bool
) -> None:
    said = {name: value for name, value in said.items() if value}
    changes = changes_of(said, before, overwrites=overwrites)
    after = {**before, **{name: new for name, (_old, new) in changes.items()}}
    for name, value in said.items():
        if name == "tags":
            assert set(after[name]) == {*before[name], *value}
        elif name == "custom_variables":
            first, last = (before[name], value) if overwrites else (value, before[name])
            assert after[name] == {**first, **last}
        elif overwrites or not before[name]:
            assert after[name] == value
        else:
            assert after[name] == before[name]
    assert not changes_of(said, after, overwrites=overwrites)
    values, kept = taken_back(changes, after)
    assert kept == 0 and {**after, **values} == before


@given(people, people, people)
def test_what_was_edited_since_stays(
    said: dict[str, Any], before: dict[str, Any], since: dict[str, Any]
) -> None:
    changes = changes_of(said, before, overwrites=True)
    values, _kept = taken_back(changes, since)
    for name, (_old, new) in changes.items():
        if name in {"first_name", "company_name"} and since[name] != new:
            assert name not in values
        if name == "custom_variables":
            edited = {label for label in since[name] if since[name][label] != new.get(label)}
            left = values.get(name, since[name])
            assert all(left.get(label) == since[name][label] for label in edited)
