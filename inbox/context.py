"""What every page says about the Sendblue account."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db.models import Count, Subquery, Value
from django.db.models.functions import Coalesce
from django.utils.functional import SimpleLazyObject

from inbox.models import TROUBLE, Account, Message

if TYPE_CHECKING:
    from django.http import HttpRequest


def account(_request: HttpRequest) -> dict[str, object]:
    """Whether sending is paused or the keys are refused, and how many sends are in trouble.

    Read only by pages that say so, in one query.
    """
    each = Message.objects.filter(TROUBLE).order_by().annotate(all=Value(1)).values("all")
    total = Coalesce(Subquery(each.annotate(total=Count("*")).values("total")), 0)
    found = Account.objects.annotate(trouble_total=total)
    return {"account": SimpleLazyObject(found.first)}
