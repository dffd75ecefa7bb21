"""`manage.py sync_sendblue`: pull lines, contacts and messages now."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError

from inbox.actions.slices import ensure_states
from inbox.actions.syncing import claim, run_slice
from inbox.models import SyncState

if TYPE_CHECKING:
    from django.core.management.base import CommandParser

Kind = SyncState.Kind
KINDS = (Kind.LINES, Kind.MESSAGES, Kind.CONTACTS, Kind.HISTORY)
SLICE_SECONDS = 5
# How long a worker may be busy with the same row before we say so instead of waiting.
PATIENCE_SECONDS = 120


class Command(BaseCommand):
    """Pull what Sendblue knows, kind by kind. Stop it any time: the next run goes on from there."""

    help = "Pull lines, contacts and messages from Sendblue now; goes on where it was stopped."

    def add_arguments(self, parser: CommandParser) -> None:
        """`--since` and `--full` say how far back to look."""
        how_far = parser.add_mutually_exclusive_group()
        how_far.add_argument(
            "--since",
            type=_moment,
            metavar="ISO",
            help="ask again for everything that changed since this moment",
        )
        how_far.add_argument(
            "--full", action="store_true", help="ask again for everything there is"
        )

    def handle(self, *args: Any, since: datetime | None, full: bool, **options: Any) -> None:
        """Raises CommandError with one sentence where Sendblue or the database does not let us."""
        try:
            self._pull_all(since, full=full)
        except DatabaseError as error:
            raise CommandError("The database cannot be reached. Check DATABASE_URL.") from error

    def _pull_all(self, since: datetime | None, *, full: bool) -> None:
        ensure_states()
        if since:
            SyncState.objects.filter(kind=Kind.MESSAGES, watermark__gt=since).update(
                watermark=since
            )
        if full:
            SyncState.objects.filter(kind__in=KINDS).exclude(kind=Kind.LINES).update(
                finished_at=None, backfilled_to=None
            )
        for kind in KINDS:
            if kind != Kind.HISTORY or not self._is_complete(kind):
                self._pull(kind)

    def _pull(self, kind: str) -> None:
        started, seen_before = time.monotonic(), SyncState.objects.get(kind=kind).rows_seen
        while True:
            state = claim([kind], even_if_not_due=True)
            if state is None:
                if time.monotonic() - started > PATIENCE_SECONDS:
                    raise CommandError(f"A worker has been pulling {kind} all the time. Try later.")
                time.sleep(1)
                continue
            began = state.finished_at
            run_slice(state, ends_at=time.monotonic() + SLICE_SECONDS)
            state.refresh_from_db()
            if state.error:
                raise CommandError(state.error)
            is_done = state.finished_at != began
            seen = state.rows_seen - seen_before
            self.stdout.write(f"{kind}: {seen} read, {'done' if is_done else 'more to come'}")
            if is_done:
                return

    @staticmethod
    def _is_complete(kind: str) -> bool:
        return SyncState.objects.filter(kind=kind, finished_at__isnull=False).exists()


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
