"""The effects that a message can be sent with (contract 4.4): what they are called, what they look
like, and why one was lost. Why none can be used stands in `abilities`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sendblue_inbox.sendblue.terms import SendStyle, Service

if TYPE_CHECKING:
    from inbox.models import Message


@dataclass(frozen=True, slots=True)
class Effect:
    """One of Sendblue's styles: its name, and what one sees, for those who see it standing still
    or not at all."""

    style: SendStyle
    name: str
    says: str


BUBBLE = (
    Effect(SendStyle.SLAM, "Slam", "The bubble drops from above and shakes those around it."),
    Effect(SendStyle.LOUD, "Loud", "The bubble swells, trembles and calms down."),
    Effect(SendStyle.GENTLE, "Gentle", "The bubble begins as a whisper and settles slowly."),
    Effect(
        SendStyle.INVISIBLE,
        "Invisible ink",
        "The words lie under shimmering dust until somebody rubs them free.",
    ),
)
SCREEN = (
    Effect(SendStyle.ECHO, "Echo", "The bubble repeats itself over the whole screen."),
    Effect(SendStyle.SPOTLIGHT, "Spotlight", "It gets dark, and a beam finds the bubble."),
    Effect(SendStyle.BALLOONS, "Balloons", "Balloons rise from below."),
    Effect(SendStyle.CONFETTI, "Confetti", "Coloured paper tumbles from above."),
    Effect(SendStyle.LOVE, "Love", "A large heart grows on the bubble and floats up."),
    Effect(SendStyle.LASERS, "Lasers", "Coloured beams sweep through the dark."),
    Effect(SendStyle.FIREWORKS, "Fireworks", "Rockets rise into the night, burst and rain."),
    Effect(SendStyle.SHOOTING_STAR, "Shooting star", "A star crosses the night and strews light."),
    Effect(SendStyle.CELEBRATION, "Celebration", "Golden sparks spray from the upper corner."),
)
EFFECT_FAMILIES = (("Bubble", BUBBLE), ("Screen", SCREEN))
BY_STYLE = {effect.style.value: effect for effect in BUBBLE + SCREEN}
WITHOUT_EFFECTS = (Service.SMS, Service.RCS)


@dataclass(frozen=True, slots=True)
class SentEffect:
    """The effect of a message that was sent; `lost` says why nobody saw it."""

    effect: Effect
    lost: str = ""


def effect_of(message: Message) -> SentEffect | None:
    """The effect of one of our messages; received ones do not carry theirs."""
    effect = BY_STYLE.get(message.send_style)
    if effect is None or not message.is_outbound:
        return None
    if message.service in WITHOUT_EFFECTS:
        return SentEffect(effect, f"{effect.name} was lost: it went as {message.service}")
    if message.was_downgraded:
        return SentEffect(effect, f"{effect.name} was lost: it did not go as iMessage")
    return SentEffect(effect)
