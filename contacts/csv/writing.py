"""Lists of people as CSV files that spreadsheets do not run, and that can be imported again.

A phone number keeps its plus, what would be a formula gets an apostrophe (`guard`), and a header
names its column so that a reader knows it (contacts/csv/mapping.py).
"""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING, Any

from .guarding import guard, join_words
from .mapping import FIELD_WORDS, REASON, VARIABLE, plain

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

TEXTS = ("number", "first_name", "last_name", "company_name")
MORE_TEXTS = ("assigned_to_email", "sendblue_number")
# So that Excel takes the text for UTF-8.
MARK = b"\xef\xbb\xbf"


def header(labels: Iterable[str]) -> list[str]:
    """The names of the columns for people who have custom variables of these names."""
    return [*TEXTS, "tags", *MORE_TEXTS, "opted_out", *map(_title, labels)]


def cells(contact: Mapping[str, Any], labels: Iterable[str]) -> list[str]:
    """The row of a contact, given as its columns."""
    variables = contact["custom_variables"]
    return [
        *(contact[name] for name in TEXTS),
        join_words(contact["tags"]),
        *(contact[name] for name in MORE_TEXTS),
        "yes" if contact["opted_out"] else "no",
        *(str(variables.get(label, "")) for label in labels),
    ]


def as_csv(rows: Iterable[Sequence[str]]) -> bytes:
    """The rows with every cell quoted and guarded, each ended as RFC 4180 has it; UTF-8."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, quoting=csv.QUOTE_ALL)
    writer.writerows([guard(cell) for cell in row] for row in rows)
    return text.getvalue().encode()


def _title(label: str) -> str:
    """The name of a variable's column; with a mark where it would be taken for a field."""
    is_taken = plain(label) in {*FIELD_WORDS, REASON} or label.startswith(VARIABLE)
    return f"{VARIABLE}{label}" if is_taken else label
