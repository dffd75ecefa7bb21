"""Subscribing this inbox to the account's webhooks, without touching what others registered.

POST appends, also what is there already, and an OK has been seen to drop kinds; so everything is
read before and after, and the difference is what is reported (contract, sections 2.7 and 5).
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import transaction

from inbox.actions.noting import prune_bodies
from inbox.actions.slices import claim, ensure_states, release
from inbox.actions.syncing import register
from inbox.models import SyncState
from sendblue_inbox import live
from sendblue_inbox.clock import now
from sendblue_inbox.sendblue.client import client_from_settings
from sendblue_inbox.sendblue.errors import MaybeSent, Rejected
from sendblue_inbox.sendblue.payloads.webhooks import WebhookEntry
from sendblue_inbox.sendblue.terms import WebhookKind
from webhooks_admin.models import SubscriptionCheck
from webhooks_admin.subscriptions import MISSING, Subscriptions, compare

from .pruning import prune_events

if TYPE_CHECKING:
    from collections.abc import Set

    from inbox.actions.slices import Slice
    from sendblue_inbox.sendblue.client import Client
    from webhooks_admin.subscriptions import KindRow

EVERY = timedelta(hours=1)
logger = logging.getLogger(__name__)


class ChangedMeanwhile(Exception):
    """The subscriptions are no longer those that the person agreed to change."""


class Busy(Exception):
    """Somebody else is changing the subscriptions right now."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of connecting: kinds that now reach us, and those that do not, with Sendblue's
    words. `others_changed` would mean that somebody else's entries are not what they were.
    """

    now: Subscriptions
    connected: list[str]
    refused: dict[str, str] = field(default_factory=dict)
    others_changed: bool = False


def read_subscriptions() -> Subscriptions:
    """The subscriptions as Sendblue has them now. Raises SendblueError."""
    found = compare(client_from_settings().list_webhooks())
    _note(found)
    return found


def connect(*, seen: str) -> Outcome:
    """Subscribe this inbox to what it lacks, if the account is still as in the digest `seen`.

    Raises ChangedMeanwhile, Busy or SendblueError, and then nothing was written.
    """
    ensure_states()
    kind = SyncState.Kind.WEBHOOKS
    state = claim([kind], even_if_not_due=True)
    if state is None:
        raise Busy
    try:
        client = client_from_settings()
        current = compare(client.list_webhooks())
        if current.digest != seen:
            raise ChangedMeanwhile
        return _repair(client, current)
    finally:
        release(state, next_run_at=now() + EVERY)


def look_after_webhooks(work: Slice) -> bool:
    """Prune old deliveries, and look whether the account still calls us.

    The simulator's account is connected unasked, a real one only by a person.
    """
    prune_events()
    prune_bodies()
    current = compare(work.client.list_webhooks())
    refused = set(_check().refused)
    if settings.SIMULATED and {row.kind for row in current.repairable} - refused:
        work.save()
        current = _repair(work.client, current).now
    else:
        _note(current)
    work.save(rows_seen=work.state.rows_seen + len(current.rows))
    return True


def _repair(client: Client, before: Subscriptions) -> Outcome:
    refused: dict[str, str] = {}
    lost: dict[str, str] = {}
    for row in before.repairable:
        try:
            _subscribe(client, row, sets_shared_secret=before.sets_shared_secret)
        except Rejected as error:
            refused[row.kind] = error.message or f"Sendblue refused it (HTTP {error.status})."
        except MaybeSent:
            lost[row.kind] = "Sendblue gave no usable answer. Try again."
    after = compare(client.list_webhooks())
    wrong = {row.kind for row in after.repairable}
    outcome = Outcome(
        now=after,
        connected=[row.kind for row in before.repairable if row.kind not in wrong],
        refused={
            row.kind: (refused | lost).get(row.kind, "Sendblue said OK and did not keep it.")
            for row in before.repairable
            if row.kind in wrong
        },
        others_changed=before.foreign != after.foreign,
    )
    if outcome.others_changed:
        logger.error("subscriptions of others changed while we connected")
    _note(after, refused=outcome.refused.keys() - lost.keys())
    return outcome


def _subscribe(client: Client, row: KindRow, *, sets_shared_secret: bool) -> None:
    if row.problem != MISSING:
        # There is no way to change an entry: ours is taken out and put in anew.
        client.delete_webhooks(kind=row.kind, urls=sorted({entry.url for entry in row.ours}))
    secret = settings.SENDBLUE_WEBHOOK_SECRETS[0]
    shared = secret if sets_shared_secret and row.kind == WebhookKind.CONTACT_CREATED else ""
    entry = WebhookEntry(url=row.address, secret=secret)
    client.add_webhooks(kind=row.kind, entries=[entry], global_secret=shared)


def _check() -> SubscriptionCheck:
    return SubscriptionCheck.objects.first() or SubscriptionCheck(pk=1)


def _note(found: Subscriptions, *, refused: Set[str] | None = None) -> None:
    """Keep what is missing for the banner. Kinds that the server does not know are not missed."""
    check = _check()
    before = check.missing
    lacking = {row.kind for row in found.rows if row.problem}
    check.refused = sorted(lacking & set(check.refused if refused is None else refused))
    check.missing = sorted(lacking - set(check.refused))
    check.checked_at = now()
    with transaction.atomic():
        check.save()
        if check.missing != before:
            live.notify("account")


register(SyncState.Kind.WEBHOOKS, look_after_webhooks, every=EVERY)
