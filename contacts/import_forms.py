"""What a person says of a file: how it reads, where its columns go, what it may change."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from django import forms

from contacts.countries import COUNTRIES
from contacts.csv.detecting import DELIMITERS, ENCODINGS
from contacts.models import ContactImport, ImportRow

if TYPE_CHECKING:
    from contacts.csv import Column

VARIABLE = "variable"
# Where the cells of a column may go; what only one column can be comes first.
FIELDS = {
    "number": "Phone number or address",
    "first_name": "First name",
    "last_name": "Last name",
    "name": "Full name",
    "company_name": "Company",
    "assigned_to_email": "Owner’s e-mail",
    "sendblue_number": "Line",
    "opted_out": "Opted out",
    "tags": "Tags, separated by commas",
}
TARGETS = FIELDS | {"tag": "One tag", VARIABLE: "Custom variable", "": "Leave out"}
NO_NUMBER = "Choose the column that holds the phone number or address: people are known by it."
NO_LABEL = "Give the variable a name."
LONGEST_LABEL = 200


@dataclass(frozen=True, slots=True)
class Choice:
    """Where one column is to go, as it was chosen, and what is wrong with that."""

    target: str
    label: str
    error: str = ""


class ReadingForm(forms.Form):
    """Encoding, separator, header, and how national numbers are meant; all may be left as is."""

    encoding = forms.ChoiceField(choices=list(ENCODINGS.items()))
    delimiter = forms.ChoiceField(
        choices=[(mark, name.capitalize()) for mark, name in DELIMITERS.items()]
    )
    has_header = forms.TypedChoiceField(
        choices=[("yes", "Names the columns"), ("no", "Is a person already")],
        coerce=lambda value: value == "yes",
    )
    country = forms.ChoiceField(choices=list(COUNTRIES.items()))
    existing = forms.ChoiceField(choices=ContactImport.Existing.choices)

    @classmethod
    def of(cls, run: ContactImport, data: Any = None) -> ReadingForm:
        """The form with what is set for an import, or with what somebody has changed."""
        said = {
            "encoding": run.encoding,
            "delimiter": run.delimiter,
            "has_header": "yes" if run.has_header else "no",
            "country": run.country,
            "existing": run.existing,
        }
        return cls(data, initial=said)

    def rereads(self, run: ContactImport) -> bool:
        """Whether the file has other cells when it is read as this valid form says."""
        said = self.cleaned_data
        now = (run.encoding, run.delimiter, run.has_header)
        return (said["encoding"], said["delimiter"], said["has_header"]) != now


class ColumnChoices:
    """What was chosen for each column of a file."""

    def __init__(self, data: Any, columns: list[Column]) -> None:
        targets = [data.get(f"target-{column.position}", column.target) for column in columns]
        labels = [
            str(data.get(f"label-{column.position}", column.label)).replace("\x00", "").strip()
            for column in columns
        ]
        chosen = [
            (target, label[:LONGEST_LABEL] if target == VARIABLE else "")
            for target, label in zip(targets, labels, strict=True)
        ]
        often = Counter(choice for choice in chosen if choice[0] in {*FIELDS, VARIABLE})
        self.all = [Choice(*choice, error=self._error(choice, often)) for choice in chosen]

    @property
    def targets(self) -> list[tuple[str, str]]:
        """(target, label) of each column, as the action takes them."""
        return [(choice.target, choice.label) for choice in self.all]

    @property
    def is_valid(self) -> bool:
        """Whether they can be kept; a column for the number may still be missing."""
        return not any(choice.error for choice in self.all)

    @property
    def missing(self) -> str:
        """The sentence about a missing number; empty where there is one."""
        return "" if any(choice.target == "number" for choice in self.all) else NO_NUMBER

    @staticmethod
    def _error(choice: tuple[str, str], often: Counter[tuple[str, str]]) -> str:
        target, label = choice
        if target not in TARGETS:
            return "Choose one of the fields."
        if target == VARIABLE and not label:
            return NO_LABEL
        if often[choice] > 1:
            field = f"the variable “{label}”" if target == VARIABLE else f"“{FIELDS[target]}”"
            return f"Another column goes to {field} too. Choose one of them."
        return ""


class RowsForm(forms.Form):
    """Which judged rows are looked at; what makes no sense in the address is left out."""

    MOST_ROW: ClassVar = 2**31 - 1

    verdict = forms.ChoiceField(choices=ImportRow.Verdict.choices, required=False)
    after = forms.IntegerField(min_value=0, max_value=MOST_ROW, required=False)

    def asked(self) -> tuple[str, int]:
        """The verdict, or nothing, and the row behind which the page begins."""
        self.full_clean()
        return self.cleaned_data.get("verdict") or "", self.cleaned_data.get("after") or 0


class PlaceForm(forms.Form):
    """The import behind which a page of the list begins."""

    before = forms.IntegerField(min_value=1, max_value=2**63 - 1, required=False)

    def place(self) -> int | None:
        """Its number; None for the first page, and for what makes no sense."""
        self.full_clean()
        return self.cleaned_data.get("before")
