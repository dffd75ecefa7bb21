"""Why the composer of a thread is locked, or what must be known before the next message."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from contacts.actions.consenting import newest_word
from inbox.actions.consent import who_opted_out
from inbox.actions.pacing import may_override, unanswered
from inbox.models import Message
from sendblue_inbox.clock import now

from .quotes import summary

if TYPE_CHECKING:
    from datetime import datetime

    from contacts.models import Contact
    from inbox.models import Thread


@dataclass(frozen=True, slots=True)
class Proof:
    """What shows that somebody opted out: their words or the refused send, when, and where."""

    words: str
    at: datetime
    message: Message | None


@dataclass(frozen=True, slots=True)
class Notice:
    """What stands above the composer. `is_blocking`: nothing can be sent.

    `unanswered` of `allowed` messages went to somebody who never replied; `may_override`: one
    more may be sent today.
    """

    stopped: Contact | None = None
    proof: Proof | None = None
    trouble: str = ""
    unanswered: int = 0
    allowed: int = 0
    may_override: bool = False

    @property
    def is_blocking(self) -> bool:
        """Whether nothing can be sent."""
        return bool(self.stopped or self.trouble)

    @property
    def is_full(self) -> bool:
        """Whether no more can be sent before they reply."""
        return bool(self.allowed) and self.unanswered >= self.allowed

    @property
    def is_shown(self) -> bool:
        """Whether there is anything to say."""
        return self.is_blocking or self.is_full


def notice_of(thread: Thread) -> Notice:
    """What must be known before the next message; no query where the person has written lately."""
    stopped = _who_opted_out(thread)
    if stopped:
        return Notice(stopped=stopped, proof=_proof(stopped))
    if thread.line.trouble:
        return Notice(trouble=thread.line.trouble)
    if thread.is_group or thread.last_inbound_at:
        return Notice()
    count, allowed = unanswered(thread), thread.line.messages_before_reply
    may = count >= allowed and may_override(thread, now())
    return Notice(unanswered=count, allowed=allowed, may_override=may)


def _who_opted_out(thread: Thread) -> Contact | None:
    if thread.contact:
        return thread.contact if thread.contact.opted_out else None
    return who_opted_out(thread)


def _proof(contact: Contact) -> Proof | None:
    word = newest_word(contact)
    if word is None:
        return None
    said = Message.objects.filter(number=contact.number)
    if word.message_handle:
        found = said.filter(message_handle=word.message_handle).first()
    elif word.source == word.Source.REFUSAL:
        refused = said.filter(error_code="OPTED_OUT", thread__contact=contact)
        found = refused.order_by("-pk").first()
    else:
        found = None
    words = {
        word.Source.WORD: f"They wrote “{summary(found)}”" if found else "They texted it",
        word.Source.FLAG: "Sendblue marked them as opted out",
        word.Source.REFUSAL: "Sendblue refused our message because of it",
        word.Source.LIST: "Sendblue’s list of contacts says so",
        word.Source.AGENT: f"{word.author or 'An agent'} noted it",
        word.Source.CSV: "A CSV file says so",
    }[word.Source(word.source)]
    return Proof(words, word.as_of, found)
