"""What was done with a secret for one-time codes: read from the audit log."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sendblue_inbox.models import AuditEntry, User

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

A_PAGE = 50
WORDS = {
    "totp.code": "Asked for a code",
    "totp.registered": "Added it",
    "totp.grant": "Changed who may use it",
    "totp.delete": "Asked for its deletion",
}


@dataclass(frozen=True, slots=True)
class Entry:
    """One act: when, by whom as they are called now, and what."""

    number: int
    at: datetime
    who: str
    email: str
    what: str


def entries(secret_id: str, *, before: int | None = None) -> tuple[list[Entry], int | None]:
    """A page of the log, newest first, and what its older page comes before; None at the end."""
    found = AuditEntry.objects.filter(target=secret_id, act__in=WORDS).order_by("-number")
    if before is not None:
        found = found.filter(number__lt=before)
    rows = list(found[: A_PAGE + 1])
    page = rows[:A_PAGE]
    return _named(page), page[-1].number if len(rows) > A_PAGE else None


def newest(secret_ids: Iterable[str]) -> dict[str, Entry]:
    """The last time that a code of each secret was asked for."""
    found = (
        AuditEntry.objects.filter(target__in=secret_ids, act="totp.code")
        .order_by("target", "-number")
        .distinct("target")
    )
    rows = list(found)
    return {row.target: entry for row, entry in zip(rows, _named(rows), strict=True)}


def _named(rows: list[AuditEntry]) -> list[Entry]:
    people = User.objects.in_bulk({row.actor_pk for row in rows if row.actor_pk})
    return [
        Entry(
            number=row.number,
            at=row.at,
            who=str(people.get(row.actor_pk or 0, "")) or row.actor,
            email=row.actor,
            what=WORDS[row.act],
        )
        for row in rows
    ]
