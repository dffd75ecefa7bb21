"""What the pages of an import say: its step, its progress, its counts, its rows."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from contacts.actions.push_pacing import push_forecast
from contacts.import_queries import at_sendblue, progress
from contacts.models import ContactImport, ImportRow
from sendblue_inbox.clock import now

State = ContactImport.State
Verdict = ImportRow.Verdict

STEPS = ("Columns", "Check", "Save")
# Which of the steps a state belongs to, and what is shown then.
STAGES = {
    State.UPLOADED: (0, "columns"),
    State.CHECKING: (1, "checking"),
    State.CHECKED: (1, "report"),
    State.SAVING: (2, "saving"),
    State.DONE: (3, "done"),
    State.CANCELLED: (3, "stopped"),
    State.UNDOING: (3, "undoing"),
    State.UNDONE: (3, "undone"),
    State.REFUSED: (3, "refused"),
}
# The template of each.
PARTS = {
    "columns": "columns",
    "checking": "working",
    "report": "report",
    "saving": "working",
    "done": "result",
    "stopped": "result",
    "undoing": "working",
    "undone": "result",
    "discarded": "over",
    "refused": "over",
}
TITLES = {
    "checking": "The file is being checked",
    "saving": "The contacts are being saved",
    "stopped": "Saving was stopped",
    "undoing": "The import is being undone",
    "undone": "The import was undone",
    "discarded": "This import was discarded",
    "refused": "This file cannot be read",
}
SENTENCES = {
    "checking": ["Nothing is written. You can leave this page, the check goes on."],
    "saving": [
        "You can leave this page, saving goes on. If you stop, what was saved by then stays."
    ],
    "undoing": ["You can leave this page, undoing goes on."],
    "done": ["The contacts are as they were."],
    "report": ["Your contacts are already as the file says, or nothing in it can be used."],
}
TONES = {
    State.CHECKED: "open",
    State.UPLOADED: "open",
    State.CHECKING: "busy",
    State.SAVING: "busy",
    State.UNDOING: "busy",
    State.DONE: "done",
    State.REFUSED: "failed",
}
# What Sendblue takes of one contact at a time only (contract 2.6).
TOLD_APART = {"assigned_to_email", "sendblue_number"}
# Measured: a little less than half of what it saves in a second.
SAVED_A_SECOND = 10_000


@dataclass(frozen=True, slots=True)
class Step:
    """One of the three steps, as the page lists them."""

    name: str
    is_done: bool
    is_current: bool


@dataclass(frozen=True, slots=True)
class Tab:
    """A verdict with its count, as the report offers it."""

    verdict: str
    words: str
    count: int
    is_shown: bool


@dataclass(frozen=True, slots=True)
class Bar:
    """How far one half of the work is: a share of 1, or None where nobody knows yet."""

    name: str
    title: str
    words: str
    share: float | None
    note: str = ""
    is_timed: bool = False
    refused: int = 0


@dataclass(frozen=True)
class ShownImport:
    """An import as pages show it; `at_columns`: on the way back from the report to the columns."""

    run: ContactImport
    at_columns: bool = False

    @property
    def stage(self) -> str:
        """The part of the page that shows where the import stands."""
        if self.at_columns and self.run.state == State.CHECKED:
            return "columns"
        if self.run.state == State.CANCELLED and not self.run.can_be_undone:
            return "discarded"
        return STAGES[State(self.run.state)][1]

    @property
    def template(self) -> str:
        """The template of that part."""
        return f"contacts/_import_{PARTS[self.stage]}.html"

    @property
    def steps(self) -> list[Step]:
        """The three steps with the one at hand."""
        at = 0 if self.stage == "columns" else STAGES[State(self.run.state)][0]
        return [Step(name, number < at, number == at) for number, name in enumerate(STEPS)]

    @property
    def tone(self) -> str:
        """How the state looks in the list."""
        return TONES.get(State(self.run.state), "idle")

    @property
    def title(self) -> str:
        """What is going on, or what came of it."""
        if self.stage == "report":
            return f"{contacts(self.due)} would be saved" if self.due else "Nothing would change"
        if self.stage == "done":
            return f"{contacts(self.due)} saved" if self.due else "Nothing was to be saved"
        return TITLES[self.stage]

    @property
    def sentences(self) -> list[str]:
        """What else is to be known at this point."""
        run, counts = self.run, self.run.counts
        if self.stage == "report" and self.due:
            return ["The contacts are only read until you save.", *self.forecast]
        if self.stage == "done" and self.due:
            new, changed = self.counts["new"], self.counts["changed"]
            return [f"{new:,} new, {changed:,} changed."]
        if self.stage == "stopped":
            done, total = run.position, run.total or 0
            return [f"The first {done:,} of {total:,} rows were dealt with. What was saved stays."]
        if self.stage == "undone":
            removed, restored, kept = (
                counts.get(key, 0) for key in ("removed", "restored", "kept")
            )
            return [
                f"{contacts(removed)} it had made, removed again.",
                f"{contacts(restored)} it had changed, put back.",
                *([f"{fields(kept)} edited since, left as they are."] if kept else []),
            ]
        return SENTENCES.get(self.stage, [])

    @property
    def size(self) -> str:
        """How large the file is."""
        return size_words(self.run.size)

    @property
    def has_report(self) -> bool:
        """Whether the rows have been judged and are listed."""
        return PARTS[self.stage] in {"report", "result"}

    @property
    def counts(self) -> dict[str, int]:
        """The rows by verdict as they were counted; empty before all were judged."""
        known = self.run.checked_at is not None
        return {verdict.value: self.run.counts.get(verdict, 0) for verdict in Verdict if known}

    @property
    def due(self) -> int:
        """How many people saving writes, or has written."""
        return self.counts.get("new", 0) + self.counts.get("changed", 0)

    @property
    def first_verdict(self) -> str:
        """What is looked at first: what would change is what people are afraid of."""
        order = (Verdict.CHANGED, Verdict.NEW, Verdict.REFUSED, *Verdict)
        return next((one.value for one in order if self.counts.get(one)), Verdict.NEW.value)

    def tabs(self, shown: str) -> list[Tab]:
        """The verdicts that rows have, and those that people look for even where none has them."""
        always = {Verdict.NEW, Verdict.CHANGED, Verdict.REFUSED}
        return [
            Tab(verdict.value, str(verdict.label), count, verdict == shown)
            for verdict in Verdict
            if (count := self.counts.get(verdict, 0)) or verdict in always
        ]

    @property
    def forecast(self) -> list[str]:
        """How long saving will take, here and at Sendblue."""
        there = duration(self._push_seconds(self.due))
        return [
            f"Saving here takes {duration(self.due / SAVED_A_SECOND)}, "
            f"saving at Sendblue {there} under its limits."
        ]

    @property
    def undo_words(self) -> list[str]:
        """What undoing would do."""
        counted = self.stage == "done"
        new, changed = self.counts["new"], self.counts["changed"]
        made = contacts(new) if counted else "The contacts"
        had = contacts(changed) if counted else "The contacts"
        words = {
            f"{made} that it made: removed here and at Sendblue, unless somebody has added "
            "anything to them since.": new,
            f"{had} that it changed: given back what they had, where they still have what the "
            "file gave them.": changed,
            "Whatever was edited since stays. Opt-outs and conversations stay too.": True,
        }
        return [sentence for sentence, is_due in words.items() if is_due]

    @property
    def stop_words(self) -> str:
        """What the button says that stops the work at hand; empty where it cannot be stopped."""
        return {"checking": "Stop the check", "saving": "Stop saving"}.get(self.stage, "")

    @cached_property
    def bars(self) -> list[Bar]:
        """The halves of the work that there are at this point."""
        return [bar for bar in (self._here, self._there) if bar]

    @property
    def moves(self) -> bool:
        """Whether the page may say something else in a moment, though the stage is the same."""
        return PARTS[self.stage] in {"working", "result"}

    @property
    def wakes(self) -> str:
        """At which names the page asks for news."""
        names = [f"import-{self.run.pk}", "live-connected", "live-poll"]
        if any(bar.name == "there" and bar.share != 1 for bar in self.bars):
            names.append("contacts")
        return ", ".join(f"{name} from:body" for name in names)

    @property
    def _here(self) -> Bar | None:
        run, share, total = self.run, progress(self.run), self.run.total or 0
        note = "" if run.lease_until and run.lease_until > now() else "Waits for its turn."
        if self.stage == "checking":
            return Bar("here", "Rows looked at", f"{run.position:,}", share, note, is_timed=True)
        if self.stage == "saving":
            words = f"{run.position:,} of {total:,} rows"
            return Bar("here", "Saved here", words, share, note, is_timed=True)
        if self.stage == "undoing":
            words = f"{total - run.position:,} of {total:,} rows"
            return Bar("here", "Taken back here", words, share, note, is_timed=True)
        if self.stage == "done" and self.due:
            return Bar("here", "Saved here", f"{self.due:,} of {self.due:,}", 1)
        return None

    @property
    def _there(self) -> Bar | None:
        if self.stage not in {"saving", "done", "stopped", "undoing", "undone"}:
            return None
        taken_back = self.run.counts.get("removed", 0) + self.run.counts.get("restored", 0)
        sent = at_sendblue(self.run, due={"done": self.due, "undone": taken_back}.get(self.stage))
        settled = sent["saved"] + sent["refused"]
        due = settled + sent["waiting"]
        if self.stage in {"saving", "done"}:
            due = max(due, self.due)
        if not due:
            return None
        title = "Taken back at Sendblue" if "undo" in self.stage else "Saved at Sendblue"
        words = f"{sent['saved']:,} of {due:,}"
        left = duration(self._push_seconds(due - settled))
        note = f"{left.capitalize()} left." if due > settled else ""
        return Bar("there", title, words, settled / due, note, refused=sent["refused"])

    def _push_seconds(self, count: int) -> float:
        """How long it takes to save so many of these people at Sendblue."""
        is_single = TOLD_APART & {column["target"] for column in self.run.columns}
        forecast = push_forecast(single=count) if is_single else push_forecast(bulk=count)
        return forecast.total_seconds()


def duration(seconds: float) -> str:
    """So long, as people say it."""
    if seconds < 10:
        return "a few seconds"
    if seconds < 90:
        return f"about {round(seconds, -1):.0f} seconds"
    if seconds < 90 * 60:
        return f"about {seconds / 60:.0f} minutes"
    return f"about {seconds / 3600:.0f} hours"


def size_words(size: int) -> str:
    """So many bytes, in the units in which people know files."""
    if size < 1_000_000:
        return f"{max(1, round(size / 1_000)):,} kB"
    return f"{size / 1_000_000:.1f}".removesuffix(".0") + " MB"


def contacts(count: int) -> str:
    """1 contact, 1,204 contacts."""
    return f"{count:,} {'contact' if count == 1 else 'contacts'}"


def fields(count: int) -> str:
    """1 field, 1,204 fields."""
    return f"{count:,} {'field' if count == 1 else 'fields'}"
