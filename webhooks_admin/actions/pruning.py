"""Forgetting old deliveries: what they meant is in the messages by now."""

from __future__ import annotations

from datetime import timedelta

from sendblue_inbox.clock import now
from webhooks_admin.models import WebhookEvent

KEEP_FOR = timedelta(days=30)
BATCH = 1000
# At most so many batches a run, so that pruning never fills a worker's whole turn.
BATCHES = 20


def prune_events() -> int:
    """Delete processed deliveries older than 30 days; how many went. Unprocessed ones stay."""
    old = WebhookEvent.objects.filter(
        processed_at__isnull=False,
        received_at__lt=now() - KEEP_FOR,
        last_received_at__lt=now() - KEEP_FOR,
    ).order_by("received_at")
    gone = 0
    for _ in range(BATCHES):
        batch = list(old.values_list("pk", flat=True)[:BATCH])
        gone += WebhookEvent.objects.filter(pk__in=batch).delete()[0]
        if len(batch) < BATCH:
            break
    return gone
