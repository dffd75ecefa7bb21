"""What people say back: the first rule that fits our words decides, else small talk."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from random import Random

_RULES: tuple[tuple[re.Pattern[str], tuple[str, ...]], ...] = tuple(
    (re.compile(words, re.IGNORECASE), answers)
    for words, answers in (
        (
            r"\b(sorry|apolog|unfortunately|mistake)",
            (
                "No worries, these things happen.",
                "Thanks for being honest about it. What do we do now?",
                "It's ok! Just let me know how it goes.",
            ),
        ),
        (
            r"\b(refund|money|invoice|pay|price|cost|dollar)|\$",
            (
                "Perfect, thanks for sorting that out.",
                "Great. Will I get an email about it?",
                "That's fair. Same card as last time is fine.",
            ),
        ),
        (
            r"\b(address|street|where)\b",
            (
                "It's still 48 Linden Street, the blue door.",
                "Same address as on the order, thanks for checking!",
            ),
        ),
        (
            r"\b(photo|picture|image|see it)\b",
            (
                "Give me a second, I'll take one when I'm home.",
                "Will do, the light is terrible right now 😄",
            ),
        ),
        (
            r"\b(when|what time|tomorrow|today|tonight|monday|tuesday|wednesday|thursday|friday|"
            r"saturday|sunday|o'clock|\d ?[ap]m)\b",
            (
                "After five works best for me.",
                "That works! I'll put it in my calendar.",
                "Any time in the morning is good.",
            ),
        ),
        (
            r"\b(order|parcel|package|tracking|shipp|deliver|courier|on its way|on the way)",
            (
                "Amazing, thank you for looking into it!",
                "Ok good. I'll keep an eye on the door then.",
                "Is there a tracking link I could follow?",
            ),
        ),
        (
            r"\b(class|workshop|book|place|seat)",
            (
                "Sounds fun, count me in.",
                "Lovely. Do we need to bring anything?",
            ),
        ),
        (
            r"\b(thank|thanks|welcome|pleasure|glad)\b",
            (
                "You're the best 💛",
                "Have a lovely day!",
                "Really appreciate it.",
            ),
        ),
        (
            r"\b(hi|hello|hey|good (morning|afternoon|evening))\b",
            (
                "Hi! Thanks for getting back to me so quickly.",
                "Hello! Good timing, I was just about to write.",
            ),
        ),
        (
            r"\?",
            (
                "Yes, that would be great.",
                "Hmm, let me think about it and get back to you.",
                "Yes please!",
                "I think so. What would you recommend?",
            ),
        ),
    )
)
_SMALL_TALK = (
    "Ok, got it. Thanks!",
    "Perfect 👍",
    "Great, that's all I needed.",
    "Wonderful, thank you for the quick answer.",
    "Sounds good to me.",
)
_PICTURE_ANSWERS = ("Oh that looks gorgeous!", "Love it 😍", "Ooh, can I have one like that?")
OUT_OF_THE_BLUE = (
    "Hi! Quick question: do you sell gift cards?",
    "Hello, are you open this Sunday?",
    "Is the green glaze coming back at some point?",
    "Hey, I think I left my scarf at your shop. A grey one?",
    "Do you also make plates to order?",
    "Just wanted to say the vase looks beautiful on our table 🌿",
    "Can I still change the delivery address?",
    "Is the Thursday class suitable for total beginners?",
)
VOICEMAILS = (
    "Hi, it's me. I tried to reach you about my order. I'll text you instead.",
    "Hello, just a quick question. No need to call back, I'll write.",
)


def answer_to(words: str, chance: Random) -> str:
    """Something a friendly customer could answer to these words."""
    if not words:
        return chance.choice(_PICTURE_ANSWERS)
    for pattern, answers in _RULES:
        if pattern.search(words):
            return chance.choice(answers)
    return chance.choice(_SMALL_TALK)
