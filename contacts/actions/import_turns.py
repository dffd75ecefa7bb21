"""The drain of imports: takes one that nobody works on, and does of it what its state asks for."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from django.core.files.storage import default_storage
from django.db import transaction
from django.db.models import Exists, OuterRef, Q

from contacts.models import ContactImport, ImportRow
from sendblue_inbox import live
from sendblue_inbox.clock import now
from sendblue_inbox.ring import ring
from sendblue_inbox.rows import Turn
from sendblue_inbox.seats import TURN_SECONDS, bulk_drain

from .bringing import save
from .checking import check
from .running import Lost, claim, release
from .undoing import undo

if TYPE_CHECKING:
    from collections.abc import Callable

State = ContactImport.State
STEPS: dict[str, Callable[[ContactImport, Turn], None]] = {
    State.CHECKING: check,
    State.SAVING: save,
    State.UNDOING: undo,
}
# Claims in a row that came to no checkpoint: something is wrong that trying does not mend.
MOST_ATTEMPTS = 5
STUCK = "This stopped again and again at row {:,}. What was done until there stays."
# So long the file and the rows of an import are kept; its counts stay.
KEPT = timedelta(days=90)
FORGOTTEN_AT_ONCE = 10_000


@bulk_drain("importing")
def drain_importing() -> None:
    """Check, save and undo what is asked for, oldest first, one slice a turn."""
    turn = Turn.of(TURN_SECONDS)
    while not turn.is_over and (run := claim(ContactImport.objects.filter(state__in=STEPS))):
        try:
            if run.attempts > MOST_ATTEMPTS:
                _give_up(run)
            else:
                STEPS[run.state](run, turn)
        except Lost:
            continue
    prune()


def prune() -> None:
    """Forget a part of the oldest import that was kept for long enough: its rows, then its file."""
    over = ContactImport.objects.filter(created_at__lt=now() - KEPT).exclude(state__in=STEPS)
    has_rows = Exists(ImportRow.objects.filter(run=OuterRef("pk")))
    run = over.filter(Q(has_rows) | ~Q(stored_as="")).order_by("pk").first()
    if run is None:
        return
    first = ImportRow.objects.filter(run=run).order_by("row").values("pk")[:FORGOTTEN_AT_ONCE]
    removed, _ = ImportRow.objects.filter(pk__in=first).delete()
    if removed == FORGOTTEN_AT_ONCE:
        ring("importing")
        return
    if run.stored_as:
        default_storage.delete(run.stored_as)
    # What has no rows cannot be undone any more.
    ContactImport.objects.filter(pk=run.pk).update(stored_as="", position=0)


def _give_up(run: ContactImport) -> None:
    with transaction.atomic():
        error = STUCK.format(run.position)
        release(run, state=State.CANCELLED, error=error, finished_at=now())
        live.notify(f"import-{run.pk}")
