"""Tapbacks as they arrive: ordinary text in seven forms, without a link to what they are about.

`Loved “…”`, `Reacted 👀 to “…”`, `Removed a heart from “…”`, `Laughed at an image` (contract 3.2).
The anchors are strict, because a sentence of a person must never be taken for one.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import IntEnum

from .terms import Reaction

_VERBS: dict[str, str] = {
    "Loved": Reaction.LOVE,
    "Liked": Reaction.LIKE,
    "Disliked": Reaction.DISLIKE,
    "Laughed at": Reaction.LAUGH,
    "Emphasized": Reaction.EMPHASIZE,
    "Emphasised": Reaction.EMPHASIZE,
    "Questioned": Reaction.QUESTION,
}
_REMOVED: dict[str, str] = {
    "heart": Reaction.LOVE,
    "like": Reaction.LIKE,
    "dislike": Reaction.DISLIKE,
    "laugh": Reaction.LAUGH,
    "exclamation": Reaction.EMPHASIZE,
    "exclamation mark": Reaction.EMPHASIZE,
    "question mark": Reaction.QUESTION,
}
# What a file is called where there are no words to quote; "" may be anything.
_NOUNS = {
    **dict.fromkeys(("an image", "a photo", "a picture", "a GIF", "a sticker"), "image"),
    **dict.fromkeys(("a movie", "a video"), "video"),
    **dict.fromkeys(("a voice message", "an audio message", "an audio clip"), "audio"),
    **dict.fromkeys(("an attachment", "a file", "a contact", "a document"), ""),
}
_EMOJI = (
    "(?:[\U0001f1e6-\U0001f1ff]{2}|[0-9#*]\ufe0f?\u20e3|"
    "[\u00a9\u00ae\u203c\u2049\u2122\u2139\u2190-\u2bff\u3030\u303d\u3297\u3299"
    "\U0001f000-\U0001faff]"
    "[\ufe0e\ufe0f\U0001f3fb-\U0001f3ff\u200d\u2640-\u27ff\U0001f000-\U0001faff"
    "\U000e0020-\U000e007f]{0,20})"
)
_FORM = re.compile(
    rf"(?:(?P<verb>{'|'.join(_VERBS)})"
    rf"|Reacted[ \u00a0](?P<emoji>{_EMOJI})[ \u00a0]to"
    rf"|Removed[ \u00a0](?:a|an)[ \u00a0](?P<removed>{'|'.join(sorted(_REMOVED, reverse=True))})"
    rf"[ \u00a0]from"
    rf"|Removed[ \u00a0](?:an?[ \u00a0])?(?P<unreacted>{_EMOJI})[ \u00a0]from"
    r")[ \u00a0](?P<about>.+)",
    re.DOTALL,
)
# Phones put this in the place of a file.
_OBJECT = "\ufffc"
# A quote that was cut without a mark is at least this long (characters).
_LEAST_UNMARKED = 10
_STRAIGHT = str.maketrans({"“": '"', "”": '"', "„": '"', "‘": "'", "’": "'", "\u00a0": " "})


class Fit(IntEnum):
    """How well a quote fits what a message says."""

    NOT = 0
    BEGINNING = 1
    WHOLE = 2


@dataclass(frozen=True, slots=True)
class Tapback:
    """What somebody feels about a message, or no longer feels.

    `reaction` is one of Sendblue's six words or an emoji. Of words the `quote` is as it came, and
    `is_cut` where it says itself that it is not all of them. Without words `media` is image, video
    or audio, or "" where it may be any file; None for words.
    """

    reaction: str
    is_removal: bool = False
    quote: str = ""
    is_cut: bool = False
    media: str | None = None

    def fits(self, content: str) -> Fit:
        """How well the quote fits the words of a message."""
        words, quote = _folded(content), _folded(self.quote)
        if self.media is not None or not words or not quote:
            return Fit.NOT
        if words == quote:
            return Fit.WHOLE
        start = quote.rstrip("…").rstrip()
        long_enough = self.is_cut or len(start) >= _LEAST_UNMARKED
        return Fit.BEGINNING if start and long_enough and words.startswith(start) else Fit.NOT

    @property
    def longest_piece(self) -> str:
        """Letters that stand in every message that the quote fits; to look for them fast."""
        pieces = re.split(r"[\s\"'“”„‘’…\ufffc]+|\.\.\.", self.quote)
        return max(pieces, key=len).rstrip(".")


def tapback_text(reaction: str, quote: str) -> str:
    """What a tapback looks like where it cannot be shown on a message: `Loved “…”`."""
    verbs = {word: verb for verb, word in reversed(_VERBS.items())}
    verb = verbs.get(reaction) or f"Reacted {reaction} to"
    return f"{verb} “{quote}”" if quote else f"{verb} an attachment"


def parse_tapback(text: str) -> Tapback | None:
    """The tapback that a whole text is; None for everything else that people write."""
    found = _FORM.fullmatch(text.strip())
    if not found:
        return None
    verb, removed = found["verb"], found["removed"]
    reaction = _VERBS.get(verb) or _REMOVED.get(removed) or found["emoji"] or found["unreacted"]
    is_removal = bool(removed or found["unreacted"])
    about = found["about"].strip()
    if about in _NOUNS:
        return Tapback(reaction, is_removal, media=_NOUNS[about])
    quoted = _unquoted(about)
    if quoted is None:
        return None
    quote, is_cut = quoted
    if not quote.strip(_OBJECT + " \n"):
        return Tapback(reaction, is_removal, media="") if _OBJECT in quote else None
    return Tapback(reaction, is_removal, quote, is_cut)


def _unquoted(about: str) -> tuple[str, bool] | None:
    """What stands between quotes from the first to the last letter, and whether it was cut.

    The first quote must not close before the end: `“X” a lot and “Y”` is a sentence. One that
    never closes was cut.
    """
    if about[0] not in '“„"' or len(about) < 2:
        return None
    depth = 0
    for place, letter in enumerate(about):
        depth += _step(about, place, letter)
        if depth == 0 and place < len(about) - 1:
            return None
    if depth > 0:
        # `“He said “hi…”` closes one of two: the last belongs to nobody.
        inner = about[1:]
        bare = inner.rstrip('”"').rstrip()
        return (bare if _is_marked(bare) else inner), True
    inner = about[1:-1]
    return (inner, _is_marked(inner)) if inner.strip() else None


def _step(text: str, place: int, letter: str) -> int:
    """+1 for a quote that opens, -1 for one that closes; straight ones tell by their neighbours."""
    if letter in "“„":
        return 1
    if letter == "”":
        return -1
    if letter != '"':
        return 0
    before, after = text[place - 1 : place], text[place + 1 : place + 2]
    opens = (not before or before.isspace() or before in '“„"([') and after and not after.isspace()
    return 1 if opens else -1


def _is_marked(quote: str) -> bool:
    return quote.rstrip().endswith(("…", "..."))


def _folded(text: str) -> str:
    """A text without what phones change in it: spaces, the kind of quotes, dots in a row."""
    plain = text.translate(_STRAIGHT).replace("...", "…").replace(_OBJECT, "")
    return " ".join(plain.split())
