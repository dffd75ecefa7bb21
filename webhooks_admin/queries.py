"""Questions about deliveries and subscriptions."""

from __future__ import annotations

from webhooks_admin.models import SubscriptionCheck


def subscriptions_missing() -> list[str]:
    """The kinds of webhooks that did not reach this inbox at the last look; reads one row."""
    found = SubscriptionCheck.objects.values_list("missing", flat=True).first()
    return found or []
