"""How the next message of a conversation will travel, judged by what is known of the person.

Nothing at Sendblue promises a service (contract 2.5): this is a forecast. It is kept on the
message and scored against how that went.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from sendblue_inbox.sendblue.terms import SERVICES, Service

if TYPE_CHECKING:
    from collections.abc import Iterable

# What was seen within this time is believed; older evidence is a guess.
FRESH = timedelta(days=7)


class Certainty(StrEnum):
    """How far a forecast can be relied on."""

    LIKELY = "likely"
    UNSURE = "unsure"
    UNKNOWN = "unknown"


class Sight(StrEnum):
    """Where evidence comes from."""

    THEIRS = "theirs"  # a message of theirs
    OURS = "ours"  # one of ours that was sent
    CHECK = "check"  # evaluate-service


@dataclass(frozen=True, slots=True)
class Evidence:
    """Something that showed how the person can be reached, and when."""

    sight: Sight
    service: str
    at: datetime
    was_downgraded: bool = False

    @property
    def fell_back(self) -> bool:
        """Whether it was meant to go as iMessage and did not."""
        return self.was_downgraded and self.service != Service.IMESSAGE


@dataclass(frozen=True, slots=True)
class Forecast:
    """How the next message is expected to go; `because` is the end of a sentence, `at` the time
    of what it is judged by."""

    service: str = ""
    certainty: Certainty = Certainty.UNKNOWN
    because: str = "nothing was sent yet and the number was not looked up"
    at: datetime | None = None

    @property
    def words(self) -> str:
        """The forecast in two words."""
        if self.certainty == Certainty.LIKELY:
            return f"Likely {self.service}"
        return f"Perhaps {self.service}" if self.service else "Service not known"

    @property
    def is_sure(self) -> bool:
        """Whether it rests on fresh evidence, so that no lookup is needed."""
        return self.certainty == Certainty.LIKELY

    @property
    def is_plain(self) -> bool:
        """Whether it will go as SMS, without anything that only iMessage has."""
        return self.service == Service.SMS


def forecast(evidence: Iterable[Evidence], *, now: datetime) -> Forecast:
    """The forecast from all that is known of one person on one line, in any order.

    After a downgrade it is SMS until the next iMessage, whatever a lookup says: the number has
    iMessage and still the message fell. Otherwise the newest fresh message counts before the
    newest lookup, and a fresh lookup before an old message.
    """
    known = sorted((one for one in evidence if one.service in SERVICES), key=lambda one: one.at)
    messages = [one for one in known if one.sight != Sight.CHECK]
    checks = [one for one in known if one.sight == Sight.CHECK]
    if any(one.fell_back for one in _since_imessage(messages)):
        return _judged_by(messages[-1], now)
    fresh = [one for one in (*checks[-1:], *messages[-1:]) if now - one.at <= FRESH]
    if fresh:
        return _judged_by(fresh[-1], now)
    return _judged_by(known[-1], now) if known else Forecast()


def _since_imessage(messages: list[Evidence]) -> list[Evidence]:
    blue = [at for at, one in enumerate(messages) if one.service == Service.IMESSAGE]
    return messages[blue[-1] + 1 :] if blue else messages


def _judged_by(one: Evidence, now: datetime) -> Forecast:
    because = {
        Sight.THEIRS: f"they wrote by {one.service}",
        Sight.OURS: f"our last message went as {one.service}",
        Sight.CHECK: f"a lookup found {one.service}",
    }[one.sight]
    if one.fell_back:
        because = f"our last message fell back to {one.service}"
    is_fresh = now - one.at <= FRESH
    certainty = Certainty.LIKELY if is_fresh else Certainty.UNSURE
    return Forecast(one.service, certainty, because, one.at)
