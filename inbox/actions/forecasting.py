"""Looking ahead: how the next message of a thread will travel, and how often we were right."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from django.db.models import Count, F, Q

from inbox.forecast import Evidence, Forecast, Sight, forecast
from inbox.models import WRITTEN, Line, Message, ServiceCheck
from sendblue_inbox.clock import now
from sendblue_inbox.sendblue.terms import Status

from .looking_up import Lookup, look_up, lookup_of

if TYPE_CHECKING:
    from inbox.models import Thread

# How far back the newest messages of a thread are evidence, and how long forecasts are scored.
MOST_EVIDENCE = 20
SCORED_FOR = timedelta(days=30)
WENT = (Status.SENT, Status.DELIVERED, Status.READ)


@dataclass(frozen=True, slots=True)
class Outlook:
    """The forecast of a thread, and how the newest lookup of its number stands."""

    forecast: Forecast
    lookup: Lookup


@dataclass(frozen=True, slots=True)
class Score:
    """How many of so many forecasts came true."""

    right: int
    total: int


def outlook_of(thread: Thread) -> Outlook:
    """What is to be expected of the thread's next message; two queries, one for a group."""
    known = [
        Evidence(Sight.OURS if is_outbound else Sight.THEIRS, service, at, bool(fell))
        for is_outbound, service, fell, at in _messages(thread)
    ]
    checks: list[ServiceCheck] = []
    if thread.contact:
        asked = ServiceCheck.objects.filter(number=thread.contact.number)
        checks = list(asked.order_by("-asked_at")[:3])
    known += [
        Evidence(Sight.CHECK, check.service, check.answered_at)
        for check in checks
        if check.answered_at
    ]
    return Outlook(forecast(known, now=now()), lookup_of(checks))


def look_when_unsure(thread: Thread, outlook: Outlook) -> Outlook:
    """Have the number looked up where nothing recent tells how it can be reached."""
    if outlook.forecast.is_sure or outlook.lookup.state or not thread.contact:
        return outlook
    asked = look_up(thread.contact.number)
    return Outlook(outlook.forecast, Lookup("waiting")) if asked else outlook


def score_of(line: Line) -> Score:
    """How the line's forecasts of the last 30 days compare with how the messages went."""
    sent = Message.objects.filter(
        ~Q(forecast_service=""), line=line, date_sent__gt=now() - SCORED_FOR, status__in=WENT
    ).exclude(service="")
    right = Count("pk", filter=Q(service=F("forecast_service")))
    return Score(**sent.aggregate(right=right, total=Count("pk")))


def _messages(thread: Thread) -> list[tuple[bool, str, bool | None, object]]:
    told = Q(is_outbound=False) | Q(status__in=WENT)
    rows = thread.messages.filter(told, kind__in=WRITTEN).exclude(service="")
    newest = rows.order_by("-date_sent", "-message_handle", "-pk")
    columns = ("is_outbound", "service", "was_downgraded", "date_sent")
    return list(newest.values_list(*columns)[:MOST_EVIDENCE])
