"""The files that come with messages, as they are shown."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import unquote, urlsplit

from django.urls import reverse

from inbox.media.guessing import WORDS, guess, guess_of_url
from inbox.media.limits import in_words, warning_of_file
from inbox.media.sniffing import INLINE, Shape
from inbox.models import MediaFile, SendState

if TYPE_CHECKING:
    from inbox.models import Message

ICONS = {
    Shape.PICTURE: "image",
    Shape.VIDEO: "film",
    Shape.AUDIO: "sound",
    Shape.CONTACT: "contact",
}
# What a kind of file is called where its name does not say it.
TYPE_WORDS = {
    "application/pdf": "PDF",
    "text/plain": "Text",
    "text/vcard": "Contact card",
    "audio/x-caf": "Audio",
}
GUESSED_SHAPES = {
    "image": Shape.PICTURE,
    "film": Shape.VIDEO,
    "sound": Shape.AUDIO,
    "contact": Shape.CONTACT,
}
_SHAPES = {"image": Shape.PICTURE, "video": Shape.VIDEO, "audio": Shape.AUDIO}
State = MediaFile.State
WIDEST, HIGHEST = 320, 380  # pixels of a picture in a bubble


class Box(NamedTuple):
    """Pixels."""

    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that came with a message: what it seems to be, its name, and where it lies."""

    kind: str
    name: str
    type: str
    url: str


def attachment_of(media_url: str) -> Attachment | None:
    """What an address says about the file behind it; None for one that is not http or https."""
    try:
        address = urlsplit(media_url)
    except ValueError:
        return None
    if address.scheme not in {"http", "https"} or not address.netloc:
        return None
    path = PurePosixPath(unquote(address.path))
    kind = guess(path.name)
    return Attachment(kind, path.name or address.netloc, WORDS[kind], media_url)


@dataclass(frozen=True, slots=True)
class ShownFile:
    """A file and how it is shown."""

    file: MediaFile
    message: Message | None = None

    @property
    def shape(self) -> str:
        """picture, video, audio, contact or other; of a file that is not here yet, a guess."""
        if self.file.state != State.SAFE:
            return GUESSED_SHAPES.get(guess_of_url(self.file.source_url), Shape.OTHER)
        main = self.file.content_type.partition("/")[0]
        if self.file.content_type == "text/vcard":
            return Shape.CONTACT
        is_shown = self.file.content_type in INLINE or bool(self.file.preview_as)
        return _SHAPES.get(main, Shape.OTHER) if is_shown else Shape.OTHER

    @property
    def is_safe(self) -> bool:
        """Whether it lies here."""
        return self.file.state == State.SAFE

    @property
    def url(self) -> str:
        """Where it is served."""
        return reverse("inbox:file", args=[self.file.key, self.file.name])

    @property
    def download_url(self) -> str:
        """Where it is only downloaded."""
        return f"{self.url}?dl"

    @property
    def preview_url(self) -> str:
        """Where its small picture, or what browsers can play of it, is served."""
        if not self.file.preview_as:
            return self.url
        return reverse("inbox:preview", args=[self.file.key, self.preview_name])

    @property
    def moves(self) -> bool:
        """Whether it is an animation."""
        return self.file.details.get("frames", 1) > 1

    @property
    def shown_url(self) -> str:
        """What stands in the bubble: a moving picture moves there."""
        return self.url if self.moves else self.preview_url

    @property
    def preview_name(self) -> str:
        """What the preview is called."""
        return "preview.webp" if self.preview_type == "image/webp" else "preview.ogg"

    @property
    def preview_type(self) -> str:
        """The media type of the preview."""
        return "audio/ogg" if self.file.content_type.startswith("audio/") else "image/webp"

    @property
    def box(self) -> Box:
        """The place that the picture takes in a bubble, so that nothing moves when it comes."""
        width, height = self.file.width or 1, self.file.height or 1
        scale = min(1, WIDEST / width, HIGHEST / height)
        return Box(max(round(width * scale), 1), max(round(height * scale), 1))

    @property
    def icon(self) -> str:
        """The name of its icon."""
        return ICONS.get(Shape(self.shape), "file")

    @property
    def is_voice_note(self) -> bool:
        """Whether somebody spoke it for us."""
        return "seconds" in self.file.details

    @property
    def length(self) -> str:
        """How long a voice note is: 0:42."""
        seconds = round(float(self.file.details.get("seconds", 0)))
        return f"{seconds // 60}:{seconds % 60:02d}"

    @property
    def cards(self) -> list[dict[str, Any]]:
        """The people of a contact card."""
        return list(self.file.details.get("cards", []))

    @property
    def title(self) -> str:
        """Its name; of what is not here yet, what it seems to be."""
        return self.file.name or WORDS[guess_of_url(self.file.source_url)]

    @property
    def facts(self) -> str:
        """What it is and how large: PDF, 1.2 MB."""
        kind = TYPE_WORDS.get(self.file.content_type)
        kind = kind or PurePosixPath(self.file.name).suffix.lstrip(".").upper()
        words = [kind, in_words(self.file.size) if self.file.size is not None else ""]
        if self.file.details.get("unreadable"):
            words.append("cannot be shown")
        return ", ".join(filter(None, words))

    @property
    def is_uploading(self) -> bool:
        """Whether Sendblue has yet to get it before its message can leave."""
        waits = self.message is not None and self.message.send_state == SendState.QUEUED
        return waits and not self.file.media_url

    @property
    def is_trying(self) -> bool:
        """Whether a copy is to be made and has failed so far."""
        return self.file.state == State.WAITING and bool(self.file.error)

    @property
    def why(self) -> str:
        """Why there is no copy, as a sentence."""
        words = self.file.error.strip().rstrip(".")
        return f"{words[:1].upper()}{words[1:]}" if words else "It could not be copied"


def draft_as_json(file: MediaFile, service: str) -> dict[str, Any]:
    """A chosen file for the composer's script."""
    shown = ShownFile(file)
    return {
        "key": file.key,
        "name": file.name,
        "facts": shown.facts,
        "shape": str(shown.shape),
        "size": file.size or 0,
        "preview": shown.preview_url if shown.shape == Shape.PICTURE else "",
        "removal": reverse("inbox:remove_file", args=[file.key]),
        "warning": warning_of_file(file.size or 0, service),
    }
