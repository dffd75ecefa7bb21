"""From the bytes of a stranger to what we keep, show and serve of them."""

from __future__ import annotations

import tempfile
from dataclasses import asdict, dataclass, field
from typing import IO, Any

from .contact_cards import read_cards
from .names import safe_name, without_ending
from .pictures import Unreadable, sanitise
from .sniffing import HEAD_BYTES, OTHER, Kind, Shape, sniff
from .voice_notes import NotOpus, to_ogg

_CAF = "audio/x-caf"


@dataclass
class SafeCopy:
    """What is left: content to keep, its true type and name, and what was read from it.

    `content` is the file given where nothing had to be written anew. `preview` is a small WEBP of a
    picture, or a voice note as Ogg Opus for browsers. Both stand at any position. Closing the copy
    closes what was made for it.
    """

    content: IO[bytes]
    content_type: str
    name: str
    preview: IO[bytes] | None = None
    width: int | None = None
    height: int | None = None
    details: dict[str, Any] = field(default_factory=dict)
    _made: list[IO[bytes]] = field(default_factory=list)

    def __enter__(self) -> SafeCopy:
        return self

    def __exit__(self, *_error: object) -> None:
        for file in self._made:
            file.close()


def make_safe(source: IO[bytes], *, name: str) -> SafeCopy:
    """Look at the file, write pictures anew, make voice notes playable, read contact cards.

    `source` is a file with a descriptor. Never raises for what is in it: what cannot be shown is
    kept for downloading under a name with a true ending.
    """
    source.seek(0)
    kind = sniff(source.read(HEAD_BYTES))
    if kind.shape == Shape.PICTURE:
        return _picture(source, kind, name)
    if kind.mime == _CAF:
        return _voice_note(source, kind, name)
    details = {}
    if kind.shape == Shape.CONTACT:
        details = {"cards": [asdict(card) for card in read_cards(source)]}
    return SafeCopy(source, kind.mime, safe_name(name, kind), details=details)


def _picture(source: IO[bytes], kind: Kind, name: str) -> SafeCopy:
    picture, thumbnail = tempfile.TemporaryFile(), tempfile.TemporaryFile()  # noqa: SIM115
    try:
        made = sanitise(source, kind, picture=picture, thumbnail=thumbnail)
    except Unreadable as error:
        picture.close()
        thumbnail.close()
        # Kept, but as bytes: no browser is asked to make a picture of it.
        return SafeCopy(
            source, OTHER.mime, safe_name(name, kind), details={"unreadable": str(error)}
        )
    ending = made.mime.removeprefix("image/").replace("jpeg", "jpg")
    true_kind = kind if made.mime == kind.mime else Kind(Shape.PICTURE, made.mime, (ending,))
    return SafeCopy(
        picture,
        made.mime,
        safe_name(name if true_kind is kind else without_ending(name), true_kind),
        preview=thumbnail,
        width=made.width,
        height=made.height,
        details={"frames": made.frames} if made.frames > 1 else {},
        _made=[picture, thumbnail],
    )


def _voice_note(source: IO[bytes], kind: Kind, name: str) -> SafeCopy:
    kept = SafeCopy(source, kind.mime, safe_name(name, kind))
    ogg = tempfile.TemporaryFile()  # noqa: SIM115
    try:
        seconds = to_ogg(source, ogg)
    except NotOpus:
        ogg.close()
        return kept
    # Only as CAF is it a voice note on the phone that it may be sent to (contract 1.7).
    kept.preview = ogg
    kept.details = {"seconds": round(seconds, 1)}
    kept._made.append(ogg)
    return kept
