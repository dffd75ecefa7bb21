"""Asking Sendblue about a person: which service reaches them, and whether a line knows them.

evaluate-service may be asked 30 times an hour and 100 a day (contract 1.6). What was asked is
counted in rows under a lock, so that no number of workers asks more often, and a look that nobody
asked for leaves enough for those that somebody does.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from celery import shared_task
from django.db import connection, transaction

from inbox.allowance import DAY, HOUR, SLACK
from inbox.models import Account, ServiceCheck, Thread
from sendblue_inbox import live
from sendblue_inbox.clock import database_now, now
from sendblue_inbox.ring import ring
from sendblue_inbox.rows import SHORT_DRAIN, Turn
from sendblue_inbox.sendblue.client import client_from_settings
from sendblue_inbox.sendblue.errors import RateLimited, SendblueError
from sendblue_inbox.sendblue.terms import SERVICES
from sendblue_inbox.sendblue.transport import Limits

from .accounts import account
from .opening import NEW_AFTER, STATUS_LASTS

if TYPE_CHECKING:
    from sendblue_inbox.sendblue.client import Client

# Of an hour and of a day, what is kept for lookups that an agent asks for.
KEPT_FOR_AGENTS = (10, 30)
# An answer that takes longer does not come any more.
ANSWER_WITHIN = timedelta(seconds=60)
# A lookup that counts is made once: the transport would repeat it (contract 2.5).
ONCE = Limits(fetch_tries=1, fetch_total=15)
# One statement, because it stands in the way of opening a thread.
ASK = """
    INSERT INTO inbox_servicecheck (number, service, asked_at, error)
    SELECT %s, '', clock_timestamp(), '' FROM inbox_account
     WHERE id = 1 AND (%s OR least(
           service_checks_per_hour - %s - (SELECT count(*) FROM inbox_servicecheck
            WHERE posted_at > clock_timestamp() - interval '61 minutes'),
           service_checks_per_day - %s - (SELECT count(*) FROM inbox_servicecheck
            WHERE posted_at > clock_timestamp() - interval '1441 minutes')
           ) > (SELECT count(*) FROM inbox_servicecheck WHERE posted_at IS NULL))
    ON CONFLICT DO NOTHING
"""
FAILED = "Sendblue could not say"
NO_MORE = "Sendblue allows no more lookups for now"
logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Lookup:
    """How the newest lookup of a number stands: `waiting`, `failed`, `answered`, or empty."""

    state: str = ""
    error: str = ""


def look_up(number: str, *, is_pressed: bool = False) -> bool:
    """Have Sendblue asked which service the number has; whether it will be.

    Unless an agent pressed for it, only while the allowance has more left than is kept for them.
    """
    account()  # whose allowance it is
    with connection.cursor() as cursor:
        hour, day = KEPT_FOR_AGENTS
        cursor.execute(ASK, [number, is_pressed, hour, day])
        asked = bool(cursor.rowcount)
    if asked:
        ring("looking")
    return asked


def ask_contact_status(thread: Thread) -> None:
    """Have Sendblue asked whether the person is new to the line, where that may be so."""
    heard_at, told = thread.last_inbound_at, thread.contact_status
    is_talking = heard_at and heard_at > now() - NEW_AFTER
    is_fresh = told.get("sampled_at", "") > (now() - STATUS_LASTS).isoformat()
    number = thread.contact.number if thread.contact else ""
    if is_talking or is_fresh or not number.startswith("+"):
        return
    Thread.objects.filter(pk=thread.pk).update(contact_status_wanted_at=now())
    ring("looking")


def lookup_of(checks: list[ServiceCheck]) -> Lookup:
    """How the newest of the checks of one number stands; they are newest first."""
    if not checks:
        return Lookup()
    newest = checks[0]
    if newest.answered_at:
        return Lookup("answered")
    if newest.error:
        return Lookup("failed", newest.error)
    if newest.posted_at and newest.posted_at < now() - ANSWER_WITHIN:
        return Lookup("failed", FAILED)
    return Lookup("waiting")


@shared_task(name="drain.looking", **SHORT_DRAIN)
def drain_looking() -> None:
    """Ask what is to be asked, as far as the allowance goes."""
    turn = Turn()
    client = client_from_settings(limits=ONCE)
    while not turn.is_over and (check := claim_check()):
        answer_check(check, client)
    wanted = Thread.objects.filter(contact_status_wanted_at__isnull=False)
    for thread in wanted.select_related("line", "contact").order_by("contact_status_wanted_at"):
        if turn.is_over:
            return
        read_contact_status(thread, client)


def claim_check() -> ServiceCheck | None:
    """The lookup that waits longest, counted as made; None where none does or none may be."""
    with transaction.atomic():
        limits = Account.objects.select_for_update().get(pk=account().pk)
        check = ServiceCheck.objects.filter(posted_at__isnull=True).order_by("asked_at").first()
        if check is None or min(_left(limits)) < 1:
            return None
        check.posted_at = database_now()
        check.save(update_fields=["posted_at"])
        return check


def answer_check(check: ServiceCheck, client: Client) -> None:
    """Ask Sendblue once and write down what it says, or that it did not."""
    connection.close()
    try:
        check.service = client.evaluate_service(number=check.number).service[:16]
    except SendblueError as error:
        logger.warning("a number was not looked up", extra={"error": str(error)})
        check.error = NO_MORE if isinstance(error, RateLimited) else FAILED
    if check.service in SERVICES:
        check.answered_at = now()
    else:
        check.error = check.error or FAILED
    with transaction.atomic():
        check.save(update_fields=["service", "answered_at", "error"])
        threads = Thread.objects.filter(contact__number=check.number).values_list("pk", flat=True)
        live.notify("lookups", *(f"thread-{pk}" for pk in threads))


def read_contact_status(thread: Thread, client: Client) -> None:
    """Ask Sendblue whether the person is new to the line, once."""
    claimed = Thread.objects.filter(pk=thread.pk, contact_status_wanted_at__isnull=False)
    if not claimed.update(contact_status_wanted_at=None) or not thread.contact:
        return
    connection.close()
    try:
        told = client.contact_status(
            number=thread.contact.number, sendblue_number=thread.line.number
        )
    except SendblueError as error:
        logger.warning("a contact's status was not read", extra={"error": str(error)})
        return
    status = {
        "classification": told.classification,
        "activity": told.activity,
        "warning": told.warning,
        "sampled_at": (told.sampled_at or now()).isoformat(),
    }
    with transaction.atomic():
        Thread.objects.filter(pk=thread.pk).update(contact_status=status)
        live.notify(f"thread-{thread.pk}")
        ring("sending")


def _left(limits: Account) -> tuple[int, int]:
    """How many lookups may be made in this hour and in this day; none is below zero."""
    at: datetime = database_now()
    made = ServiceCheck.objects.filter(posted_at__isnull=False)
    hour = made.filter(posted_at__gt=at - HOUR - SLACK).count()
    day = made.filter(posted_at__gt=at - DAY - SLACK).count()
    return (
        max(0, limits.service_checks_per_hour - hour),
        max(0, limits.service_checks_per_day - day),
    )
