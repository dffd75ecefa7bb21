"""What is proved about one message, and the question to Sendblue to forget it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import messages as notices
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.cache import patch_vary_headers
from django.views.decorators.http import require_GET, require_http_methods
from django_htmx.http import trigger_client_event

from inbox.access import message_for
from inbox.actions.deleting import ask_deletion
from inbox.actions.queueing import Refused
from inbox.presenting.evidence import Evidence
from inbox.queries import attempts_of

from .messages import ACTED

if TYPE_CHECKING:
    from sendblue_inbox.login import AgentRequest


@require_GET
def evidence(request: AgentRequest, pk: int) -> HttpResponse:
    """Every fact about a message: a page, or what the drawer shows."""
    message = message_for(request.user, pk)
    facts = list(message.facts.order_by("seen_at", "pk"))
    found = Evidence(message, facts, attempts_of(message))
    template = "inbox/_evidence.html" if request.htmx else "inbox/evidence.html"
    response = render(request, template, {"evidence": found, "message": message})
    patch_vary_headers(response, ["HX-Request"])
    return response


@require_http_methods(["GET", "POST"])
def deletion(request: AgentRequest, pk: int) -> HttpResponse:
    """GET: what deleting would do and not do. POST: have Sendblue asked."""
    message = message_for(request.user, pk)
    if request.method == "GET":
        return render(request, "inbox/deletion.html", {"message": message})
    try:
        ask_deletion(message, by=request.user)
    except Refused as refusal:
        words = str(refusal)
    else:
        words = "Sendblue is asked to delete it."
    if request.htmx:
        return trigger_client_event(HttpResponse(status=204), ACTED, {})
    notices.info(request, words)
    return redirect("inbox:evidence", message.pk)
