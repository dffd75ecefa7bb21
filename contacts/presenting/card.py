"""What a contact's card says: its fields, how far it is saved, what is open, what was agreed."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from contacts.actions.consenting import newest_word
from contacts.actions.merging import TEXTS, value_at, values_of
from contacts.models import ConsentChange, Contact, ContactChange, Sweep

from .numbers import OtherNumber, other_numbers

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from contacts.lines import OurLine
    from sendblue_inbox.models import User

FIELDS = {
    "first_name": "First name",
    "last_name": "Last name",
    "company_name": "Company",
    "assigned_to_email": "Assignee",
    "sendblue_number": "Line",
    "tags": "Tags",
    "custom_variables": "Custom variables",
    "other_numbers": "Other number",
}
SAID = {
    ConsentChange.Source.WORD: "They texted it",
    ConsentChange.Source.FLAG: "Sendblue marked a message of theirs",
    ConsentChange.Source.REFUSAL: "Sendblue refused a message because of it",
    ConsentChange.Source.LIST: "Sendblue’s list of contacts says so",
    ConsentChange.Source.AGENT: "An agent noted it",
    ConsentChange.Source.CSV: "A CSV file said so",
}


@dataclass(frozen=True, slots=True)
class Variable:
    """A custom variable, and a key for its place on the page."""

    label: str
    value: str
    key: str


@dataclass(frozen=True, slots=True)
class Conflict:
    """A field that both sides changed: `by` and `at` tell who changed ours, where that is known."""

    field: str
    name: str
    ours: str
    theirs: str
    by: str
    at: datetime | None


@dataclass(frozen=True, slots=True)
class Consent:
    """The newest word: how we know it, when, and the handle of the message that proves it."""

    words: str
    note: str
    at: datetime
    message_handle: str
    is_from_phone: bool


@dataclass(frozen=True, slots=True)
class Text:
    """A field that holds one line of text."""

    name: str
    label: str
    value: str


@dataclass(frozen=True, slots=True)
class Choice:
    """One of the values that a field may have, and what it is called."""

    value: str
    name: str


@dataclass(frozen=True)
class Card:
    """A contact as a page shows it; what needs a query is asked for when it is shown.

    `team` and `lines` are whom it may be assigned to and from where it may be written to.
    """

    contact: Contact
    team: Iterable[User] = ()
    lines: Iterable[OurLine] = ()

    @property
    def texts(self) -> list[Text]:
        """The names."""
        return [Text(name, FIELDS[name], getattr(self.contact, name)) for name in TEXTS[:3]]

    @property
    def assignees(self) -> list[Choice]:
        """Our people, and whoever else it is assigned to at Sendblue."""
        ours = [Choice(agent.email, str(agent)) for agent in self.team]
        return _with(ours, self.contact.assigned_to_email, "{}, not in this inbox")

    @property
    def lines_offered(self) -> list[Choice]:
        """Our lines, and the one that it has although it is none of ours."""
        ours = [Choice(line.number, str(line)) for line in self.lines]
        return _with(ours, self.contact.sendblue_number, "{}, no line of yours")

    @property
    def variables(self) -> list[Variable]:
        """The custom variables, each with the key of its row."""
        rows = self.contact.custom_variables.items()
        return [Variable(label, str(value), key_of(label)) for label, value in rows]

    @property
    def push(self) -> str:
        """How far it is saved: `waiting`, `saved`, `refused`, `missing` there, or `there`."""
        if self.contact.push_state:
            return self.contact.push_state
        return "missing" if self.contact.at_sendblue is None else "there"

    @cached_property
    def read_at(self) -> datetime | None:
        """When Sendblue was last seen to have it so: a sweep writes no contact that is the same."""
        if self.contact.missed_sweeps:
            return self.contact.seen_at_sendblue
        whole = Sweep.objects.filter(is_whole=True).order_by("-started_at")
        swept_at = whole.values_list("started_at", flat=True).first()
        return max(filter(None, (self.contact.seen_at_sendblue, swept_at)), default=None)

    @cached_property
    def conflicts(self) -> list[Conflict]:
        """What a person has to pick; one query where there is anything."""
        found = self.contact.conflicts
        if not found:
            return []
        ours = values_of(self.contact)
        names = {field.partition(".")[0] for field in found}
        changes = self.contact.changes.filter(field__in=names).select_related("author")
        latest: dict[str, ContactChange] = {}
        for change in changes.exclude(source=ContactChange.Source.SENDBLUE).order_by("pk"):
            latest[change.field] = change
        return [
            _conflict(field, str(value_at(ours, field)), str(theirs), latest)
            for field, theirs in found.items()
        ]

    @cached_property
    def other_numbers(self) -> list[OtherNumber]:
        """The numbers that were merged into this contact."""
        return other_numbers(self.contact, named=field_name)

    @cached_property
    def consent(self) -> Consent | None:
        """What decides whether they may be written to; None where nobody said anything."""
        word = newest_word(self.contact)
        if word is None:
            return None
        words = SAID[ConsentChange.Source(word.source)]
        if word.source == ConsentChange.Source.AGENT and word.author:
            words = f"{word.author} noted it"
        phone = word.source in {ConsentChange.Source.WORD, ConsentChange.Source.FLAG}
        return Consent(words, word.note, word.as_of, word.message_handle, phone)


def key_of(label: str) -> str:
    """A short name for a label, which may be any text, in the ids of a page."""
    return hashlib.sha256(label.encode()).hexdigest()[:12]


def field_name(field: str) -> str:
    """What people call a field: “Company”, or the label of a custom variable."""
    name, _, label = field.partition(".")
    return label or FIELDS.get(name, name)


def _with(choices: list[Choice], value: str, otherwise: str) -> list[Choice]:
    if not value or any(choice.value == value for choice in choices):
        return choices
    return [*choices, Choice(value, otherwise.format(value))]


def _conflict(field: str, ours: Any, theirs: Any, latest: dict[str, ContactChange]) -> Conflict:
    change = latest.get(field.partition(".")[0])
    by = str(change.author) if change and change.author else ""
    return Conflict(field, field_name(field), ours, theirs, by, change.at if change else None)
