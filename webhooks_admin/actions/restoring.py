"""What must be settled when yesterday's rows come back: the world went on without them."""

from __future__ import annotations

from datetime import timedelta

from contacts.models import BulkJob, Contact, ContactImport, DriftReport
from inbox.actions.accounts import account
from inbox.actions.membership import can_be_looked_for
from inbox.actions.noting import note
from inbox.actions.touching import lock_thread, touch_thread
from inbox.models import Account, Gesture, Message, SendState, SyncState
from sendblue_inbox.auditing import audit
from sendblue_inbox.clock import now
from webhooks_admin.models import Replay

REASON = (
    "A backup was restored. Messages that waited or were under way then are marked as unknown: "
    "settle them under “To check”, then let sending go on."
)


def settle_restored(*, made_at: str) -> None:
    """Make sure that nothing of the backup is sent or done a second time.

    Sending is paused. What waited when the backup was made may have gone out since, so it becomes
    unknown: it is looked for at Sendblue, and otherwise a person decides. Long runs are cancelled,
    gestures forgotten, and everything is asked of Sendblue again.
    """
    account()
    Account.objects.filter(pk=1).update(sending_paused_at=now(), sending_paused_reason=REASON)
    underway = Message.objects.filter(send_state__in=[SendState.QUEUED, SendState.SENDING])
    for message in underway.order_by("thread", "pk"):
        _doubt(message)
    Gesture.objects.all().delete()
    _ask_everything_again()
    # Contacts are merged with what Sendblue has by now before anything is saved there.
    Contact.objects.filter(push_state=Contact.Push.WAITING).update(
        push_after=now() + timedelta(hours=1)
    )
    for runs, waiting, ended in (
        (ContactImport.objects, ["checking", "saving", "undoing"], "cancelled"),
        (BulkJob.objects, ["collecting", "running"], "cancelled"),
        (DriftReport.objects, ["reading", "comparing"], "failed"),
        (Replay.objects, ["rehearsing", "replaying"], "cancelled"),
    ):
        runs.filter(state__in=waiting).update(state=ended, lease=None, lease_until=None)
    audit("backup.restore", actor=None, after={"made_at": made_at})


def _doubt(message: Message) -> None:
    thread = lock_thread(message.thread_id)
    message.send_state = SendState.UNKNOWN
    message.attempted_at = message.attempted_at or message.created_at
    message.lease_until = message.send_after = None
    message.resolve_after = now() if can_be_looked_for(message) else None
    message.revision = thread.revision + 1
    message.save()
    note(message, "lost", words="It waited when the backup was made, and may have gone out since.")
    touch_thread(thread, message)


def _ask_everything_again() -> None:
    SyncState.objects.update(
        next_run_at=now(),
        lease_until=None,
        finished_at=None,
        backfilled_to=None,
        failures=0,
        error="",
    )
