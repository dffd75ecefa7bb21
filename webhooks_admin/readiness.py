"""What `/ready` asks of the event log."""

from __future__ import annotations

from datetime import timedelta

from django.db.models import Min

from inbox.readiness import overdue
from sendblue_inbox.clock import now
from sendblue_inbox.readiness import Finding, register
from webhooks_admin.models import WebhookEvent

EVENTS_MAY_WAIT = timedelta(seconds=90)


def oldest_event() -> Finding:
    """How long the oldest kept delivery has been waiting to be read."""
    waiting = WebhookEvent.objects.filter(
        processed_at__isnull=True, quarantined_at__isnull=True, process_after__lte=now()
    )
    return overdue(waiting.aggregate(oldest=Min("process_after"))["oldest"], EVENTS_MAY_WAIT)


register("events", oldest_event)
