"""Bulk jobs in words: what is asked, what it does on both sides, and how far it is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from contacts.actions.jobs import can_be_undone
from contacts.actions.push_pacing import BULK_ROWS, push_forecast
from contacts.filtering import ContactFilter
from contacts.job_queries import Pushes, pushes_of
from contacts.models import BulkItem, BulkJob
from contacts.presenting.imports import duration

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import timedelta

Kind, State, Outcome = BulkJob.Kind, BulkJob.State, BulkItem.Outcome


@dataclass(frozen=True, slots=True)
class Consequences:
    """What an act does here, what at Sendblue, and how it is taken back."""

    here: str
    there: str
    back: str


CONSEQUENCES = {
    Kind.TAG: Consequences(
        "They get the tag. Who has it already stays as they are.",
        "Their contacts get the tag there, too.",
        "Undo takes it from those who got it.",
    ),
    Kind.UNTAG: Consequences(
        "They lose the tag and keep their others.",
        "Their contacts lose the tag there, too.",
        "Undo gives it back to those who had it.",
    ),
    Kind.ASSIGN: Consequences(
        "The contacts are assigned. Open conversations stay with whom they are.",
        "Their contacts name the same assignee there.",
        "Undo gives each one back to whom they had.",
    ),
    Kind.OPT_OUT: Consequences(
        "Nothing is sent to them any more, and what waits for them is held back. "
        "Conversations stay and can be read.",
        "Each is marked as opted out, so that nothing reaches them from anywhere in your account.",
        "There is no undo. Who wants to hear from you again texts START, or is opted in again "
        "on their card, one by one.",
    ),
    Kind.DELETE: Consequences(
        "Names, companies, tags and custom variables are taken away. Conversations stay, under "
        "the bare number, and who opted out stays opted out.",
        "They are deleted from your contacts there, many in one request.",
        "Undo brings back all that was known here, and makes them anew at Sendblue.",
    ),
    Kind.PUSH: Consequences(
        "Nothing changes.",
        "What differs there is made as it is here. What Sendblue refused before is tried again.",
        "There is no undo.",
    ),
}
THERE = {Kind.DELETE: "deleted"}
SOON = 10  # seconds
OUTCOMES = {
    Outcome.WAITING: "Not done yet",
    Outcome.DONE: "Done",
    Outcome.UNCHANGED: "Already so",
    Outcome.REFUSED: "Refused",
}


def time_at_sendblue(kind: str, count: int) -> str:
    """How long Sendblue takes for so many, under its limits; empty for what is soon over."""
    seconds = _forecast(kind, count).total_seconds()
    return duration(seconds) if seconds >= SOON else ""


def _forecast(kind: str, count: int) -> timedelta:
    if kind == Kind.DELETE:
        return push_forecast(single=-(-count // BULK_ROWS))
    if kind == Kind.OPT_OUT:
        return push_forecast(single=2 * count)  # once said, once read back
    return push_forecast(single=count) if kind == Kind.ASSIGN else push_forecast(bulk=count)


def heading_of(job: BulkJob, assignees: Mapping[str, str]) -> str:
    """The job with its count: Delete 1,204 contacts."""
    if job.kind == Kind.UNDO:
        return title_of(job, assignees)
    count = job.confirmed_count if job.total is None else job.total
    return act_on_people(job.kind, job.argument, count, assignees)


def warning_of(kind: str, count: int) -> str:
    """What nobody may overlook before they agree; empty where it is easily taken back."""
    people = f"{count:,} {'contact is' if count == 1 else 'contacts are'}"
    return {
        Kind.DELETE: f"{people} deleted, here and at Sendblue.",
        Kind.OPT_OUT: f"{people} cut off from every message, here and at Sendblue.",
    }.get(Kind(kind), "")


def title_of(job: BulkJob, assignees: Mapping[str, str] | None = None) -> str:
    """What the job does: Add the tag “vip”."""
    if job.kind == Kind.UNDO and job.undoes:
        title = title_of(job.undoes, assignees)
        return f"Undo: {title[0].lower()}{title[1:]}"
    return act_in_words(job.kind, job.argument, assignees)


def act_in_words(kind: str, argument: str, assignees: Mapping[str, str] | None = None) -> str:
    """The act as a command, without saying on whom."""
    if kind == Kind.ASSIGN:
        name = (assignees or {}).get(argument, argument)
        return f"Assign to {name}" if argument else "Assign to nobody"
    return {
        Kind.TAG: f"Add the tag “{argument}”",
        Kind.UNTAG: f"Remove the tag “{argument}”",
        Kind.OPT_OUT: "Opt out",
        Kind.DELETE: "Delete",
        Kind.PUSH: "Save at Sendblue",
    }[Kind(kind)]


def question(kind: str, count: int) -> str:
    """What is asked of so many people, before it is said which tag or whom."""
    people = people_in_words(count)
    return {
        Kind.TAG: f"Add a tag to {people}",
        Kind.UNTAG: f"Remove a tag from {people}",
        Kind.ASSIGN: f"Assign {people}",
    }.get(Kind(kind)) or act_on_people(kind, "", count, {})


def answer(kind: str, count: int) -> str:
    """The words on the button that starts it."""
    people = people_in_words(count)
    return {
        Kind.TAG: f"Add the tag to {people}",
        Kind.UNTAG: f"Remove the tag from {people}",
    }.get(Kind(kind)) or question(kind, count)


def act_on_people(kind: str, argument: str, count: int, assignees: Mapping[str, str]) -> str:
    """The act on so many people, as a command: Delete 1,204 contacts."""
    people = people_in_words(count)
    if kind == Kind.ASSIGN:
        return f"Assign {people} to {assignees.get(argument, argument) or 'nobody'}"
    return {
        Kind.TAG: f"Add the tag “{argument}” to {people}",
        Kind.UNTAG: f"Remove the tag “{argument}” from {people}",
        Kind.OPT_OUT: f"Opt out {people}",
        Kind.DELETE: f"Delete {people}",
        Kind.PUSH: f"Save {people} at Sendblue",
    }[Kind(kind)]


def people_in_words(count: int) -> str:
    """1 contact; 1,204 contacts."""
    return f"{count:,} {'contact' if count == 1 else 'contacts'}"


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a job is on both sides."""

    job: BulkJob
    pushes: Pushes
    undone_by: BulkJob | None  # the job that takes it back, where one does

    @property
    def is_over(self) -> bool:
        """Whether nothing more happens here."""
        return self.job.state in {State.DONE, State.CANCELLED}

    @property
    def is_recounted(self) -> bool:
        """Whether it waits for an agent to agree to another count."""
        return self.job.state == State.RECOUNTED

    @property
    def judged(self) -> int:
        """How many have an outcome."""
        return sum(self.job.counts.values())

    @property
    def done(self) -> int:
        """How many were changed, and so have to be saved at Sendblue."""
        return self.job.counts.get(Outcome.DONE, 0)

    @property
    def saved(self) -> int:
        """How many of those Sendblue has taken."""
        return self.done - self.pushes.waiting - self.pushes.refused

    @property
    def can_be_undone(self) -> bool:
        """Whether Undo is offered."""
        return can_be_undone(self.job) and self.undone_by is None

    @property
    def can_be_cancelled(self) -> bool:
        """Whether there is anything left to stop."""
        return not self.is_over and not self.job.is_cancelled

    @property
    def has_acts(self) -> bool:
        """Whether anything can be done about it."""
        return self.can_be_cancelled or self.can_be_undone

    @property
    def words(self) -> str:
        """Where it stands, in a sentence."""
        if self.job.is_cancelled and not self.is_over:
            return "It stops after the people at hand."
        return {
            State.COLLECTING: "Looking up who is meant.",
            State.RECOUNTED: "Nothing has been done yet.",
            State.RUNNING: "Under way. You can leave this page; it goes on.",
            State.DONE: self._words_when_done,
            State.CANCELLED: "Cancelled. What was done stays done.",
        }[State(self.job.state)]

    @property
    def _words_when_done(self) -> str:
        if not self.pushes.waiting:
            return "Done."
        undone = self.job.undoes
        # Those who were deleted are made again as a whole.
        kind = undone.kind if undone and undone.kind != Kind.DELETE else self.job.kind
        time = time_at_sendblue(kind, self.pushes.waiting)
        return f"Done here. Sendblue is being told{f', which takes {time}' if time else ''}."

    @property
    def there_verb(self) -> str:
        """What Sendblue has done for those who are through."""
        return THERE.get(Kind(self.job.kind), "saved")

    @property
    def outcomes(self) -> list[tuple[str, str, int]]:
        """(outcome, its words, how many), for those that there are."""
        counts = dict(self.job.counts)
        counts[Outcome.WAITING] = (self.job.total or 0) - self.judged
        left = "Not done" if self.is_over else OUTCOMES[Outcome.WAITING]
        named = OUTCOMES | {Outcome.WAITING: left}
        return [(key, words, counts[key]) for key, words in named.items() if counts.get(key)]


def progress_of(job: BulkJob) -> Progress:
    """How far it is now."""
    undo = job.undone_by.exclude(state=State.CANCELLED).select_related("author").first()
    has_pushes = bool(job.counts.get(Outcome.DONE))
    return Progress(job, pushes_of(job) if has_pushes else Pushes(0, 0), undo)


def who(job: BulkJob) -> str:
    """Whom it is about: all that a filter showed, or a selection."""
    if job.undoes_id:
        return "those whom it changed"
    if not job.query:
        return "chosen one by one"
    return ContactFilter.parse(job.query).words()
