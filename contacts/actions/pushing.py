"""Saving our contacts at Sendblue: the rows that wait are the queue.

A push carries only what differs from what Sendblue has, so that what others changed there stays.
It may be repeated at will: contacts are written by number, and the answer is read back.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.db import connection, transaction

from contacts.models import Contact, ContactChange
from sendblue_inbox import live
from sendblue_inbox.clock import database_now, now
from sendblue_inbox.crashpoints import reached
from sendblue_inbox.ring import ring
from sendblue_inbox.rows import Turn, backoff
from sendblue_inbox.seats import TURN_SECONDS, bulk_drain
from sendblue_inbox.sendblue.client import Client, client_from_settings
from sendblue_inbox.sendblue.errors import BadCredentials, Rejected, SendblueError

from .following import follow
from .merging import TEXTS, values_of, values_told
from .saving import take_over

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sendblue_inbox.sendblue.payloads import ContactPayload

# Above the longest request; a killed worker's contact is pushed again after it.
LEASE = timedelta(seconds=60)
KEPT = "Sendblue took the change, but still has another value for: {}."


class _Overtaken(Exception):
    """The contact was edited again while it was pushed; that edit brings its own push."""


@bulk_drain("pushing")
def drain_pushing() -> None:
    """Push what waits, one contact after the other: Sendblue allows 100 requests in 10 s."""
    turn = Turn.of(TURN_SECONDS)
    follow()
    client = client_from_settings()
    while contact := claim():
        push(contact, client)
        if turn.is_over:
            ring("pushing")
            return


def claim() -> Contact | None:
    """The contact that waits longest, leased by moving its due time."""
    due = Contact.objects.filter(push_state=Contact.Push.WAITING, push_after__lte=now())
    with transaction.atomic():
        contact = due.select_for_update(skip_locked=True).order_by("push_after").first()
        if contact:
            contact.push_attempts += 1
            contact.push_after = now() + LEASE
            contact.save(update_fields=["push_attempts", "push_after"])
    return contact


def push(contact: Contact, client: Client) -> None:
    """Make Sendblue's contact like ours, and write down what it answered."""
    connection.close()
    try:
        reached("pushing.before")
        if contact.removed_at:
            _remove(contact, client)
        else:
            _save(contact, client)
        reached("pushing.after")
    except (Rejected, BadCredentials) as error:
        _settle(contact, push_state=Contact.Push.REFUSED, push_error=_words(error))
    except _Overtaken:
        pass
    except SendblueError:
        wait = backoff(contact.push_attempts, first=5, most=900)
        _settle(contact, push_after=now() + wait)


def difference(ours: Mapping[str, Any], theirs: Mapping[str, Any]) -> dict[str, Any]:
    """What a PUT must say to turn theirs into ours.

    Sendblue merges custom variables and never drops one, so a removed one is set to "".
    """
    body = {name: ours[name] for name in TEXTS if ours[name] != theirs.get(name, "")}
    if ours["tags"] != theirs.get("tags", []):
        body["tags"] = ours["tags"]
    mine, other = ours["custom_variables"], theirs.get("custom_variables", {})
    variables = {label: value for label, value in mine.items() if other.get(label) != value}
    variables |= dict.fromkeys(set(other) - set(mine), "")
    return body | ({"custom_variables": variables} if variables else {})


def _save(contact: Contact, client: Client) -> None:
    if contact.at_sendblue is None:
        contact = _meet(contact, client)
    body = difference(_wanted(contact), contact.at_sendblue or {})
    try:
        answer = client.update_contact(number=contact.number, **body)
    except Rejected as error:
        if error.status != 404:
            raise
        # Somebody deleted it there; what was edited here since is a reason to have it again.
        contact = _meet(contact, client)
        body = difference(_wanted(contact), contact.at_sendblue or {})
        answer = client.update_contact(number=contact.number, **body)
    _note(contact, body, answer)


def _meet(contact: Contact, client: Client) -> Contact:
    """Make the contact there, or find what Sendblue had of it all along and merge that in."""
    made = client.create_contact(number=contact.number, update_if_exists=True)
    with transaction.atomic():
        fresh = Contact.objects.select_for_update().get(pk=contact.pk)
        fresh.at_sendblue = None
        ContactChange.objects.bulk_create(take_over(fresh, made, seen_at=database_now()))
        fresh.save()
    if fresh.version != contact.version:
        raise _Overtaken
    return fresh


def _wanted(contact: Contact) -> dict[str, Any]:
    """Ours, but with Sendblue's value where a person has not picked yet."""
    wanted = values_of(contact)
    for field, theirs in contact.conflicts.items():
        name, _, label = field.partition(".")
        if label:
            rest = {key: value for key, value in wanted[name].items() if key != label}
            wanted[name] = {**rest, label: theirs} if theirs else rest
        else:
            wanted[name] = theirs
    return wanted


def _remove(contact: Contact, client: Client) -> None:
    try:
        client.delete_contact(number=contact.number)
    except Rejected as error:
        if error.status != 404:
            raise
    _settle(contact, push_state=Contact.Push.SAVED, pushed_at=now(), at_sendblue=None)


def _note(contact: Contact, body: Mapping[str, Any], answer: ContactPayload) -> None:
    told = values_told(answer)
    with transaction.atomic():
        fresh = Contact.objects.select_for_update().get(pk=contact.pk)
        # What Sendblue has of the pushed fields is by our own hand: only the others are news.
        fresh.at_sendblue = _wanted(contact) | {name: told[name] for name in body}
        ContactChange.objects.bulk_create(take_over(fresh, answer, seen_at=database_now()))
        if fresh.version == contact.version:
            left = difference(_wanted(fresh), told)
            fresh.push_state = Contact.Push.REFUSED if left else Contact.Push.SAVED
            fresh.push_error = KEPT.format(", ".join(left)) if left else ""
            fresh.pushed_at = now()
        fresh.save()
        live.notify("contacts", f"contact-{fresh.pk}")


def _settle(contact: Contact, **columns: object) -> None:
    with transaction.atomic():
        # An edit made meanwhile has queued the row anew.
        same = Contact.objects.filter(pk=contact.pk, version=contact.version)
        if same.update(**columns):
            live.notify("contacts", f"contact-{contact.pk}")


def _words(error: SendblueError) -> str:
    return (error.message or f"Sendblue refused it (HTTP {error.status}).")[:300]
