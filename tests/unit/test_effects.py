"""What is said about effects: each has a name, and where none arrives the reason is told."""

from __future__ import annotations

from collections import Counter

import pytest

from inbox.models import Message
from inbox.presenting.effects import EFFECT_FAMILIES, effect_of
from sendblue_inbox.sendblue.terms import SEND_STYLES


def test_every_style_has_its_place_and_words() -> None:
    effects = [effect for _, family in EFFECT_FAMILIES for effect in family]
    assert Counter(effect.style for effect in effects) == Counter(SEND_STYLES)
    assert all(effect.says.endswith(".") for effect in effects)
    assert [effect.style for effect in dict(EFFECT_FAMILIES)["Bubble"]] == [
        "slam",
        "loud",
        "gentle",
        "invisible",
    ]


@pytest.mark.parametrize(
    ("message", "lost"),
    [
        ({"service": "iMessage"}, ""),
        ({"service": ""}, ""),
        ({"service": "SMS"}, "Shooting star was lost: it went as SMS"),
        ({"service": "RCS"}, "Shooting star was lost: it went as RCS"),
        ({"was_downgraded": True}, "Shooting star was lost: it did not go as iMessage"),
    ],
)
def test_a_lost_effect_is_not_offered_again(message: dict[str, object], lost: str) -> None:
    sent = effect_of(Message(is_outbound=True, send_style="shooting_star", **message))
    assert sent
    assert (sent.effect.name, sent.lost) == ("Shooting star", lost)


def test_only_ours_carry_an_effect() -> None:
    assert effect_of(Message(is_outbound=False, send_style="slam")) is None
    assert effect_of(Message(is_outbound=True, send_style="")) is None
    assert effect_of(Message(is_outbound=True, send_style="one-of-next-year")) is None
