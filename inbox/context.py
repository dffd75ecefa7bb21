"""What every page says about the Sendblue account."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.functional import SimpleLazyObject

from inbox.models import Account

if TYPE_CHECKING:
    from django.http import HttpRequest


def account(_request: HttpRequest) -> dict[str, object]:
    """Whether sending is paused or the keys are refused; read only by pages that say so."""
    return {"account": SimpleLazyObject(Account.objects.first)}
