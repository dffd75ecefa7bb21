"""Saving many contacts at Sendblue by its bulk calls (contract 2.6).

A bulk create has no answer a row that could be trusted: what it says of a number is read back and
compared, and whoever it does not name is pushed alone. A call that is refused as a whole is made
again in halves, so one bad row does not hold up the others.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from contacts.models import Contact
from sendblue_inbox.clock import database_now
from sendblue_inbox.crashpoints import reached
from sendblue_inbox.sendblue.errors import Rejected, SendblueError
from sendblue_inbox.sendblue.payloads import ContactRow

from .push_answers import (
    Answer,
    body_for,
    consent_to_tell,
    note,
    remember,
    settle,
    settle_failure,
    waiting,
)
from .push_pacing import take_place

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sendblue_inbox.sendblue.client import Client
    from sendblue_inbox.sendblue.payloads import ContactPayload

# What a bulk create can say; it leaves out what is empty, so it empties nothing but variables.
FIELDS = frozenset({"first_name", "last_name", "company_name", "tags", "custom_variables"})


def push_many(contacts: Sequence[Contact], client: Client) -> list[Contact]:
    """Save claimed contacts at Sendblue; those that need a request of their own. Raises NoPlace."""
    removed = [contact for contact in contacts if contact.removed_at]
    kept = [contact for contact in contacts if not contact.removed_at]
    try:
        reached("bulk_pushing.before")
        alone = _remove(removed, client) if removed else []
        return alone + (_save(kept, client) if kept else [])
    except SendblueError as error:
        settle_failure(contacts, error)
        return []


def _save(contacts: Sequence[Contact], client: Client) -> list[Contact]:
    alone: list[Contact] = []
    unread: list[Contact] = []
    ready: list[Contact] = []
    for contact in contacts:
        if contact.at_sendblue is None:
            unread.append(contact)
        elif consent_to_tell(contact) is not None or not _fits(body := body_for(contact)):
            alone.append(contact)
        else:
            (ready if body else unread).append(contact)
    # What Sendblue has of somebody is read before anything is written: rows without fields.
    answers, unnamed = _posted({contact: {} for contact in unread}, client)
    for contact in waiting(note(answers, is_last=False)):
        is_told = consent_to_tell(contact) is None
        (ready if is_told and _fits(body_for(contact)) else alone).append(contact)
    reached("bulk_pushing.read")
    bodies = {contact: body_for(contact) for contact in ready}
    remember(list(bodies.items()))
    answers, unsaved = _posted(bodies, client)
    alone += waiting(note(answers))
    reached("bulk_pushing.after")
    return alone + unnamed + unsaved


def _fits(body: Mapping[str, Any]) -> bool:
    """Whether a row of a bulk create can say it."""
    return FIELDS.issuperset(body) and all(body.values())


def _posted(
    bodies: Mapping[Contact, Mapping[str, Any]], client: Client
) -> tuple[list[Answer], list[Contact]]:
    """(what the answers say of those that they name, the others)."""
    if not bodies:
        return [], []
    take_place()
    rows = [_row(contact, body) for contact, body in bodies.items()]
    try:
        told = _by_number(client.create_contacts(contacts=rows))
    except Rejected:
        if len(rows) == 1:
            return [], list(bodies)
        all_of, half = list(bodies.items()), len(rows) // 2
        first, second = (_posted(dict(part), client) for part in (all_of[:half], all_of[half:]))
        return first[0] + second[0], first[1] + second[1]
    answers = [
        Answer(contact, body, told[contact.number])
        for contact, body in bodies.items()
        if contact.number in told
    ]
    return answers, [contact for contact in bodies if contact.number not in told]


def _row(contact: Contact, body: Mapping[str, Any]) -> ContactRow:
    fields: dict[str, Any] = {**body}
    if "tags" in fields:
        fields["tags"] = tuple(fields["tags"])
    return ContactRow(contact.number, **fields)


def _by_number(answers: Sequence[ContactPayload]) -> dict[str, ContactPayload]:
    return {payload.number: payload for payload in answers}


def _remove(contacts: Sequence[Contact], client: Client) -> list[Contact]:
    """Delete them there. Where not as many went as were there, each is asked for alone."""
    # Whoever was never seen there would spoil the count of the others.
    known = [contact for contact in contacts if contact.at_sendblue is not None]
    unknown = [contact for contact in contacts if contact.at_sendblue is None]
    gone = known if known and _deleted(known, client) == len(known) else []
    # Of those none is left, this time or the next.
    if unknown and any(_deleted(unknown, client) == 0 for _ in range(2)):
        gone = gone + unknown
    state = {"push_state": Contact.Push.SAVED, "at_sendblue": None}
    settle(gone, pushed_at=database_now(), **state)
    return [contact for contact in contacts if contact not in gone]


def _deleted(contacts: Sequence[Contact], client: Client) -> int | None:
    take_place()
    try:
        return client.delete_contacts(numbers=[contact.number for contact in contacts])
    except Rejected:
        return None
