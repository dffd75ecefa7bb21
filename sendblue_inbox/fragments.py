"""Finding people by any part of a name or a number, with what every PostgreSQL has.

A text is cut into pieces of three letters, kept in an array under a GIN index. A search asks for
the pieces of its words and then compares the few rows that are left. Words of one or two letters
match the beginnings of words. Case is folded here, so the database's locale does not matter.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

PIECE = 3
WORD = re.compile(r"\w+")


def fold(text: str) -> str:
    """The text without case and accents, so that "Zoë" is found by "zoe"."""
    if text.isascii():
        return text.lower()
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return "".join([letter for letter in decomposed if not unicodedata.combining(letter)])


def pieces(text: str) -> list[str]:
    """All pieces by which a text can be found; short beginnings carry a leading `^`."""
    found: set[str] = set()
    for word in WORD.findall(fold(text)):
        # Names repeat in a list of people, numbers do not.
        found.update(_known_pieces(word) if word.isalpha() else _pieces(word))
    return sorted(found)


def search_words(query: str) -> list[str]:
    """The folded words of a query. A phone number in any spelling counts as one word of digits."""
    folded = fold(query)
    if any(letter.isdigit() for letter in folded) and not re.search(r"[^\W\d_]", folded):
        # The leading zeros of a national form do not stand in E.164.
        return ["".join(re.findall(r"\d", folded)).lstrip("0")]
    return WORD.findall(folded)


def wanted_pieces(word: str) -> list[str]:
    """The pieces that a row must have to contain the word."""
    if len(word) < PIECE:
        return [f"^{word}"]
    return sorted({word[at : at + PIECE] for at in range(len(word) - PIECE + 1)})


def _pieces(word: str) -> tuple[str, ...]:
    beginnings = (f"^{word[:length]}" for length in range(1, PIECE))
    return (*beginnings, *map("".join, zip(word, word[1:], word[2:], strict=False)))


_known_pieces = lru_cache(maxsize=8192)(_pieces)
