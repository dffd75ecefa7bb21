"""Saving our contacts at Sendblue: the rows that wait are the queue.

A push carries only what differs from what Sendblue has, so that what others changed there stays.
It may be repeated at will: contacts are written by number, and the answer is read back. Few go one
by one, many by the hundred (bulk_pushing.py), all at the pace of push_pacing.py.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.db.models import F

from contacts.models import Contact
from sendblue_inbox.clock import database_now, now
from sendblue_inbox.crashpoints import reached
from sendblue_inbox.ring import ring
from sendblue_inbox.rows import Turn
from sendblue_inbox.seats import TURN_SECONDS, bulk_drain
from sendblue_inbox.sendblue.client import client_from_settings
from sendblue_inbox.sendblue.errors import Rejected, SendblueError

from .bulk_pushing import push_many
from .following import follow
from .merging import OPT_OUT
from .push_answers import (
    Answer,
    body_for,
    consent_to_tell,
    difference,
    note,
    remember,
    settle,
    settle_failure,
    waiting,
)
from .push_pacing import BULK_ROWS, LONGEST_WAIT, NoPlace, is_resting, push_forecast, take_place

if TYPE_CHECKING:
    from collections.abc import Sequence

    from django.db.models import QuerySet

    from sendblue_inbox.sendblue.client import Client
    from sendblue_inbox.sendblue.payloads import ContactPayload

__all__ = ["difference", "drain_pushing", "push_forecast"]
# Above the longest request; a killed worker's contacts are pushed again after it.
LEASE = timedelta(seconds=120)
# Of each batch so many are those that were edited last: an agent waits for them.
NEWEST = 20
# Up to so many go one by one, which takes one request each instead of two for all.
FEW = 5
COLUMNS_OF_SEARCH = ("search_text", "search_pieces")


class _Overtaken(Exception):
    """The contact was edited again while it was pushed; that edit brings its own push."""


@bulk_drain("pushing")
def drain_pushing() -> None:
    """Push what waits, a batch at a time."""
    turn = Turn.of(TURN_SECONDS)
    follow()
    client = client_from_settings()
    while not is_resting() and (contacts := claim()):
        try:
            singles = contacts if len(contacts) <= FEW else push_many(contacts, client)
        except NoPlace:
            give_back(contacts)
            ring("pushing", after=LONGEST_WAIT)
            return
        for at, contact in enumerate(singles):
            try:
                push(contact, client)
            except NoPlace:
                give_back(singles[at:])
                ring("pushing", after=LONGEST_WAIT)
                return
            if turn.is_over:
                give_back(singles[at + 1 :])
                break
        if turn.is_over:
            ring("pushing")
            return


def claim() -> list[Contact]:
    """Contacts that wait, leased by moving their due time: the newest edits, then the oldest."""
    due = Contact.objects.filter(push_state=Contact.Push.WAITING, push_after__lte=now())
    free = due.select_for_update(skip_locked=True).defer(*COLUMNS_OF_SEARCH)
    with transaction.atomic():
        newest = list(free.order_by("-push_after", "-pk")[:NEWEST])
        rest = free.exclude(pk__in=[contact.pk for contact in newest])
        oldest = rest.order_by("push_after", "pk")[: BULK_ROWS - NEWEST]
        contacts = [*newest, *(oldest if len(newest) == NEWEST else ())]
        _rows(contacts).update(push_attempts=F("push_attempts") + 1, push_after=now() + LEASE)
    for contact in contacts:
        contact.push_attempts += 1
    return contacts


def give_back(contacts: Sequence[Contact]) -> None:
    """Let contacts that nothing was done about be claimed by the next."""
    untouched = _rows(contacts).filter(push_state=Contact.Push.WAITING, push_after__gt=now())
    first_in_line = min((now(), *(contact.push_after or now() for contact in contacts)))
    untouched.update(push_attempts=F("push_attempts") - 1, push_after=first_in_line)


def push(contact: Contact, client: Client) -> None:
    """Make Sendblue's contact like ours, and write down what it answered. Raises NoPlace."""
    try:
        reached("pushing.before")
        if contact.removed_at:
            _remove(contact, client)
        else:
            _save(contact, client)
        reached("pushing.after")
    except SendblueError as error:
        settle_failure([contact], error)
    except _Overtaken:
        pass


def _save(contact: Contact, client: Client) -> None:
    answer: ContactPayload | None = None
    if contact.at_sendblue is None:
        contact, answer = _meet(contact, client)
        if not waiting([contact]):
            return
    consent = consent_to_tell(contact)
    body = body_for(contact)
    if consent is not None:
        take_place()
        client.opt_out_contact(number=contact.number, opted_out=consent)
    if body or consent is not None or answer is None:
        contact, told, answer = _update(contact, client, body)
        body = dict(told)
    if consent is not None and answer.opted_out is not None:
        body[OPT_OUT] = answer.opted_out
    note([Answer(contact, body, answer)])


def _update(contact: Contact, client: Client, body: dict[str, Any]) -> Answer:
    remember([(contact, body)])
    take_place()
    try:
        return Answer(contact, body, client.update_contact(number=contact.number, **body))
    except Rejected as error:
        if error.status != 404:
            raise
    # Somebody deleted it there; what was edited here since is a reason to have it again.
    contact, _ = _meet(contact, client)
    body = body_for(contact)
    take_place()
    return Answer(contact, body, client.update_contact(number=contact.number, **body))


def _meet(contact: Contact, client: Client) -> tuple[Contact, ContactPayload]:
    """Make the contact there, or find what Sendblue had of it all along and merge that in."""
    contact.at_sendblue = None
    take_place()
    made = client.create_contact(number=contact.number, update_if_exists=True)
    same = note([Answer(contact, {}, made)], is_last=False)
    if not same:
        raise _Overtaken
    return same[0], made


def _remove(contact: Contact, client: Client) -> None:
    take_place()
    try:
        client.delete_contact(number=contact.number)
    except Rejected as error:
        if error.status != 404:
            raise
    gone = {"push_state": Contact.Push.SAVED, "at_sendblue": None}
    settle([contact], pushed_at=database_now(), **gone)


def _rows(contacts: Sequence[Contact]) -> QuerySet[Contact]:
    return Contact.objects.filter(pk__in=[contact.pk for contact in contacts])
