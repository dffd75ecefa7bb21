"""What a contact card says: names, numbers and addresses, nothing that acts (RFC 6350).

Read with patience, because phones write versions 2.1, 3.0 and 4.0 and each in its own way.
"""

from __future__ import annotations

import quopri
import re
import unicodedata
from dataclasses import dataclass
from typing import IO

MOST_BYTES = 2_000_000  # cards carry photos
MOST_CARDS = 20
MOST_OF_A_KIND = 10
LONGEST = 120
_INVISIBLE = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
_FOLD = re.compile(r"\r?\n[ \t]")
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)
_PARTS = re.compile(r"(?<!\\)[;]")
_WORDS = {"cell": "mobile", "iphone": "mobile", "pref": "", "voice": "", "internet": ""}
_LABELS = {"mobile", "home", "work", "main", "fax", "pager", "other"}


@dataclass(frozen=True, slots=True)
class Way:
    """A number or an address and what it is for; the label may be empty."""

    value: str
    label: str


@dataclass(frozen=True, slots=True)
class ContactCard:
    """One person or company."""

    name: str
    organization: str
    numbers: tuple[Way, ...]
    emails: tuple[Way, ...]


def read_cards(source: IO[bytes]) -> list[ContactCard]:
    """The cards of a file, in its order; those that say nothing are left out."""
    source.seek(0)
    text = _decoded(source.read(MOST_BYTES))
    cards: list[ContactCard] = []
    card: dict[str, list[Way]] | None = None
    for line in _FOLD.sub("", _joined(text)).splitlines():
        name, parameters, value = _property(line)
        if name == "BEGIN":
            card = {}
        elif name == "END" and card is not None:
            cards += _card(card)
            card = None
        elif card is not None and name in {"FN", "N", "ORG", "TEL", "EMAIL"}:
            ways = card.setdefault(name, [])
            if len(ways) < MOST_OF_A_KIND and (told := _told(name, parameters, value)):
                ways.append(Way(told, _label(parameters)))
        if len(cards) == MOST_CARDS:
            break
    return cards


def _card(card: dict[str, list[Way]]) -> list[ContactCard]:
    def first(name: str) -> str:
        return card[name][0].value if card.get(name) else ""

    told = ContactCard(
        name=first("FN") or first("N") or first("ORG"),
        organization=first("ORG"),
        numbers=tuple(card.get("TEL", ())),
        emails=tuple(card.get("EMAIL", ())),
    )
    return [told] if told.name or told.numbers or told.emails else []


def _decoded(raw: bytes) -> str:
    for bom, encoding in ((b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be")):
        if raw.startswith(bom):
            return raw[2:].decode(encoding, "replace")
    return raw.decode("utf-8-sig", "replace")


def _joined(text: str) -> str:
    """Version 2.1 ends the lines of a quoted-printable value with `=`."""
    if "QUOTED-PRINTABLE" not in text.upper():
        return text
    return re.sub(r"=\r?\n", "", text)


def _property(line: str) -> tuple[str, str, str]:
    """(NAME, PARAMETERS, value) of `item1.TEL;type=CELL:+1…`."""
    head, _, value = line.partition(":")
    name, _, parameters = head.partition(";")
    return name.rpartition(".")[2].strip().upper(), parameters.upper()[:300], value


def _told(name: str, parameters: str, value: str) -> str:
    if "QUOTED-PRINTABLE" in parameters:
        value = quopri.decodestring(value[: 8 * LONGEST].encode("utf-8", "replace")).decode(
            "utf-8", "replace"
        )
    value = value[: 4 * LONGEST]
    if name == "N":  # family; given; more given; before; after
        family, given, more, *_rest = [*_PARTS.split(value), "", "", ""]
        value = " ".join(part for part in (given, more, family) if part)
    elif name == "ORG":
        value = ", ".join(part for part in _PARTS.split(value) if part)
    elif name in {"TEL", "EMAIL"}:
        value = re.sub(r"^(tel|mailto):", "", value, flags=re.IGNORECASE)
    return _plain(value)


def _plain(value: str) -> str:
    """One visible line."""
    value = _ESCAPE.sub(lambda found: " " if found[1] in "nN" else found[1], value)
    value = "".join(c if unicodedata.category(c) not in _INVISIBLE else " " for c in value)
    return " ".join(value.split())[:LONGEST]


def _label(parameters: str) -> str:
    words = (_WORDS.get(word, word) for word in re.split(r"[^a-z]+", parameters.lower()))
    return next((word for word in words if word in _LABELS), "")
