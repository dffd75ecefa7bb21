"""App cards (contract 2.0): what an app on a phone would draw, in the words that came with it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from sendblue_inbox.sendblue.payloads.reading import first, mapping, text

if TYPE_CHECKING:
    from inbox.models import Message

LONGEST = 200
# The lines of a card from its top; phones draw what they know.
LINES = (
    ("imageTitle", "image_title"),
    ("imageSubtitle", "image_subtitle"),
    ("caption",),
    ("subcaption", "subCaption"),
    ("trailingCaption", "trailing_caption"),
    ("trailingSubcaption", "trailing_subcaption"),
)


@dataclass(frozen=True, slots=True)
class AppCard:
    """An app's card: its name, what it says line by line, and where it leads (http and https)."""

    name: str
    lines: tuple[str, ...]
    host: str
    url: str


def app_card(message: Message) -> AppCard | None:
    """The card that came or went with a message, of any shape; None where there is none."""
    card = mapping(message.app_card)
    if not card:
        return None
    layout = mapping(card.get("layout"))
    said = [_line(first(layout, *names)) for names in LINES]
    fallback = _line(first(card, "fallbackText", "fallback_text"))
    name = _line(first(card, "appName", "app_name"))
    bundle = _line(card.get("extensionBundleId"))
    lines = tuple(dict.fromkeys(filter(None, said))) or ((fallback,) if fallback else ())
    host, url = _address(card.get("url"))
    return AppCard(name or bundle or "App card", lines, host, url)


def _line(value: Any) -> str:
    return " ".join(text(value).split())[:LONGEST]


def _address(value: Any) -> tuple[str, str]:
    url = text(value).strip()
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
    except ValueError:
        return "", ""
    is_web = parts.scheme in {"http", "https"} and bool(host) and len(url) <= 2000
    return (host[:LONGEST], url) if is_web else ("", "")
