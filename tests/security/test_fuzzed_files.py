"""Whatever bytes and names come: no reader fails in a way that nobody expects, and none dawdles."""

from __future__ import annotations

import io
import time
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from hypothesis import given, settings
from hypothesis import strategies as st

from inbox.media.contact_cards import read_cards
from inbox.media.names import LONGEST, content_disposition, name_in_url, safe_name
from inbox.media.sniffing import sniff
from inbox.media.voice_notes import NotOpus, to_ogg

from .hostile import CAF_DESCRIPTION, corpus, voice_note

if TYPE_CHECKING:
    from collections.abc import Iterator

MOST_SECONDS = 0.5  # a tenth would do on a quiet machine
HEADS = [content[:64] for content in corpus().values()]
KINDS = [sniff(head) for head in HEADS]
NOTE = voice_note(0.5)
LINES = st.sampled_from(
    [
        "BEGIN:VCARD",
        "END:VCARD",
        "FN:",
        "N:;;;;",
        "ORG:\\",
        "TEL;",
        "EMAIL;ENCODING=QUOTED-PRINTABLE:=",
    ]
)


@contextmanager
def in_time() -> Iterator[None]:
    started = time.perf_counter()
    yield
    assert time.perf_counter() - started < MOST_SECONDS


@given(
    st.one_of(
        st.binary(max_size=9000), st.tuples(st.sampled_from(HEADS), st.binary()).map(b"".join)
    )
)
@settings(max_examples=200, deadline=None)
def test_every_head_has_a_kind(head: bytes) -> None:
    with in_time():
        kind = sniff(head)
    assert kind.ending and "/" in kind.mime


@given(st.text(), st.sampled_from(KINDS))
@settings(max_examples=200, deadline=None)
def test_every_name_becomes_a_plain_one_and_stays_it(raw: str, kind: object) -> None:
    name = safe_name(raw, kind)
    assert safe_name(name, kind) == name
    assert len(name) <= LONGEST and name.count(".") == 1 and name.isprintable()
    assert content_disposition(name, inline=True).isascii()
    name_in_url(f"https://files.example.com/{raw}")


@given(st.lists(st.tuples(LINES, st.text()).map("".join)).map("\n".join))
@settings(max_examples=150, deadline=None)
def test_every_card_can_be_read(text: str) -> None:
    with in_time():
        cards = read_cards(io.BytesIO(text.encode("utf-8", "surrogatepass")))
    for card in cards:
        for way in (*card.numbers, *card.emails):
            assert way.value.isprintable()
        assert card.name.isprintable()


@given(st.integers(0, len(NOTE) - 1), st.binary(min_size=1, max_size=12), st.integers(0, 200))
@settings(max_examples=200, deadline=None)
def test_a_damaged_voice_note_is_refused_or_played(at: int, damage: bytes, cut: int) -> None:
    damaged = (NOTE[:at] + damage + NOTE[at + len(damage) :])[: len(NOTE) - cut]
    with in_time(), suppress(NotOpus):
        assert to_ogg(io.BytesIO(damaged), io.BytesIO()) >= 0


@given(st.binary(max_size=400))
@settings(max_examples=150, deadline=None)
def test_whatever_follows_the_head_of_a_voice_note(rest: bytes) -> None:
    with in_time(), suppress(NotOpus):
        to_ogg(io.BytesIO(b"caff\0\x01\0\0" + CAF_DESCRIPTION + rest), io.BytesIO())
