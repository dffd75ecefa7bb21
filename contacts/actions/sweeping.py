"""Reading all of Sendblue's contacts, and believing after the second time who is not there.

Sendblue's list of contacts cannot be asked for what changed (contract 2.6), so all of it is read
once a day, a page a commit; in between only who is new. Whoever two whole sweeps in a row did not
show was deleted there. A sweep is whole when it showed as many as Sendblue counts.
"""

from __future__ import annotations

import logging
import time
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.db import connection, transaction

from contacts.models import Contact, ContactChange, Sweep, SweepPage
from sendblue_inbox import live
from sendblue_inbox.clock import database_now, now
from sendblue_inbox.crashpoints import reached
from sendblue_inbox.ring import ring
from sendblue_inbox.sendblue.terms import MAX_CONTACTS_PAGE
from sendblue_inbox.sendblue.windows import Listing

from .merging import NOTHING, values_of
from .push_answers import body_for
from .saving import changes_between, record_contacts
from .writing import copy_changes, update_contacts

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from datetime import datetime

    from sendblue_inbox.sendblue.client import Client
    from sendblue_inbox.sendblue.payloads import ContactPayload
    from sendblue_inbox.sendblue.windows import Page

Push = Contact.Push
EVERY = timedelta(days=1)
# Somebody is missing: a second look tells whether they are gone.
SECOND_LOOK = timedelta(hours=1)
BELIEVED = 2
# Asked for again each time: rows that became visible late although their time is older.
OVERLAP = timedelta(seconds=60)
# Reading and pushing together stay below the 100 requests that an account has in 10 s.
PAGE_SECONDS = 0.25
# How often the end of the list is read again while contacts are made faster than it is counted.
LAST_LOOKS = 5
BATCH = 500
SAVED_AGAIN = "Deleted at Sendblue meanwhile. It says more here, so it is saved there again."
COUNT_SEEN = """
    SELECT count(DISTINCT one) FROM contacts_sweeppage, unnest(shown) AS one WHERE sweep_id = %s"""
# Known before the sweep began, untouched since, and on none of its pages.
NOTE_MISSED = """
    UPDATE contacts_contact AS contact SET missed_sweeps = missed_sweeps + 1
    WHERE at_sendblue IS NOT NULL AND missed_sweeps < %(most)s
      AND coalesce(seen_at_sendblue < %(start)s, true) AND coalesce(pushed_at < %(start)s, true)
      AND NOT EXISTS (
        SELECT FROM (
            SELECT split_part(one, ' ', 1) AS number FROM contacts_sweeppage, unnest(shown) AS one
            WHERE sweep_id = %(sweep)s) AS seen
        WHERE seen.number = contact.number)"""
WRITTEN = (
    *("at_sendblue", "missed_sweeps", "conflicts", "removed_at"),
    *("push_state", "push_error", "push_after", "push_attempts"),
)
logger = logging.getLogger(__name__)


def current_sweep(*, begin: bool = False) -> Sweep | None:
    """The sweep that is under way or due; a new one where `begin` asks for it."""
    sweeps = Sweep.objects.order_by("-started_at", "-pk")
    newest = sweeps.first()
    if newest and newest.finished_at is None:
        return newest
    wait = SECOND_LOOK if newest and newest.missed else EVERY
    if newest and newest.finished_at and newest.finished_at > now() - wait and not begin:
        return None
    return Sweep.objects.create(started_at=database_now())


class Reader:
    """Reads Sendblue's contacts by the time at which they were made there, and records them."""

    def __init__(self, client: Client) -> None:
        self.client = client
        self.asked_at = database_now()
        self._next_page_at = 0.0

    def pages(self, since: datetime | None) -> Iterator[Page[ContactPayload]]:
        """The pages from then on, each to be recorded before the next is asked for."""
        listing = Listing(self._fetch, lambda row: row.created_at, lambda row: row.number)
        return listing.walk(since)

    def record(self, page: Page[ContactPayload]) -> None:
        """Write what the page says, but not of whom we know something newer."""
        record_contacts(page.rows, asked_at=self.asked_at)

    def _fetch(self, since: datetime | None, offset: int) -> tuple[Sequence[ContactPayload], bool]:
        self.asked_at = database_now()
        connection.close()
        time.sleep(max(0.0, self._next_page_at - time.monotonic()))
        self._next_page_at = time.monotonic() + PAGE_SECONDS
        rows = self.client.list_contacts(
            created_at_gte=since, limit=MAX_CONTACTS_PAGE, offset=offset
        )
        return rows, len(rows) >= MAX_CONTACTS_PAGE


def sweep_on(
    sweep: Sweep, client: Client, *, hold: Callable[[int], None], is_over: Callable[[], bool]
) -> bool:
    """Read on where the sweep was left; whether it came to its end.

    `hold` is called with the rows of each page once they are recorded, and raises where another
    worker has taken over; `is_over` says whether no new page may be taken.
    """
    reader, counted = Reader(client), None
    for look in range(LAST_LOOKS):
        if look:
            # Counted before the end is read once more: what it counts has been shown by then.
            counted = _counted(client)
        for page in reader.pages(sweep.place):
            with transaction.atomic():
                reader.record(page)
                shown = [f"{row.number} {row.contact_id}" for row in page.rows]
                SweepPage.objects.create(sweep=sweep, shown=shown)
                sweep.place = page.resume_at
                sweep.save(update_fields=["place"])
            reached("sweeping.page")
            hold(len(page.rows))
            if is_over() and not page.is_last:
                return False
        if look and (counted is None or _seen(sweep) >= counted):
            break
    _judge(sweep, counted)
    reached("sweeping.judged")
    return True


def pull_new(
    since: datetime, client: Client, *, hold: Callable[[int, datetime | None], None]
) -> None:
    """Record the contacts that were made at Sendblue since then, with some overlap."""
    reader = Reader(client)
    for page in reader.pages(since - OVERLAP):
        reader.record(page)
        hold(len(page.rows), page.resume_at)


def remove_missed() -> int:
    """Take away whom two sweeps did not show; how many. What says more here than there stays."""
    gone = 0
    while found := _remove_some():
        gone += found
        reached("sweeping.removed")
    return gone


def _counted(client: Client) -> int | None:
    connection.close()
    return client.count_contacts()


def _seen(sweep: Sweep) -> int:
    with connection.cursor() as cursor:
        cursor.execute(COUNT_SEEN, [sweep.pk])
        return cursor.fetchone()[0]


def _judge(sweep: Sweep, counted: int | None) -> None:
    """Write down what the sweep has shown, and of whom we knew it has not."""
    with transaction.atomic(), connection.cursor() as cursor:
        sweep.seen, sweep.counted, sweep.finished_at = _seen(sweep), counted, database_now()
        sweep.is_whole = counted is not None and sweep.seen >= counted
        if sweep.is_whole:
            known: dict[str, Any] = {"most": BELIEVED, "start": sweep.started_at}
            cursor.execute(NOTE_MISSED, {**known, "sweep": sweep.pk})
            sweep.missed = cursor.rowcount
        else:
            logger.warning(
                "a sweep of the contacts fell short",
                extra={"seen": sweep.seen, "counted": counted},
            )
        sweep.save()
        sweep.pages.all().delete()


def _remove_some() -> int:
    missed = Contact.objects.filter(missed_sweeps__gte=BELIEVED)
    changes: list[ContactChange] = []
    with transaction.atomic():
        contacts = list(missed.select_for_update().order_by("number")[:BATCH])
        for contact in contacts:
            changes += _lose(contact)
        update_contacts(contacts, (*NOTHING, *WRITTEN))
        copy_changes(changes)
        if contacts:
            live.notify("contacts", *(f"contact-{contact.pk}" for contact in contacts))
            ring("pushing")
    return len(contacts)


def _lose(contact: Contact) -> list[ContactChange]:
    """Make an unsaved row one that Sendblue does not have; the changes of its fields."""
    is_ours = contact.push_state == Push.WAITING or contact.conflicts or body_for(contact)
    contact.at_sendblue, contact.missed_sweeps, contact.conflicts = None, 0, {}
    if contact.removed_at:
        contact.push_state, contact.push_error = Push.SAVED, ""
        return []
    if is_ours:
        contact.push_state, contact.push_error = Push.WAITING, SAVED_AGAIN
        contact.push_after, contact.push_attempts = now(), 0
        return []
    changes = changes_between(
        contact, values_of(contact), NOTHING, source=ContactChange.Source.SENDBLUE
    )
    for name, value in NOTHING.items():
        setattr(contact, name, type(value)(value))
    contact.removed_at = database_now()
    contact.push_state, contact.push_error = Push.NONE, ""
    return changes
