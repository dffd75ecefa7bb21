"""How far both sides are apart, in words: the report, the causes, and what may be done."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from django.utils import timezone

from contacts.actions.differing import Cause
from contacts.actions.settlements import OFFERS, Settlement
from contacts.models import Contact, DriftItem, DriftReport
from sendblue_inbox.phone import national

from .card import FIELDS, field_name
from .drift_words import ACTS, CAUSES, ORDER, Act

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from contacts.drift_queries import Tally

State = DriftReport.State
PLACES = list(FIELDS)
TITLE = ("first_name", "last_name")


@dataclass(frozen=True, slots=True)
class Offer:
    """A button; `question` is asked first, for one that loses something or is about many."""

    act: Act
    words: str
    question: str


@dataclass(frozen=True, slots=True)
class Value:
    """A field and both values in words; None: that side has no such contact."""

    name: str
    ours: str | None
    theirs: str | None


@dataclass(frozen=True, slots=True)
class Row:
    """One difference."""

    item: DriftItem

    @property
    def title(self) -> str:
        """Whom it is about."""
        if self.item.contact and self.item.contact.removed_at is None:
            return str(self.item.contact)
        told = {name: pair[1] for name, pair in self.item.fields.items()}
        full = f"{told.get('first_name') or ''} {told.get('last_name') or ''}".strip()
        return full or told.get("company_name") or national(self.item.number)

    @property
    def has_card(self) -> bool:
        """Whether there is a card to look at."""
        return bool(self.item.contact and self.item.contact.removed_at is None)

    @property
    def values(self) -> list[Value]:
        """What differs; of a contact on one side only, all that it says there but the name."""
        is_titled = self.item.kind != DriftItem.Kind.DIFFERS
        return [
            Value(_named(name), _said(ours), _said(theirs))
            for name, (ours, theirs) in sorted(self.item.fields.items(), key=_place)
            if not (is_titled and name in TITLE)
        ]

    @property
    def why(self) -> str:
        """What Sendblue said, where it refused our edit."""
        contact, causes = self.item.contact, {Cause.REFUSED, Cause.DELETION_REFUSED, Cause.EMPTIED}
        return contact.push_error if contact and self.item.cause in causes else ""

    @property
    def offers(self) -> list[Offer]:
        """What may be done; nothing where it is done or asked for already."""
        if self.item.settled_as and not self.item.error:
            return []
        who = self.title
        if who != national(self.item.number):
            who = f"{who} ({national(self.item.number)})"
        return [
            Offer(ACTS[key], ACTS[key].words, ACTS[key].loss.format(whom=who))
            for key in OFFERS[self.item.kind, self.item.cause]
        ]

    @property
    def outcome(self) -> str:
        """What has become of it; empty where nobody has asked for anything."""
        item = self.item
        if item.error or not item.settled_as:
            return item.error
        if item.settled_at is None:
            return f"{ACTS[item.settled_as].words}: waiting"
        if item.settled_as in {Settlement.SAVE_OURS, Settlement.CREATE_THERE} and item.contact:
            return {
                Contact.Push.WAITING: "On its way to Sendblue",
                Contact.Push.REFUSED: f"Refused by Sendblue: {item.contact.push_error}",
            }.get(Contact.Push(item.contact.push_state), "Saved at Sendblue")
        return ACTS[item.settled_as].done

    @property
    def mark(self) -> str:
        """How the outcome looks: `waiting`, `done` or `refused`."""
        item = self.item
        is_pushed = item.settled_as in {Settlement.SAVE_OURS, Settlement.CREATE_THERE}
        push = item.contact.push_state if is_pushed and item.contact else ""
        if item.error or (item.settled_at and push == Contact.Push.REFUSED):
            return "refused"
        return "waiting" if item.settled_at is None or push == Contact.Push.WAITING else "done"


@dataclass(frozen=True, slots=True)
class Group:
    """All differences of a kind and cause, with the first rows."""

    tally: Tally
    rows: list[Row] = field(default_factory=list)

    @property
    def title(self) -> str:
        """What they have in common."""
        return CAUSES[self.tally.kind, self.tally.cause][0]

    @property
    def why(self) -> str:
        """How it may have come about."""
        return CAUSES[self.tally.kind, self.tally.cause][1]

    @property
    def offers(self) -> list[Offer]:
        """What may be done with all that are still open."""
        count = self.tally.open
        if count < 2:
            return []
        whom = f"{count:,} contacts"
        ways = OFFERS[self.tally.kind, self.tally.cause]
        return [
            Offer(
                ACTS[key],
                f"{ACTS[key].words}: all {count:,}",
                ACTS[key].loss.format(whom=whom) or f"{ACTS[key].words} for {whom}?",
            )
            for key in ways
        ]


def groups_of(tallies: Iterable[Tally], items: Iterable[DriftItem]) -> list[Group]:
    """The groups in the order of their weight, each with its rows."""
    rows: dict[tuple[str, str], list[Row]] = {}
    for item in items:
        rows.setdefault((item.kind, item.cause), []).append(Row(item))
    known = sorted(tallies, key=lambda tally: ORDER.index((tally.kind, tally.cause)))
    return [Group(tally, rows.get((tally.kind, tally.cause), [])) for tally in known]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a report says in one sentence, and what that rests on."""

    report: DriftReport
    tallies: list[Tally]

    @property
    def is_under_way(self) -> bool:
        """Whether it is being made."""
        return self.report.state in {State.READING, State.COMPARING}

    @property
    def found(self) -> int:
        """How many contacts differed."""
        return sum(tally.count for tally in self.tallies)

    @property
    def open(self) -> int:
        """How many of them nobody has settled."""
        return sum(tally.open for tally in self.tallies)

    @property
    def pending(self) -> int:
        """How many are being settled this moment."""
        return sum(tally.asked for tally in self.tallies)

    @property
    def pushes(self) -> bool:
        """Whether anything that was settled may still be on its way to Sendblue."""
        return any(tally.count > tally.open for tally in self.tallies)

    @property
    def is_even(self) -> bool:
        """Whether nothing differed, and the counts say the same."""
        counts = self.report.counts
        figures = {counts.get("here"), counts.get("there"), counts.get("counted")}
        return self.report.state == State.DONE and not self.found and len(figures) == 1

    @property
    def tone(self) -> str:
        """Whether it is good, needs a look, or failed."""
        if self.report.state == State.FAILED:
            return "danger"
        return "good" if self.is_even else "warning"

    @property
    def title(self) -> str:
        """The sentence."""
        if self.report.state == State.FAILED:
            return "The last comparison was not finished"
        if self.is_even:
            return "The same on both sides"
        if not self.found:
            return "Nothing differs, but the counts do"
        if self.pending:
            return f"{self.pending:,} being settled, {self.open:,} still open"
        if not self.open:
            return "All that differed is settled"
        return f"{self.open:,} {'contact is' if self.open == 1 else 'contacts are'} not the same"

    @property
    def advice(self) -> str:
        """What to do, or what to know; empty where there is nothing."""
        if self.report.state == State.FAILED:
            return f"{self.report.error} It says nothing about your contacts."
        if self.found and not self.open and not self.pending:
            return "Compare again to prove it."
        if not self.found and not self.is_even:
            return "Contacts came or went while the list was read. Compare again."
        if unlooked := self.report.counts.get("unlooked"):
            return (
                f"Sendblue was asked about {self.found - unlooked:,} of them one by one; the other "
                f"{unlooked:,} are as its list had them while it was read."
            )
        return ""

    @property
    def basis(self) -> str:
        """The figures, and when they were compared."""
        counts = self.report.counts
        if self.report.finished_at is None or "here" not in counts:
            return ""
        counted = "does not say" if counts["counted"] is None else f"says {counts['counted']:,}"
        return (
            f"{counts['here']:,} here, {counts['there']:,} at Sendblue, its own count {counted}, "
            f"compared {at_and_day(self.report.finished_at)}."
        )

    @property
    def progress(self) -> str:
        """How far a report under way is."""
        report = self.report
        if report.is_cancelled:
            return "It stops in a moment."
        if report.state == State.READING:
            of = f" of about {report.total:,}" if report.total else ""
            return f"Reading Sendblue’s contacts: {report.counts.get('there', 0):,}{of}"
        looked = report.counts.get("looked", 0)
        return f"Looking again at what differed: {looked:,} of {report.total or 0:,}"

    @property
    def share(self) -> float | None:
        """How much of the list has been read, or of the suspects been asked about, from 0 to 1.

        None where nobody knows.
        """
        report = self.report
        done = report.counts.get("there" if report.state == State.READING else "looked", 0)
        return min(1.0, done / report.total) if report.total else None


def at_and_day(moment: datetime) -> str:
    """A moment at the end of a sentence: 03:12 today, 14:02 on 3 Mar 2026."""
    at, today = timezone.localtime(moment), timezone.localdate()
    days = (today - at.date()).days
    day = {0: "today", 1: "yesterday"}.get(days, f"on {at.day} {at:%b %Y}")
    return f"{at:%H:%M} {day}"


def _place(pair: tuple[str, Any]) -> tuple[int, str]:
    """The database keeps no order of fields: theirs is that of the card."""
    name = pair[0]
    return (PLACES.index(name) if name in PLACES else len(PLACES), name)


def _named(name: str) -> str:
    return {"opted_out": "Opted out", "verified": "Verified"}.get(name) or field_name(name)


def _said(value: Any) -> str | None:
    if isinstance(value, list):
        return ", ".join(map(str, value))
    if isinstance(value, bool):
        return "yes" if value else "no"
    return None if value is None else str(value)
