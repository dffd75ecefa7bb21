"""Where people are (Sendblue API contract, section 2.10). Needs a dedicated Mac line."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..payloads.acknowledgements import Acknowledgement
from ..payloads.messages import Location
from ..payloads.places import LocationEvent, LocationState
from ..payloads.reading import first, mapping, text
from .base import Operations
from .streams import event_object

if TYPE_CHECKING:
    from collections.abc import Generator


class LocationOperations(Operations):
    """Asking is a message to the person; looking is not."""

    def request_location(self, *, number: str, from_number: str) -> Acknowledgement:
        """POST /api/request-location: asks the person; the answer names the request's handle."""
        body = {"number": number, "from_number": from_number}
        answer = self._transport.write("POST", "/api/request-location", body=body, is_send=True)
        return Acknowledgement.parse(answer)

    def list_locations(self, *, from_number: str) -> tuple[LocationState, ...]:
        """GET /api/location: everybody who shares with this line."""
        asked = {"from_number": from_number}
        return LocationState.many(self._transport.get("/api/location", query=asked))

    def get_location(self, *, number: str, from_number: str) -> LocationState | None:
        """GET /api/location/{number}; None when nothing is said about this person."""
        answer = self._transport.get(
            "/api/location/{number}", query={"from_number": from_number}, number=number
        )
        return next(iter(LocationState.many(answer)), None)

    def watch_location(
        self, *, number: str, from_number: str
    ) -> Generator[LocationEvent, None, None]:
        """GET /api/location/{number}/watch: ready, locations, and complete at the end.

        Close the generator to stop. Raises MaybeSent when the stream breaks or falls silent.
        """
        events = self._transport.stream(
            "/api/location/{number}/watch", query={"from_number": from_number}, number=number
        )
        for sent in events:
            found = event_object(sent)
            place = mapping(found.get("location")) or found
            yield LocationEvent(
                kind=text(first(found, "type", "event")) or sent.event,
                state=LocationState(
                    number=text(found.get("number")) or number,
                    state=text(found.get("state")),
                    location=Location.parse(place),
                ),
                reason=text(first(found, "reason", "message")),
                raw=found,
            )
