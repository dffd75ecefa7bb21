"""One turn of work on a report: read what Sendblue has, then look at each suspect again."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from django.db import connection, transaction
from django.db.models import Count

from contacts.models import Contact, DriftItem, DriftReport
from sendblue_inbox import live
from sendblue_inbox.clock import now
from sendblue_inbox.crashpoints import reached
from sendblue_inbox.sendblue.errors import Rejected
from sendblue_inbox.sendblue.terms import MAX_CONTACTS_PAGE
from sendblue_inbox.sendblue.windows import Listing

from . import running
from .differing import Cause, Difference, difference_between

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sendblue_inbox.rows import Turn
    from sendblue_inbox.sendblue.client import Client
    from sendblue_inbox.sendblue.payloads import ContactPayload

Kind = DriftItem.Kind
# An account may ask 100 times in 10 s (contract 1.6), and not only we ask.
REQUEST_SECONDS = 0.125
# Of so many suspects Sendblue is asked one by one; that takes about two minutes.
MOST_LOOKS = 1000
BATCH = 25
DEFERRED = ("search_text", "search_pieces")
SEEN = """
    INSERT INTO contacts_driftsighting (report_id, number) SELECT %s, unnest(%s::text[])
    ON CONFLICT DO NOTHING"""
MISSING = """
    INSERT INTO contacts_driftitem
        (report_id, kind, number, contact_id, fields, cause, settled_as, error)
    SELECT %s, 'only_here', contact.number, contact.id, '{}', '', '', ''
      FROM contacts_contact AS contact
     WHERE contact.removed_at IS NULL AND NOT EXISTS (
           SELECT FROM contacts_driftsighting AS seen
            WHERE seen.report_id = %s AND seen.number = contact.number)
    ON CONFLICT DO NOTHING
"""


class Comparison:
    """One turn of work on a report that we hold."""

    def __init__(self, report: DriftReport, client: Client, turn: Turn) -> None:
        self.report = report
        self.client = client
        self.turn = turn
        self._next_request_at = 0.0

    def read(self) -> None:
        """Go on reading Sendblue's contacts; at the end look for those that it does not have."""
        report = self.report
        if "counted_before" not in report.counts:
            counted = self._ask(self.client.count_contacts)
            running.checkpoint(report, counts={"counted_before": counted}, total=counted)
        bound = datetime.fromtimestamp(report.position / 1000, UTC) if report.position else None
        for page in Listing(self._fetch, _created_at, _number).walk(bound):
            with transaction.atomic():
                there = report.counts.get("there", 0) + _note_page(report, page.rows)
                position = _milliseconds(page.resume_at) or report.position
                live.notify("drift")
                running.checkpoint(
                    report, position=position, counts=report.counts | {"there": there}, error=""
                )
            reached("comparing.page")
            if report.is_cancelled or (self.turn.is_over and not page.is_last):
                return
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(MISSING, [report.pk, report.pk])
            live.notify("drift")
            running.checkpoint(
                report, state=DriftReport.State.COMPARING, position=0, total=report.items.count()
            )

    def look(self) -> bool:
        """Look at suspects again, a few a commit; whether none is left."""
        report = self.report
        while not self.turn.is_over and not report.is_cancelled:
            batch = report.items.filter(pk__gt=report.position).order_by("pk")
            items = list(batch[:BATCH])
            if not items:
                return True
            looked = report.counts.get("looked", 0)
            judged = [(item, self._judge(item, asks=looked < MOST_LOOKS)) for item in items]
            if looked < MOST_LOOKS:
                looked += len(items)
            with transaction.atomic():
                _write(judged)
                live.notify("drift")
                running.checkpoint(
                    report,
                    position=items[-1].pk,
                    counts=report.counts | {"looked": looked},
                    error="",
                )
        return False

    def count(self) -> dict[str, int]:
        """What the finished report says in figures."""
        report = self.report
        kinds = report.items.order_by().values_list("kind").annotate(count=Count("pk"))
        found = dict.fromkeys(Kind, 0) | dict(kinds)
        here = Contact.objects.filter(removed_at=None).count()
        counts = {
            "here": here,
            "there": report.sightings.count(),
            "counted": self._ask(self.client.count_contacts),
            "same": here - found[Kind.ONLY_HERE] - found[Kind.DIFFERS],
            "unlooked": report.items.filter(looked_at=None).count(),
        }
        return report.counts | counts | {str(kind): count for kind, count in found.items()}

    def _judge(self, item: DriftItem, *, asks: bool) -> Difference | None:
        """What differs right now; None where nothing does, or the two are just being changed."""
        for _ in range(3):
            contact = _contact(item.number)
            if not asks:
                return _as_read(item, contact, self.report.created_at)
            payload = self._ask_about(item.number)
            if _stamp(contact) == _stamp(_contact(item.number)):
                found = difference_between(contact, payload)
                item.looked_at = now()
                return None if _is_news(contact, payload, found, self.report) else found
        return None

    def _fetch(self, bound: datetime | None, offset: int) -> tuple[Sequence[ContactPayload], bool]:
        rows = self._ask(
            self.client.list_contacts,
            created_at_gte=bound,
            limit=MAX_CONTACTS_PAGE,
            offset=offset,
        )
        return rows, len(rows) >= MAX_CONTACTS_PAGE

    def _ask_about(self, number: str) -> ContactPayload | None:
        try:
            return self._ask(self.client.get_contact, number=number)
        except Rejected as error:
            if error.status != 404:
                raise
            return None

    def _ask(self, request: Any, **query: Any) -> Any:
        """One request, in its turn, while no connection to the database is held."""
        connection.close()
        time.sleep(max(0.0, self._next_request_at - time.monotonic()))
        self._next_request_at = time.monotonic() + REQUEST_SECONDS
        return request(**query)


def _note_page(report: DriftReport, rows: Sequence[ContactPayload]) -> int:
    """Write down whom Sendblue has, and who is a suspect; how many were not seen before."""
    told = {row.number: row for row in rows if row.number}
    with connection.cursor() as cursor:
        cursor.execute(SEEN, [report.pk, list(told)])
        new = cursor.rowcount
    here = Contact.objects.defer(*DEFERRED).filter(number__in=told)
    contacts = {contact.number: contact for contact in here}
    suspects = []
    for number, payload in told.items():
        contact = contacts.get(number)
        if found := difference_between(contact, payload):
            item = DriftItem(report=report, number=number, contact=contact)
            suspects.append(_filled(item, found))
    DriftItem.objects.bulk_create(
        suspects,
        update_conflicts=True,
        unique_fields=["report", "number"],
        update_fields=["kind", "contact", "fields", "cause"],
    )
    return new


def _write(judged: Sequence[tuple[DriftItem, Difference | None]]) -> None:
    """Keep what was found; who turned out to be no suspect is none."""
    numbers = [item.number for item, found in judged if found]
    keys = dict(Contact.objects.filter(number__in=numbers).values_list("number", "pk"))
    for item, found in judged:
        if found:
            item.contact_id = keys.get(item.number)
            _filled(item, found)
    kept = [item for item, found in judged if found]
    DriftItem.objects.bulk_update(kept, ["kind", "contact", "fields", "cause", "looked_at"])
    DriftItem.objects.filter(pk__in=[item.pk for item, found in judged if not found]).delete()


def _filled(item: DriftItem, found: Difference) -> DriftItem:
    item.kind, item.cause, item.fields = found.kind, found.cause, found.fields
    return item


def _as_read(item: DriftItem, contact: Contact | None, began_at: datetime) -> Difference | None:
    """The suspect as it was read, unless something happened to it here since the report began."""
    if item.kind == Kind.ONLY_HERE and contact:
        found = difference_between(contact, None)
    else:
        found = Difference(item.kind, item.cause, item.fields)
    stamps = contact and (contact.updated_at, contact.seen_at_sendblue, contact.pushed_at)
    touched = any(stamp and stamp > began_at for stamp in stamps or ())
    return None if touched else found


def _is_news(
    contact: Contact | None,
    payload: ContactPayload | None,
    found: Difference | None,
    report: DriftReport,
) -> bool:
    """Whether the difference is of our own time: an edit that is just on its way, a new contact."""
    if found is None:
        return True
    if contact is None:
        return bool(payload and payload.created_at and payload.created_at > report.created_at)
    if found.cause in {Cause.WAITING, Cause.DELETION_WAITING}:
        return contact.updated_at > report.created_at
    return found.cause == Cause.MESSAGE and contact.created_at > report.created_at


def _stamp(contact: Contact | None) -> tuple[Any, ...]:
    if contact is None:
        return ()
    return (
        *(contact.version, contact.push_state, contact.pushed_at),
        *(contact.seen_at_sendblue, contact.removed_at, contact.opted_out),
    )


def _contact(number: str) -> Contact | None:
    return Contact.objects.defer(*DEFERRED).filter(number=number).first()


def _created_at(row: ContactPayload) -> datetime | None:
    return row.created_at


def _number(row: ContactPayload) -> str:
    return row.number


def _milliseconds(moment: datetime | None) -> int:
    return round(moment.timestamp() * 1000) if moment else 0
