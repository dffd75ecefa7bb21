"""Reading messages and contacts back from Sendblue: what the webhooks missed, and the history.

A webhook may be lost for good, so this alone must reach the same state. Everything goes through
the one door, record_message, which makes repeats free.
"""

from __future__ import annotations

import logging
import time
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.db import DataError

from contacts.actions.sweeping import current_sweep, pull_new, remove_missed, sweep_on
from inbox.models import Line, Message, SendState, SyncState
from sendblue_inbox.clock import now
from sendblue_inbox.crashpoints import reached
from sendblue_inbox.sendblue.windows import Listing

from .facts import merge
from .noting import Source
from .recording import TooEarly, Unreadable, record_message
from .slices import wake

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sendblue_inbox.sendblue.payloads import MessagePayload

    from .slices import Slice

# Asked for again each time: rows that became visible late although their time is older.
OVERLAP = timedelta(seconds=60)
# An account may ask 100 times in 10 s, and not only we ask: sends in doubt are looked for too.
PAGE_SECONDS = 0.125
logger = logging.getLogger(__name__)


def pull_changes(work: Slice) -> bool:
    """Record what was written or changed since the watermark, oldest change first."""
    state, is_history = work.state, not _history_is_complete()
    reader = PageReader(work, is_history=is_history)
    if state.watermark is None and is_history:
        # What is older comes with the history. Sendblue's clock says from when on changes count.
        newest = work.client.list_messages(
            limit=1, order_by="updatedAt", order_direction="desc", lines=reader.lines
        )
        if not newest.items:
            return True
        work.save(watermark=min(_changed_at(newest.items[0]) or now(), now()))
    listing = Listing(reader.fetch_changed, _changed_at, _handle)
    for page in listing.walk(state.watermark - OVERLAP if state.watermark else None):
        reader.record(page.rows)
        reached("syncing.recorded")
        # A row from the future must not carry the watermark there: what follows would be missed.
        marks = [page.resume_at, reader.held_at, now()]
        work.save(
            watermark=max(filter(None, (state.watermark, min(filter(None, marks))))),
            **reader.counters(),
        )
        reached("syncing.page")
        if work.is_over and not page.is_last:
            return False
    return True


def pull_history(work: Slice) -> bool:
    """Record all messages, newest first, from where an earlier run stopped."""
    reader = PageReader(work, is_history=True)
    listing = Listing(reader.fetch_created, _created_at, _handle, newest_first=True)
    for page in listing.walk(work.state.backfilled_to):
        reader.record(page.rows)
        work.save(backfilled_to=page.resume_at, **reader.counters())
        reached("syncing.page")
        if work.is_over and not page.is_last:
            return False
    return True


def pull_contacts(work: Slice) -> bool:
    """Record all contacts once a day, and otherwise those made since the newest one known."""
    state = work.state

    def hold(rows: int, newest: datetime | None = None) -> None:
        mark = max(filter(None, (state.watermark, newest)), default=None)
        work.save(watermark=mark, rows_seen=state.rows_seen + rows)

    sweep = current_sweep(begin=state.finished_at is None)
    if sweep:
        if not sweep_on(sweep, work.client, hold=hold, is_over=lambda: work.is_over):
            return False
        hold(0, sweep.place or sweep.started_at)
    elif state.watermark:
        pull_new(state.watermark, work.client, hold=hold)
    remove_missed()
    return True


class PageReader:
    """Fetches pages of messages for one slice and records them, row by row."""

    def __init__(self, work: Slice, *, is_history: bool) -> None:
        self.work = work
        self.is_history = is_history
        self.lines = set(Line.objects.values_list("number", flat=True))
        # The oldest row that could not be recorded yet: the watermark must not pass it.
        self.held_at: datetime | None = None
        self._seen = self._skipped = 0
        self._next_page_at = 0.0

    def fetch_changed(
        self, bound: datetime | None, offset: int
    ) -> tuple[Sequence[MessagePayload], bool]:
        """A page by time of change, oldest first."""
        self._wait_for_turn()
        page = self.work.client.list_messages(updated_at_gte=bound, offset=offset, lines=self.lines)
        return page.items, page.has_more

    def fetch_created(
        self, bound: datetime | None, offset: int
    ) -> tuple[Sequence[MessagePayload], bool]:
        """A page by time of creation, newest first."""
        self._wait_for_turn()
        page = self.work.client.list_messages(
            created_at_lte=bound,
            offset=offset,
            order_by="createdAt",
            order_direction="desc",
            lines=self.lines,
        )
        return page.items, page.has_more

    def record(self, rows: Sequence[MessagePayload]) -> None:
        """Put every row through the door; what says nothing new is passed over."""
        known = Message.objects.filter(message_handle__in=list(map(_handle, rows)))
        ours = {message.message_handle: message for message in known.exclude(message_handle="")}
        for payload in rows:
            message = ours.get(payload.message_handle)
            if message is None or _says_something_new(message, payload):
                self._record_one(payload)
        self._seen += len(rows)

    def counters(self) -> dict[str, int]:
        """What to add up in the row for the pages since the last call."""
        state = self.work.state
        counted = {
            "rows_seen": state.rows_seen + self._seen,
            "rows_skipped": state.rows_skipped + self._skipped,
        }
        self._seen = self._skipped = 0
        return counted

    def _wait_for_turn(self) -> None:
        """Pages of known rows are read in no time: do not use up the account's request rate."""
        time.sleep(max(0.0, self._next_page_at - time.monotonic()))
        self._next_page_at = time.monotonic() + PAGE_SECONDS

    def _record_one(self, payload: MessagePayload) -> None:
        try:
            record_message(payload, seen_at=now(), source=Source.POLL, is_history=self.is_history)
        except TooEarly:
            # A send of ours may be this very message; its answer is due any second.
            self.held_at = min(filter(None, (self.held_at, _changed_at(payload))), default=None)
        except (Unreadable, DataError) as error:
            self._skipped += 1
            logger.warning("a listed message was skipped", extra={"error": type(error).__name__})
        else:
            if payload.line_number not in self.lines:
                self.lines.add(payload.line_number)
                wake(SyncState.Kind.LINES)  # is it ours, and how is it doing?


def _says_something_new(message: Message, payload: MessagePayload) -> bool:
    """Whether recording could change anything. `merge` only ever adds, so an old copy will do."""
    is_settled = message.send_state in {"", SendState.ACCEPTED}
    return not is_settled or bool(payload.opted_out) or merge(message, payload)


def _history_is_complete() -> bool:
    history = SyncState.objects.filter(kind=SyncState.Kind.HISTORY)
    return history.filter(finished_at__isnull=False).exists()


def _changed_at(payload: MessagePayload) -> datetime | None:
    return payload.date_updated or payload.date_sent


def _created_at(payload: MessagePayload) -> datetime | None:
    return payload.date_sent


def _handle(payload: MessagePayload) -> str:
    return payload.message_handle
