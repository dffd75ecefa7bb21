"""The audit log: every sensitive act, in a chain that shows when somebody has tampered with it.

An entry's digest covers its content and the digest of the entry before it. The last digest is
sealed with a key that is not in the database, so whoever can only write there can neither change
an entry nor take the newest ones away without `verify_audit` finding it.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from datetime import UTC
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import transaction
from django.utils.crypto import salted_hmac

from sendblue_inbox.clock import now
from sendblue_inbox.models import AuditEntry, AuditHead

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from django.http import HttpRequest

    from sendblue_inbox.models import User

SALT = "sendblue_inbox.auditing"
COVERED = ("number", "actor_pk", "actor", "address", "act", "target", "before", "after", "previous")


def audit(
    act: str,
    *,
    actor: User | None,
    target: str = "",
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
    request: HttpRequest | None = None,
) -> AuditEntry:
    """Write down a sensitive act (`totp.code`, `webhooks.replace`) in the transaction of it.

    Secrets, codes and message text never go in. Call it last: until the commit, other acts wait.
    """
    with transaction.atomic():
        AuditHead.objects.bulk_create([AuditHead(pk=1)], ignore_conflicts=True)
        head = AuditHead.objects.select_for_update().get(pk=1)
        entry = AuditEntry(
            number=head.count + 1,
            at=now(),
            actor_pk=actor.pk if actor else None,
            actor=actor.email if actor else "",
            address=request.META.get("REMOTE_ADDR") or None if request else None,
            act=act,
            target=target[:254],
            before=before,
            after=after,
            previous=head.digest,
        )
        entry.digest = digest_of(entry)
        entry.save(force_insert=True)
        head.count, head.digest = entry.number, entry.digest
        head.seal = seal_of(head)
        head.save()
    return entry


def digest_of(entry: AuditEntry) -> str:
    """SHA-256 over the entry's content, which names the digest of the one before it."""
    content = {name: getattr(entry, name) for name in COVERED}
    content["at"] = entry.at.astimezone(UTC).isoformat()
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def seal_of(head: AuditHead, *, secret: str | bytes | None = None) -> str:
    """What only this installation can make of the end of the chain."""
    sealed = salted_hmac(
        SALT,
        f"{head.count}:{head.digest}",
        secret=secret or settings.SECRET_KEY,
        algorithm="sha256",
    )
    return sealed.hexdigest()


def tampering() -> Iterator[str]:
    """What is wrong with the chain, a sentence each; nothing where every entry is as written."""
    # Acts go on while this is read: the end is looked at first, and what comes after it is left.
    head = AuditHead.objects.filter(pk=1).first() or AuditHead(pk=1)
    expected, previous = 1, ""
    entries = AuditEntry.objects.filter(number__lte=head.count).order_by("number")
    for entry in entries.iterator(chunk_size=2000):
        if entry.number != expected:
            yield f"Entries {expected} to {entry.number - 1} are gone."
        elif entry.previous != previous:
            yield f"Entry {entry.number} does not follow the one before it."
        if not hmac.compare_digest(digest_of(entry), entry.digest):
            yield f"Entry {entry.number} is not as it was written."
        expected, previous = entry.number + 1, entry.digest
    if (head.count, head.digest) != (expected - 1, previous):
        yield f"The log ends with entry {expected - 1}, but {head.count} were written."
    with transaction.atomic():
        end = AuditHead.objects.select_for_update().filter(pk=1).first()
        if AuditEntry.objects.filter(number__gt=end.count if end else 0).exists():
            yield "There are entries behind the end of the log."
    keys = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    if head.count and not any(
        hmac.compare_digest(seal_of(head, secret=key), head.seal) for key in keys
    ):
        yield "The seal at the end is not by this installation’s SECRET_KEY."
