"""Places that people share, as a card that asks nobody outside for a picture."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from inbox.models import Kind
from sendblue_inbox.sendblue.payloads.reading import moment, real, text

if TYPE_CHECKING:
    from datetime import datetime

    from inbox.models import Message

FURTHEST = 1_000_000  # metres; a phone that knows no better knows nothing
SAYS = {
    "not_shared": "They do not share where they are",
    "shared_no_fix_yet": "They share it, but their phone has not found its place yet",
}


@dataclass(frozen=True, slots=True)
class SharedPlace:
    """Where somebody is or was. `coordinates` is empty where nothing can be shown; `note` says why,
    or why a later look found nothing."""

    coordinates: str = ""
    map_url: str = ""
    address: str = ""
    accuracy: str = ""
    at: datetime | None = None
    seen_at: datetime | None = None
    note: str = ""


def shared_place(message: Message) -> SharedPlace | None:
    """The place that a row shows: the newest look, else what was shared; None for other rows."""
    looked: dict[str, Any] = message.details.get("place") or {}
    if not message.location and not looked:
        return None
    told = looked if "latitude" in looked else message.location or {}
    latitude, longitude = real(told.get("latitude")), real(told.get("longitude"))
    seen_at, note = moment(looked.get("seen_at")), _note(looked)
    if latitude is None or longitude is None or abs(latitude) > 90 or abs(longitude) > 180:
        return SharedPlace(note=note or "This place cannot be shown", seen_at=seen_at)
    return SharedPlace(
        coordinates=f"{_degrees(latitude, 'NS')}, {_degrees(longitude, 'EW')}",
        map_url=map_url(latitude, longitude),
        address=text(told.get("address")),
        accuracy=_accuracy(real(told.get("accuracy"))),
        at=moment(told.get("told_at")) or (None if told is looked else message.date_sent),
        seen_at=seen_at,
        note=note,
    )


def can_look_again(message: Message) -> bool:
    """Whether Sendblue can be asked where they are now (contract 2.10)."""
    if message.thread.is_group:
        return False
    was_asked = message.kind == Kind.LOCATION_REQUEST and message.send_state == "accepted"
    return was_asked or (bool(message.location) and not message.is_outbound)


def map_url(latitude: float, longitude: float) -> str:
    """OpenStreetMap's page of a place, with a mark on it."""
    mark = f"mlat={latitude:.6f}&mlon={longitude:.6f}"
    return f"https://www.openstreetmap.org/?{mark}#map=16/{latitude:.6f}/{longitude:.6f}"


def _note(looked: dict[str, Any]) -> str:
    state = text(looked.get("state"))
    if state == "refused":
        words = text(looked.get("words")).strip().rstrip(".")
        return f"Sendblue could not look: {words}" if words else "Sendblue could not look"
    return SAYS.get(state, "")


def _degrees(value: float, sides: str) -> str:
    return f"{abs(value):.5f}° {sides[value < 0]}"


def _accuracy(metres: float | None) -> str:
    if metres is None or not 0 < metres < FURTHEST:
        return ""
    return f"within {metres:.0f} m" if metres < 1000 else f"within {metres / 1000:.1f} km"
