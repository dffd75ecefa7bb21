"""The quick ways through the search index find what the plain ones find."""

from __future__ import annotations

import unicodedata

from hypothesis import example, given
from hypothesis import strategies as st

from sendblue_inbox.fragments import PIECE, WORD, fold, pieces

texts = st.text(max_size=40) | st.text("abc XYZ'_-09ßÄéİǅｆ\u0301", max_size=40)


def plain_fold(text: str) -> str:
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return "".join(letter for letter in decomposed if not unicodedata.combining(letter))


def plain_pieces(text: str) -> list[str]:
    found: set[str] = set()
    for word in WORD.findall(plain_fold(text)):
        found.update(word[at : at + PIECE] for at in range(len(word) - PIECE + 1))
        found.update(f"^{word[:length]}" for length in range(1, PIECE))
    return sorted(found)


@given(texts)
@example("Zoë Łódź +14155550123")
@example("a bc def 12")
def test_pieces_are_those_of_the_plain_way(text: str) -> None:
    assert fold(text) == plain_fold(text)
    assert pieces(text) == pieces(text) == plain_pieces(text)
