"""What is proved about a message, fact by fact, and the ladder that the facts make."""

from __future__ import annotations

import json
import shlex
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from django.conf import settings

from inbox.actions.facts import rank
from inbox.failures import REASONS
from inbox.models import Fact, SendState
from inbox.redaction import GONE
from sendblue_inbox.sendblue.terms import FINAL_FAILURES, Service, Status

from .states import State, state_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from inbox.models import Message

Source = Fact.Source
# What a fact says; {} is who did it.
TITLES = {
    "written": "Written by {}",
    "claimed": "Taken up for sending",
    "posted": "Posted to Sendblue",
    "accepted": "Accepted by Sendblue",
    "refused": "Refused by Sendblue",
    "slowed": "Sendblue asked to wait",
    "not_sent": "Sendblue could not be reached",
    "given_up": "Given up",
    "lost": "The answer was lost",
    "repeated": "The answer was lost; the same tapback goes out again",
    "looked": "Looked for it at Sendblue",
    "left_to_person": "Left to a person",
    "sent_again": "Sent again by {}",
    "marked_sent": "Marked as sent by {}",
    "dismissed": "Dismissed by {}",
    "deletion_asked": "Deletion from Sendblue’s store asked by {}",
    "deleted": "Deleted from Sendblue’s store",
    "not_deleted": "Not deleted from Sendblue’s store",
    "deletion_failed": "Sendblue could not be asked to delete it",
    "received": "Received",
    "file_kept": "File copied here",
    "file_lost": "File not copied",
    "uploaded": "File uploaded to Sendblue",
}
BY_SOMEBODY = {name for name, title in TITLES.items() if "{}" in title}
EXPLANATIONS = {
    "slowed": "Surely not sent. It goes out by itself when the line may send again.",
    "not_sent": "Not a byte of it left. It is tried again by itself.",
    "lost": "It may have been sent or not. It is never sent a second time by itself.",
    "repeated": "The identical tapback changes nothing on their phone.",
    "left_to_person": "Not finding it proves nothing. Look at the phone before sending it again.",
    "deletion_asked": "It stays on their phone and here.",
    "deletion_failed": "It is asked again by itself.",
    "deleted": "Sendblue no longer lists it. It stays on their phone and here.",
}
STATUSES: dict[str, str] = {
    Status.QUEUED: "Sendblue has taken it and it waits for its turn there.",
    Status.REGISTERED: "Sendblue has taken it and prepares it.",
    Status.PENDING: "Sendblue has handed it on and waits.",
    Status.ACCEPTED: "Sendblue has taken it.",
    Status.SENT: "It left the line. Whether it reached the phone is not said.",
    Status.DELIVERED: "The phone has it.",
    Status.READ: "The person has seen it.",
    Status.DECLINED: "Sendblue will not send it.",
    Status.ERROR: "It did not arrive.",
    Status.RECEIVED: "Sendblue received it on the line.",
}
SMS_SENT = "It left the line. On SMS this is the last word: nothing proves the delivery."


@dataclass(frozen=True, slots=True)
class Entry:
    """A fact in words for people."""

    fact: Fact
    service: str

    @property
    def title(self) -> str:
        """What happened."""
        fact = self.fact
        if fact.name == "status":
            return f"Status {fact.status}" if fact.status else "Told without a status"
        if fact.name == "lost" and fact.status:
            return "The answer left it open"
        if fact.name not in TITLES:
            return fact.name.replace("_", " ").capitalize()
        return TITLES[fact.name].format(fact.words or "somebody who is no longer here")

    @property
    def explanation(self) -> str:
        """What that means, as far as more than its title is known."""
        fact = self.fact
        known = REASONS.get(fact.error_code)
        if known:
            return f"{known}."
        if fact.status == Status.SENT and self.service == Service.SMS:
            return SMS_SENT
        if fact.name in {"status", "accepted", "refused", "received"}:
            return STATUSES.get(fact.status, "")
        return EXPLANATIONS.get(fact.name, "")

    @property
    def words(self) -> str:
        """What was said about it; Sendblue's own words are quoted."""
        fact = self.fact
        if fact.name in BY_SOMEBODY or not fact.words:
            return ""
        return fact.words if fact.source == Source.INBOX else f"“{fact.words}”"

    @property
    def source(self) -> str:
        """Who says so."""
        return Source(self.fact.source).label

    @property
    def body(self) -> str:
        """What came or went over the wire, without its secrets, for people who read JSON."""
        found = self.fact.body
        return "" if found is None else json.dumps(found, indent=2, ensure_ascii=False)

    @property
    def curl(self) -> str:
        """The request as a command line; the keys are for the reader to put in."""
        body = self.fact.body
        if self.fact.name != "posted" or not isinstance(body, dict) or "path" not in body:
            return ""
        address = f"{settings.SENDBLUE_API_BASE_URL}{body['path']}"
        lines = [
            f"curl -X {body.get('method')} {shlex.quote(address)}",
            f"-H 'sb-api-key-id: {GONE}'",
            f"-H 'sb-api-secret-key: {GONE}'",
            "-H 'Content-Type: application/json'",
        ]
        if body.get("json") is not None:
            lines.append(f"-d {shlex.quote(json.dumps(body['json'], ensure_ascii=False))}")
        return " \\\n  ".join(lines)


@dataclass(frozen=True, slots=True)
class Rung:
    """A step of the ladder: proved by facts, implied by a later one, or without any proof."""

    words: str
    proofs: Sequence[Fact] = ()
    is_implied: bool = False
    note: str = ""

    @property
    def is_proved(self) -> bool:
        """Whether a fact says so."""
        return bool(self.proofs)

    @property
    def at(self) -> datetime | None:
        """When it happened, by Sendblue's clock where that was told."""
        return min((fact.told_at or fact.seen_at for fact in self.proofs), default=None)

    @property
    def sources(self) -> str:
        """Who says so, each once."""
        labels = dict.fromkeys(Source(fact.source).label for fact in self.proofs)
        words = ", ".join(label[0].lower() + label[1:] for label in labels)
        return words[:1].upper() + words[1:]


@dataclass(frozen=True)
class Evidence:
    """All that is known about a message."""

    message: Message
    facts: Sequence[Fact]
    attempts: Sequence[Message]

    @cached_property
    def state(self) -> State | None:
        """What its bubble claims; None for messages of others."""
        return state_of(self.message) if self.message.is_outbound else None

    @cached_property
    def entries(self) -> list[Entry]:
        """The facts in the order in which they were learnt."""
        return [Entry(fact, self.message.service) for fact in self.facts]

    @cached_property
    def rungs(self) -> list[Rung]:
        """What an outbound message goes through, each step with its proof."""
        message = self.message
        if not message.is_outbound:
            return []
        steps = [
            ("Sent", self._told(Status.SENT)),
            ("Delivered", self._told(Status.DELIVERED)),
            ("Read", self._told(Status.READ)),
        ]
        accepted = [fact for fact in self.facts if self._shows_acceptance(fact)]
        steps.insert(0, ("Accepted by Sendblue", accepted))
        if message.send_state:
            steps = [
                ("Written", self._named("written")),
                ("Taken up", self._named("claimed")),
                ("Posted", self._named("posted")),
                *steps,
            ]
        highest = max((at for at, (_, proofs) in enumerate(steps) if proofs), default=-1)
        return [
            Rung(words, proofs, is_implied=at < highest, note=self._note(words, bool(proofs)))
            for at, (words, proofs) in enumerate(steps)
        ]

    @property
    def remarks(self) -> list[str]:
        """What else is to be said: of the forecast, and of what was lost on the way."""
        return list(filter(None, (self._forecast(), self._downgrade())))

    def _forecast(self) -> str:
        message = self.message
        expected, went = message.forecast_service, message.service
        if not expected:
            return ""
        if not went:
            return f"Expected to go as {expected}. How it went was not told."
        verdict = "as it did" if expected == went else f"and went as {went}"
        return f"Expected to go as {expected}, {verdict}."

    def _downgrade(self) -> str:
        if self.message.was_downgraded is None:
            return ""
        return (
            "It went as SMS instead of iMessage: effects and tapbacks were lost."
            if self.message.was_downgraded
            else "It was not downgraded."
        )

    def _named(self, name: str) -> list[Fact]:
        return [fact for fact in self.facts if fact.name == name]

    def _told(self, status: str) -> list[Fact]:
        return [fact for fact in self.facts if fact.status == status]

    def _shows_acceptance(self, fact: Fact) -> bool:
        if fact.name == "accepted":
            return True
        is_report = fact.name == "status"
        return is_report and fact.status not in FINAL_FAILURES and rank(fact.status)[0] <= 4

    def _note(self, step: str, is_proved: bool) -> str:
        message = self.message
        if is_proved or message.stage == "failed":
            return ""
        if step == "Delivered" and message.service == Service.SMS:
            return "SMS gives no proof of delivery."
        if step == "Read":
            return "Sendblue does not tell this."
        if step == "Sent" and message.send_state == SendState.MARKED_SENT:
            return "A person saw it on the phone."
        return ""
