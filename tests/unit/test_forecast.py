"""How the next message will travel, case by case."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import permutations

import pytest

from inbox.forecast import Certainty, Evidence, Sight, forecast

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
IMESSAGE, SMS, RCS = "iMessage", "SMS", "RCS"
LIKELY, UNSURE, UNKNOWN = Certainty.LIKELY, Certainty.UNSURE, Certainty.UNKNOWN


def theirs(service: str, days: float) -> Evidence:
    """They wrote, so many days ago."""
    return Evidence(Sight.THEIRS, service, NOW - timedelta(days=days))


def ours(service: str, days: float, *, fell: bool = False) -> Evidence:
    """One of ours went, or fell back."""
    return Evidence(Sight.OURS, service, NOW - timedelta(days=days), fell)


def check(service: str, days: float) -> Evidence:
    """A lookup said so."""
    return Evidence(Sight.CHECK, service, NOW - timedelta(days=days))


@pytest.mark.parametrize(
    ("evidence", "service", "certainty", "because"),
    [
        ([], "", UNKNOWN, "not looked up"),
        ([check(IMESSAGE, 1)], IMESSAGE, LIKELY, "a lookup found iMessage"),
        ([check(SMS, 1)], SMS, LIKELY, "a lookup found SMS"),
        ([check(SMS, 8)], SMS, UNSURE, "a lookup found SMS"),
        ([check(SMS, 3), check(IMESSAGE, 1)], IMESSAGE, LIKELY, "a lookup"),
        ([theirs(SMS, 1)], SMS, LIKELY, "they wrote by SMS"),
        ([theirs(RCS, 1)], RCS, LIKELY, "they wrote by RCS"),
        ([theirs(IMESSAGE, 30)], IMESSAGE, UNSURE, "they wrote by iMessage"),
        # The newest message counts before a lookup, a fresh lookup before an old message.
        ([theirs(SMS, 2), check(IMESSAGE, 1)], SMS, LIKELY, "they wrote"),
        ([theirs(SMS, 20), check(IMESSAGE, 1)], IMESSAGE, LIKELY, "a lookup"),
        ([theirs(SMS, 20), check(IMESSAGE, 30)], SMS, UNSURE, "they wrote"),
        ([theirs(SMS, 2), ours(IMESSAGE, 1)], IMESSAGE, LIKELY, "our last message went"),
        ([ours(SMS, 2), theirs(IMESSAGE, 1)], IMESSAGE, LIKELY, "they wrote"),
        # After a downgrade it is SMS until the next iMessage, whatever a lookup says.
        ([ours(SMS, 2, fell=True), check(IMESSAGE, 1)], SMS, LIKELY, "fell back to SMS"),
        ([ours(SMS, 20, fell=True), check(IMESSAGE, 1)], SMS, UNSURE, "fell back to SMS"),
        ([ours(SMS, 20, fell=True), ours(SMS, 15), check(IMESSAGE, 1)], SMS, UNSURE, "went as"),
        ([ours(SMS, 2, fell=True), theirs(IMESSAGE, 1)], IMESSAGE, LIKELY, "they wrote"),
        ([ours(SMS, 3, fell=True), theirs(IMESSAGE, 2), theirs(SMS, 1)], SMS, LIKELY, "they wrote"),
        # A word that nobody knows is no evidence.
        ([theirs("Pigeon", 0), check(SMS, 1)], SMS, LIKELY, "a lookup"),
    ],
)
def test_the_forecast_follows_the_evidence_in_any_order(
    evidence: list[Evidence], service: str, certainty: str, because: str
) -> None:
    for order in permutations(evidence):
        found = forecast(order, now=NOW)
        assert (found.service, found.certainty) == (service, certainty)
        assert because in found.because
        assert found.is_sure == (certainty == LIKELY)
