"""What a push has to say, and what its answer means for the row: saved, refused, again later."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import orjson
from django.db import connection, transaction

from contacts.models import ConsentChange, Contact, ContactChange
from sendblue_inbox import live
from sendblue_inbox.clock import database_now, now
from sendblue_inbox.rows import backoff
from sendblue_inbox.sendblue.errors import BadCredentials, RateLimited, Rejected

from .consenting import newest_word
from .merging import MADE, NOTHING, OPT_OUT, TEXTS, TRIED, values_of, values_told
from .push_pacing import rest
from .saving import WRITTEN_BY_PULL, take_over
from .writing import copy_changes, update_contacts

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from sendblue_inbox.sendblue.errors import SendblueError
    from sendblue_inbox.sendblue.payloads import ContactPayload

KEPT = "Sendblue took the change, but still has another value for: {}."
STOPPED = "Sendblue keeps them opted out: a STOP from a phone ends only with a START from it."
WRITTEN_BY_PUSH = (*WRITTEN_BY_PULL, "push_state", "push_error", "pushed_at")
# Words that Sendblue cannot have heard by itself.
OUR_WORDS = frozenset({ConsentChange.Source.AGENT, ConsentChange.Source.CSV})
REMEMBER = """
    UPDATE contacts_contact AS contact
    SET at_sendblue = contact.at_sendblue || jsonb_build_object(%s::text, given.body)
    FROM json_to_recordset(%s) AS given (id bigint, version int, body jsonb)
    WHERE contact.id = given.id AND contact.version = given.version
      AND contact.at_sendblue IS NOT NULL"""


class Answer(NamedTuple):
    """What was asked of Sendblue about a contact, as it was then, and what it answered."""

    contact: Contact
    body: Mapping[str, Any]
    payload: ContactPayload


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


def wanted(contact: Contact) -> dict[str, Any]:
    """Ours, but with Sendblue's value where a person has not picked yet."""
    values = values_of(contact)
    for field, theirs in contact.conflicts.items():
        name, _, label = field.partition(".")
        if label:
            rest_of = {key: value for key, value in values[name].items() if key != label}
            values[name] = {**rest_of, label: theirs} if theirs else rest_of
        else:
            values[name] = theirs
    return values


def body_for(contact: Contact) -> dict[str, Any]:
    """What Sendblue must be told of the contact, by what it was last known to have."""
    return difference(wanted(contact), contact.at_sendblue or NOTHING)


def consent_to_tell(contact: Contact) -> bool | None:
    """Whether they opted out, where agents or a file said so since the last push; or None.

    What people text themselves, Sendblue knows.
    """
    if (contact.at_sendblue or {}).get(OPT_OUT) == contact.opted_out:
        return None
    word = newest_word(contact)
    if word is None or word.source not in OUR_WORDS:
        return None
    is_news = contact.pushed_at is None or word.created_at > contact.pushed_at
    return contact.opted_out if is_news else None


def remember(bodies: Sequence[tuple[Contact, Mapping[str, Any]]]) -> None:
    """Keep what is about to be written there: should no answer come, it may have been."""
    rows = [{"id": one.pk, "version": one.version, "body": body} for one, body in bodies if body]
    if rows:
        with connection.cursor() as cursor:
            cursor.execute(REMEMBER, [TRIED, orjson.dumps(rows).decode()])


def note(answers: Iterable[Answer], *, is_last: bool = True) -> list[Contact]:
    """Write down what Sendblue has now; the contacts that nobody edited since, locked no more.

    One that is not like ours although it was told is a refusal. It goes on waiting where more is
    to be said (`is_last` is false), and where Sendblue had lost the contact and made it anew.
    """
    told = {answer.contact.pk: answer for answer in answers}
    if not told:
        return []
    changes: list[ContactChange] = []
    same = []
    with transaction.atomic():
        at = database_now()
        rows = Contact.objects.select_for_update().filter(pk__in=told)
        found = list(rows.defer("search_text", "search_pieces").order_by("number"))
        for fresh in found:
            answer = told[fresh.pk]
            base = _base_after(answer)
            fresh.at_sendblue = base
            changes += take_over(fresh, answer.payload, seen_at=at)
            if fresh.version == answer.contact.version:
                same.append(fresh)
                left = body_for(fresh)
                is_more = bool(left) or consent_to_tell(fresh) is not None
                if not is_more or (is_last and base is not None):
                    _conclude(fresh, left, answer, at=at)
        update_contacts(found, WRITTEN_BY_PUSH)
        copy_changes(changes)
        live.notify("contacts", *(f"contact-{pk}" for pk in told))
    return same


def waiting(contacts: Iterable[Contact]) -> list[Contact]:
    """Those of which more is to be said."""
    return [contact for contact in contacts if contact.push_state == Contact.Push.WAITING]


def _base_after(answer: Answer) -> dict[str, Any] | None:
    """What Sendblue has by our own hand, so that all else that it answers is news.

    None where nothing is known of it.
    """
    contact, body, payload = answer
    known = contact.at_sendblue
    if known is None or _is_made_anew(answer):
        return None
    theirs = values_told(payload)
    by_us = {name: theirs[name] for name in body if name != OPT_OUT}
    return (
        {name: known[name] for name in (OPT_OUT, MADE) if name in known} | wanted(contact) | by_us
    )


def _is_made_anew(answer: Answer) -> bool:
    """Whether it had been deleted there, so that the call has made a contact of this body alone."""
    contact, body, payload = answer
    made_at = (contact.at_sendblue or {}).get(MADE)
    if made_at and payload.created_at:
        return made_at != payload.created_at.isoformat()
    theirs = values_told(payload)
    others = [name for name in NOTHING if name not in body]
    had = any((contact.at_sendblue or {}).get(name) for name in others)
    return had and not any(theirs[name] for name in others)


def _conclude(contact: Contact, left: Iterable[str], answer: Answer, *, at: datetime) -> None:
    reasons = [KEPT.format(", ".join(left))] if left else []
    told = answer.body.get(OPT_OUT)
    if told is not None and told != contact.opted_out:
        reasons.append(STOPPED)
    contact.push_state = Contact.Push.REFUSED if reasons else Contact.Push.SAVED
    contact.push_error, contact.pushed_at = " ".join(reasons)[:300], at


def settle(contacts: Sequence[Contact], **columns: object) -> None:
    """Write these columns of contacts that nobody edited since they were claimed."""
    if not contacts:
        return
    versions: dict[int, list[int]] = {}
    for contact in contacts:
        versions.setdefault(contact.version, []).append(contact.pk)
    with transaction.atomic():
        for version, pks in versions.items():
            waiting = Contact.objects.filter(push_state=Contact.Push.WAITING)
            waiting.filter(pk__in=pks, version=version).update(**columns)
        live.notify("contacts", *(f"contact-{contact.pk}" for contact in contacts))


def settle_failure(contacts: Sequence[Contact], error: SendblueError) -> None:
    """What an error means for the contacts that a request was about: refused, or again later."""
    is_forbidden = isinstance(error, BadCredentials) and error.status != 401
    if isinstance(error, Rejected) or is_forbidden:
        settle(contacts, push_state=Contact.Push.REFUSED, push_error=_words(error))
    elif isinstance(error, RateLimited):
        settle(contacts, push_after=now() + rest(error))
    else:
        attempts = max((contact.push_attempts for contact in contacts), default=1)
        settle(contacts, push_after=now() + backoff(attempts, first=5, most=900))


def _words(error: SendblueError) -> str:
    return (error.message or f"Sendblue refused it (HTTP {error.status}).")[:300]
