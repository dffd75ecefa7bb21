"""What every template may know about the account's webhooks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.functional import SimpleLazyObject

from webhooks_admin.queries import subscriptions_missing

if TYPE_CHECKING:
    from django.http import HttpRequest


def webhooks(request: HttpRequest) -> dict[str, object]:
    """`webhooks_missing`: the kinds that do not reach this inbox; read where a page asks."""
    return {"webhooks_missing": SimpleLazyObject(subscriptions_missing)}
