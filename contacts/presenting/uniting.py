"""Two contacts side by side, and what they would be as one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from contacts.actions.merging import TEXTS, value_at, values_of
from contacts.actions.uniting import (
    CONTACT,
    NEITHER,
    OTHER,
    chosen,
    default_choice,
    fields_of,
)

from .card import field_name, key_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from contacts.models import Contact


@dataclass(frozen=True, slots=True)
class Pick:
    """A field that the two have differently: what each says, and which is chosen."""

    key: str
    name: str
    mine: str
    others: str
    choice: str


@dataclass(frozen=True, slots=True)
class Kept:
    """A tag, or a custom variable of one of them, that the person keeps or not."""

    key: str
    name: str
    value: str
    is_kept: bool


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the person that the two become."""

    name: str
    value: str


@dataclass(frozen=True)
class Union:
    """What the page asks: `picks` and `kept` to choose, `same` is nothing to choose about."""

    contact: Contact
    other: Contact
    choices: Mapping[str, str]

    @property
    def picks(self) -> list[Pick]:
        """The fields in which both say something else."""
        return [
            Pick(key_of(field), field_name(field), mine, others, self._choice(field))
            for field, mine, others in self._pairs()
            if mine != others and (field in TEXTS or (mine and others))
        ]

    @property
    def tags(self) -> list[Kept]:
        """The tags of both."""
        return [
            Kept(key_of(field), field.partition(".")[2], "", self._choice(field) != NEITHER)
            for field in fields_of(self.contact, self.other)
            if field.startswith("tags.")
        ]

    @property
    def variables(self) -> list[Kept]:
        """The custom variables that one of the two has."""
        return [
            Kept(key_of(field), field_name(field), mine or others, self._choice(field) != NEITHER)
            for field, mine, others in self._pairs()
            if field not in TEXTS and bool(mine) != bool(others)
        ]

    @property
    def result(self) -> list[Line]:
        """What both numbers will say."""
        after = chosen(self.contact, self.other, self.choices)
        lines = [Line(field_name(name), after[name]) for name in TEXTS]
        lines.append(Line("Tags", ", ".join(after["tags"])))
        lines += [Line(label, text) for label, text in after["custom_variables"].items()]
        return [line for line in lines if line.value]

    @property
    def title(self) -> str:
        """What the person is called then."""
        after = chosen(self.contact, self.other, self.choices)
        full = f"{after['first_name']} {after['last_name']}".strip()
        return full or after["company_name"]

    @property
    def numbers(self) -> list[Contact]:
        """The rows of all their numbers, the one of the card first."""
        return [
            number
            for person in (self.contact, self.other)
            for number in (person, *person.other_numbers.filter(removed_at=None).order_by("pk"))
        ]

    def _choice(self, field: str) -> str:
        return self.choices.get(field) or default_choice(self.contact, self.other, field)

    def _pairs(self) -> Iterable[tuple[str, str, str]]:
        sides = values_of(self.contact), values_of(self.other)
        for field in fields_of(self.contact, self.other):
            if not field.startswith("tags."):
                mine, others = (str(value_at(side, field)) for side in sides)
                yield field, mine, others


def choices_of(params: Mapping[str, Any], contact: Contact, other: Contact) -> dict[str, str]:
    """What was chosen on the page: radios say whose, boxes that are not ticked say nobody's."""
    choices = {}
    for field in fields_of(contact, other):
        key = key_of(field)
        if params.get(f"pick-{key}") in {CONTACT, OTHER}:
            choices[field] = params[f"pick-{key}"]
        elif f"shown-{key}" in params and f"keep-{key}" not in params:
            choices[field] = NEITHER
    return choices
