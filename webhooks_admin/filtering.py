"""What the event log is narrowed to: read from an address, written into one, told in words."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from typing import TYPE_CHECKING, Self

from django.db.models import Q
from django.http import QueryDict
from django.utils.dateparse import parse_datetime
from django.utils.http import urlencode
from django.utils.timezone import get_current_timezone, is_naive

from sendblue_inbox.phone import NotANumber, to_address
from webhooks_admin.models import WebhookEvent

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from django.db.models import QuerySet

STATES = {
    "waiting": "Waiting",
    "failed": "Put aside",
    "new": "New",
    "changed": "Changed something",
    "same": "Nothing new",
}
LONGEST = 254


@dataclass(frozen=True, slots=True)
class EventFilter:
    """Everything that the log may be narrowed to; empty means not asked."""

    q: str = ""  # a message_handle, or a number in any spelling
    kind: str = ""
    state: str = ""
    since: str = ""  # moments as a browser's field gives them, in the person's zone
    until: str = ""

    @classmethod
    def parse(cls, params: Mapping[str, str] | str) -> Self:
        """The filter of a query string or its parameters; what makes no sense is not asked."""
        found = QueryDict(params) if isinstance(params, str) else params
        asked = {field.name: str(found.get(field.name, "")).strip() for field in fields(cls)}
        asked = {name: value.replace("\x00", "")[:LONGEST] for name, value in asked.items()}
        if asked["state"] not in STATES:
            asked["state"] = ""
        for name in ("since", "until"):
            asked[name] = asked[name] if moment(asked[name]) else ""
        return cls(**asked)

    @property
    def query(self) -> str:
        """The same as a query string, without what is not asked."""
        return urlencode({name: value for name, value in asdict(self).items() if value})

    def events(self) -> QuerySet[WebhookEvent]:
        """Those deliveries, in no order."""
        found = WebhookEvent.objects.all()
        if self.kind:
            found = found.filter(kind=self.kind)
        if self.state == "waiting":
            found = found.filter(processed_at=None, quarantined_at=None)
        elif self.state == "failed":
            found = found.filter(quarantined_at__isnull=False)
        elif self.state:
            found = found.filter(verdict=self.state)
        if since := moment(self.since):
            found = found.filter(received_at__gte=since)
        if until := moment(self.until):
            found = found.filter(received_at__lte=until)
        return found.filter(_about(self.q)) if self.q else found


def moment(text: str) -> datetime | None:
    """The moment of a date field, in the person's zone where it names none; None for nonsense."""
    try:
        found = parse_datetime(text)
    except ValueError:
        return None
    if found and is_naive(found):
        return found.replace(tzinfo=get_current_timezone())
    return found


def _about(asked: str) -> Q:
    try:
        return Q(number=to_address(asked))
    except NotANumber:
        return Q(message_handle=asked)
