"""The page about who gets the account's events, and the button that connects this inbox."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import messages
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from inbox.actions.syncing import explain
from sendblue_inbox.roles import Role, needs
from sendblue_inbox.sendblue.errors import SendblueError
from webhooks_admin.actions.subscribing import (
    Busy,
    ChangedMeanwhile,
    connect,
    read_subscriptions,
)
from webhooks_admin.subscriptions import unreachable

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from webhooks_admin.actions.subscribing import Outcome


@require_safe
def subscriptions(request: HttpRequest) -> HttpResponse:
    """Everything as Sendblue has it now, and what connecting would change."""
    context: dict[str, object] = {"unreachable": unreachable()}
    try:
        context["subscriptions"] = read_subscriptions()
    except SendblueError as error:
        context["trouble"] = explain(error)
    return render(request, "webhooks_admin/subscriptions.html", context)


@needs(Role.ADMINISTRATOR)
@require_POST
def connection(request: HttpRequest) -> HttpResponse:
    """Connect this inbox, if the account is still as the page showed it."""
    if words := unreachable():
        messages.info(request, words)
        return redirect("webhooks_admin:subscriptions")
    try:
        outcome = connect(seen=request.POST.get("digest", ""))
    except ChangedMeanwhile:
        words = "Nothing was changed: the account is no longer as this page showed it. Look again."
    except Busy:
        words = "Nothing was changed: the subscriptions are being looked at. Try again in a minute."
    except SendblueError as error:
        words = explain(error)
    else:
        words = _summary(outcome)
    messages.info(request, words)
    return redirect("webhooks_admin:subscriptions")


def _summary(outcome: Outcome) -> str:
    sentences = []
    if outcome.connected:
        sentences.append(f"Connected: {', '.join(outcome.connected)}.")
    sentences += [f"{kind} is not connected: {why}" for kind, why in outcome.refused.items()]
    if outcome.others_changed:
        sentences.append("Entries of others changed at the same time: look at them.")
    return " ".join(sentences) or "Nothing was missing."
