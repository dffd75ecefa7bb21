"""Looking ahead: how the next message of a thread will travel, and how often we were right."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from django.db.models import Count, F, Q

from inbox.forecast import Evidence, Forecast, Sight, forecast
from inbox.models import WRITTEN, Line, Message, ServiceCheck, Thread
from sendblue_inbox.clock import now
from sendblue_inbox.sendblue.terms import Status

from .looking_up import Lookup, look_up, lookup_of

if TYPE_CHECKING:
    from datetime import datetime

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
    return _outlook(known, thread.contact.number if thread.contact else "")


def outlook_for(number: str) -> Outlook:
    """The same for a number that somebody is about to write to, on whatever line."""
    theirs = Thread.objects.filter(contact__number=number, group_id="")
    thread = theirs.select_related("contact").order_by("-last_message_at").first()
    return outlook_of(thread) if thread else _outlook([], number)


def look_when_unsure(number: str, outlook: Outlook) -> Outlook:
    """Have the number looked up where nothing recent tells how it can be reached."""
    if outlook.forecast.is_sure or outlook.lookup.state:
        return outlook
    return Outlook(outlook.forecast, Lookup("waiting")) if look_up(number) else outlook


def score_of(line: Line) -> Score:
    """How the line's forecasts of the last 30 days compare with how the messages went."""
    sent = Message.objects.filter(
        ~Q(forecast_service=""), line=line, date_sent__gt=now() - SCORED_FOR, status__in=WENT
    ).exclude(service="")
    right = Count("pk", filter=Q(service=F("forecast_service")))
    return Score(**sent.aggregate(right=right, total=Count("pk")))


def _outlook(known: list[Evidence], number: str) -> Outlook:
    asked = ServiceCheck.objects.filter(number=number)
    checks = list(asked.order_by("-asked_at")[:3]) if number else []
    found = [
        Evidence(Sight.CHECK, check.service, check.answered_at)
        for check in checks
        if check.answered_at
    ]
    return Outlook(forecast(known + found, now=now()), lookup_of(checks))


def _messages(thread: Thread) -> list[tuple[bool, str, bool | None, datetime]]:
    told = Q(is_outbound=False) | Q(status__in=WENT)
    rows = thread.messages.filter(told, kind__in=WRITTEN).exclude(service="")
    newest = rows.order_by("-date_sent", "-message_handle", "-pk")
    columns = ("is_outbound", "service", "was_downgraded", "date_sent")
    return list(newest.values_list(*columns)[:MOST_EVIDENCE])
