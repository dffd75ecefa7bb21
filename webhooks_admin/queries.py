"""Questions about deliveries and subscriptions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db.models import Q

from sendblue_inbox.keyset import Place
from webhooks_admin.models import SubscriptionCheck, WebhookEvent

if TYPE_CHECKING:
    from django.db.models import QuerySet

EVENTS_A_PAGE = 50


def subscriptions_missing() -> list[str]:
    """The kinds of webhooks that did not reach this inbox at the last look; reads one row."""
    found = SubscriptionCheck.objects.values_list("missing", flat=True).first()
    return found or []


def page_of_events(
    events: QuerySet[WebhookEvent], *, before: Place | None
) -> tuple[list[WebhookEvent], Place | None]:
    """Deliveries, newest first, without their bodies, and the place to go on from."""
    if before:
        events = events.filter(received_at__lte=before.at).filter(
            Q(received_at__lt=before.at) | Q(pk__lt=before.pk)
        )
    listed = events.defer("body", "body_sha256", "headers").order_by("-received_at", "-pk")
    rows = list(listed[: EVENTS_A_PAGE + 1])
    page, more = rows[:EVENTS_A_PAGE], len(rows) > EVENTS_A_PAGE
    return page, Place(page[-1].received_at, page[-1].pk) if more else None
