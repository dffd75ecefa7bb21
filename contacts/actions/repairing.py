"""Settling differences between our contacts and Sendblue's, one or all of a kind.

Somebody asks on the page, which writes the wish into the items; the drain `comparing` fulfils it
in batches. What was changed since the report is not overwritten: it is refused with the reason.
"""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

from django.db import connection, transaction
from django.db.models import Q

from contacts.models import ConsentChange, Contact, ContactChange, DriftItem, DriftReport
from sendblue_inbox import live
from sendblue_inbox.clock import now
from sendblue_inbox.crashpoints import reached
from sendblue_inbox.ring import ring
from sendblue_inbox.rows import backoff
from sendblue_inbox.sendblue.client import client_from_settings
from sendblue_inbox.sendblue.errors import BadCredentials, Rejected, SendblueError
from sendblue_inbox.sendblue.payloads import ContactPayload

from . import running
from .consenting import record_consent
from .differing import flat, with_theirs
from .editing import save_and_push
from .following import follow
from .merging import NOTHING, OPT_OUT, values_of
from .saving import changes_between, index_for_search, record_contacts
from .settlements import OFFERS, Settlement

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from django.db.models import QuerySet

    from sendblue_inbox.models import User
    from sendblue_inbox.rows import Turn

BATCH = 100
CHANGED = "It was changed since the report. Compare again."
FLAGS = ("opted_out", "verified")
THERE_AGAIN = "Sendblue has this contact again. Compare again."


def ask(items: QuerySet[DriftItem], settlement: str, *, author: User) -> int:
    """Have these differences settled in that way, where it is offered for them; how many."""
    offered = [cause for cause, offers in OFFERS.items() if settlement in offers]
    wanted = Q()
    for kind, cause in offered:
        wanted |= Q(kind=kind, cause=cause)
    with transaction.atomic():
        open_items = items.filter(wanted, settled_at=None).filter(Q(settled_as="") | ~Q(error=""))
        count = open_items.update(settled_as=settlement, settled_by=author, error="")
        live.notify("drift")
        ring("comparing")
    return count


def asked() -> QuerySet[DriftItem]:
    """What somebody wants settled and is not yet."""
    return DriftItem.objects.filter(settled_at=None, error="").exclude(settled_as="")


def drain_repairs(turn: Turn) -> None:
    """Settle what was asked for, a batch a commit, for as long as the turn lasts."""
    while not turn.is_over:
        waiting = DriftReport.objects.filter(pk__in=asked().values("report"))
        report = running.claim(waiting)
        if report is None:
            return
        try:
            with contextlib.suppress(running.Lost):
                while not turn.is_over and _settle_batch(report):
                    pass
                running.release(report)
        except SendblueError:
            running.later(report, backoff(report.attempts, first=1, most=60))
    if asked().exists():
        ring("comparing")


def _settle_batch(report: DriftReport) -> bool:
    """One batch of one kind; whether there was one."""
    first = asked().filter(report=report).order_by("pk").first()
    if first is None:
        return False
    alike = asked().filter(report=report, settled_as=first.settled_as).order_by("pk")
    items = list(alike.select_related("settled_by")[:BATCH])
    connection.close()
    errors = _at_sendblue(first.settled_as, items)
    with transaction.atomic():
        numbers = [item.number for item in items]
        locked = Contact.objects.select_for_update().filter(number__in=numbers)
        contacts = {contact.number: contact for contact in locked.order_by("number")}
        for item in items:
            contact = contacts.get(item.number)
            item.error = errors.get(item.pk) or ACTS[item.settled_as](item, contact)
            item.settled_at = None if item.error else now()
        record_contacts(_told(item) for item in items if _is_created_here(item))
        DriftItem.objects.bulk_update(items, ["error", "settled_at"])
        reached("repairing.batch")
        live.notify("drift", "contacts")
        running.checkpoint(report)
    return True


def _at_sendblue(settlement: str, items: Sequence[DriftItem]) -> dict[int, str]:
    """What has to be done or asked there first; {item: why not}. Raises SendblueError."""
    if settlement == Settlement.DELETE_THERE:
        return _delete_there(items)
    if settlement == Settlement.DELETE_HERE:
        return {item.pk: THERE_AGAIN for item in items if _is_there(item.number)}
    return {}


def _delete_there(items: Sequence[DriftItem]) -> dict[int, str]:
    numbers = {item.number: item.pk for item in items}
    alive = Contact.objects.filter(number__in=numbers, removed_at=None)
    errors = {numbers[number]: CHANGED for number in alive.values_list("number", flat=True)}
    doomed = [number for number, pk in numbers.items() if pk not in errors]
    connection.close()
    try:
        if doomed:
            client_from_settings().delete_contacts(numbers=doomed)
    except (Rejected, BadCredentials) as error:
        words = (error.message or f"Sendblue refused it (HTTP {error.status}).")[:300]
        errors |= {numbers[number]: words for number in doomed}
    return errors


def _is_there(number: str) -> bool:
    try:
        client_from_settings().get_contact(number=number)
    except Rejected as error:
        if error.status != 404:
            raise
        return False
    return True


# --- each of these settles one item about a locked contact, or says why not -----------------------


def _take_theirs(item: DriftItem, contact: Contact | None) -> str:
    if contact is None or not _is_as_reported(item, contact) or contact.merged_into_id:
        return CHANGED
    before = values_of(contact)
    after = with_theirs(before, item.fields)
    changes = changes_between(
        contact, before, after, source=ContactChange.Source.SENDBLUE, author=item.settled_by
    )
    ContactChange.objects.bulk_create(changes)
    _agree(contact, after)
    contact.at_sendblue = after | _flags_there(item, contact)
    contact.save()
    follow(contact)
    if item.fields.get("opted_out") == [False, True]:
        _say(item, contact, opted_out=True, note="Taken over from Sendblue")
    return ""


def _save_ours(item: DriftItem, contact: Contact | None) -> str:
    if contact is None or contact.removed_at:
        return CHANGED
    reported = {**NOTHING, **(contact.at_sendblue or values_of(contact))}
    contact.at_sendblue = with_theirs(reported, item.fields) | _flags_there(item, contact)
    contact.conflicts = {}
    contact.save(update_fields=["at_sendblue", "conflicts"])
    if "opted_out" in item.fields:
        # A push tells only what was said here since the last one.
        _say(item, contact, opted_out=contact.opted_out, note="Said to Sendblue again")
    save_and_push(contact)
    return ""


def _create_there(item: DriftItem, contact: Contact | None) -> str:
    if contact is None or contact.removed_at:
        return CHANGED
    contact.at_sendblue = None
    contact.save(update_fields=["at_sendblue"])
    save_and_push(contact)
    return ""


def _create_here(item: DriftItem, contact: Contact | None) -> str:
    if contact and contact.removed_at is None:
        return CHANGED
    if contact:
        Contact.objects.filter(pk=contact.pk).update(
            removed_at=None, at_sendblue=None, push_state=Contact.Push.NONE, push_error=""
        )
    return ""


def _delete_here(item: DriftItem, contact: Contact | None) -> str:
    if contact is None or contact.removed_at or not _is_as_reported(item, contact):
        return CHANGED
    before = values_of(contact)
    nothing = with_theirs(NOTHING, {})
    changes = changes_between(
        contact, before, nothing, source=ContactChange.Source.AGENT, author=item.settled_by
    )
    ContactChange.objects.bulk_create(changes)
    _agree(contact, nothing)
    contact.removed_at, contact.at_sendblue = now(), None
    contact.save()
    return ""


def _deleted_there(item: DriftItem, contact: Contact | None) -> str:
    if contact:
        Contact.objects.filter(pk=contact.pk).update(
            at_sendblue=None, push_state=Contact.Push.SAVED, push_error="", pushed_at=now()
        )
    return ""


def _is_created_here(item: DriftItem) -> bool:
    return item.settled_as == Settlement.CREATE_HERE and not item.error


def _told(item: DriftItem) -> ContactPayload:
    """The contact as the report read it."""
    flags = {name: pair[1] for name, pair in item.fields.items() if name in FLAGS}
    return ContactPayload(number=item.number, **with_theirs(NOTHING, item.fields), **flags)


ACTS: dict[str, Callable[[DriftItem, Contact | None], str]] = {
    Settlement.CREATE_HERE: _create_here,
    Settlement.CREATE_THERE: _create_there,
    Settlement.DELETE_HERE: _delete_here,
    Settlement.DELETE_THERE: _deleted_there,
    Settlement.SAVE_OURS: _save_ours,
    Settlement.TAKE_THEIRS: _take_theirs,
}


def _agree(contact: Contact, values: dict[str, Any]) -> None:
    """Both sides have these values now: there is nothing to push, and a push under way is old."""
    for name, value in values.items():
        setattr(contact, name, value)
    contact.conflicts = {}
    contact.push_state, contact.push_error = Contact.Push.NONE, ""
    contact.version += 1
    index_for_search(contact)


def _say(item: DriftItem, contact: Contact, *, opted_out: bool, note: str) -> None:
    record_consent(
        contact,
        opted_out=opted_out,
        as_of=now(),
        source=ConsentChange.Source.AGENT,
        author=item.settled_by,
        note=note,
    )


def _flags_there(item: DriftItem, contact: Contact) -> dict[str, Any]:
    """Whether they are opted out at Sendblue, as far as is known."""
    if "opted_out" in item.fields:
        return {OPT_OUT: item.fields["opted_out"][1]}
    known = contact.at_sendblue or {}
    return {OPT_OUT: known[OPT_OUT]} if OPT_OUT in known else {}


def _is_as_reported(item: DriftItem, contact: Contact) -> bool:
    """Whether ours still says in these fields what the report compared."""
    ours = flat(values_of(contact)) | {"opted_out": contact.opted_out}
    return all(ours.get(field) == pair[0] for field, pair in item.fields.items())
