"""The event log: every delivery as it came, and reading deliveries again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import messages as notices
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_POST

from inbox.models import Message
from sendblue_inbox.keyset import Place
from sendblue_inbox.roles import Role, needs
from sendblue_inbox.sendblue.terms import WEBHOOK_KINDS
from webhooks_admin.actions.rehearsing import rehearse
from webhooks_admin.actions.replaying import cancel_replay, start_for_real, start_replay
from webhooks_admin.filtering import STATES, EventFilter
from webhooks_admin.models import Replay, WebhookEvent
from webhooks_admin.presenting import Delivery, shown
from webhooks_admin.queries import page_of_events

if TYPE_CHECKING:
    from django.http import HttpResponse

    from sendblue_inbox.login import AgentRequest

MOST_CHOSEN = 1_000
FINDINGS_SHOWN = 100


@needs(Role.MANAGER)
@require_GET
def events(request: AgentRequest) -> HttpResponse:
    """A page of the log, newest first; for a screen that is there already, its rows."""
    asked = EventFilter.parse(request.GET)
    before = Place.parse(request.GET.get("before", ""))
    page, older = page_of_events(asked.events(), before=before)
    context: dict[str, Any] = {
        "asked": asked,
        "deliveries": list(map(Delivery, page)),
        "older": older,
        "is_first": before is None,
        "kinds": ["status", *WEBHOOK_KINDS],
        "states": STATES,
    }
    template = "_event_list" if request.htmx else "events"
    return render(request, f"webhooks_admin/{template}.html", context)


@needs(Role.MANAGER)
@require_GET
def event(request: AgentRequest, pk: int) -> HttpResponse:
    """One delivery: as it came, what became of it, and what reading it again would change."""
    found = get_object_or_404(WebhookEvent, pk=pk)
    context: dict[str, Any] = {
        "event": found,
        "delivery": Delivery(found),
        "message": Message.objects.filter(pk=found.message_id or 0).first(),
    }
    if "rehearsal" in request.GET:
        try:
            context["rehearsal"] = shown([change.as_json() for change in rehearse(found)])
            context["is_rehearsed"] = True
        except Exception as error:  # whatever its handler raises is what a person came to see
            context["rehearsal_error"] = str(error) or type(error).__name__
    return render(request, "webhooks_admin/event.html", context)


@needs(Role.ADMINISTRATOR)
@require_POST
def replays(request: AgentRequest) -> HttpResponse:
    """Begin a rehearsal for what was chosen, or for all that the filter shows."""
    if "all" in request.POST:
        query = EventFilter.parse(request.POST.get("query", "")).query
        found = start_replay(author=request.user, query=query)
        return redirect("webhooks_admin:replay", found.pk)
    chosen = [int(pk) for pk in request.POST.getlist("event") if pk.isdecimal()][:MOST_CHOSEN]
    if not chosen:
        notices.info(request, "Choose at least one delivery first.")
        return redirect("webhooks_admin:events")
    found = start_replay(author=request.user, events=chosen)
    return redirect("webhooks_admin:replay", found.pk)


@needs(Role.MANAGER)
@require_GET
def replay(request: AgentRequest, pk: int) -> HttpResponse:
    """What a rehearsal found so far, or how far reading again is."""
    found = get_object_or_404(Replay.objects.select_related("author"), pk=pk)
    findings = found.findings.select_related("event").defer("event__body").order_by("event")
    context: dict[str, Any] = {
        "replay": found,
        "asked": EventFilter.parse(found.query),
        "findings": [(one, shown(one.changes)) for one in findings[:FINDINGS_SHOWN]],
    }
    template = "_replay" if request.htmx else "replay"
    return render(request, f"webhooks_admin/{template}.html", context)


@needs(Role.ADMINISTRATOR)
@require_POST
def run(request: AgentRequest, pk: int) -> HttpResponse:
    """Read for real what was rehearsed."""
    start_for_real(get_object_or_404(Replay, pk=pk), by=request.user)
    return redirect("webhooks_admin:replay", pk)


@needs(Role.ADMINISTRATOR)
@require_POST
def cancellation(request: AgentRequest, pk: int) -> HttpResponse:
    """Stop after the batch at hand."""
    cancel_replay(get_object_or_404(Replay, pk=pk))
    return redirect("webhooks_admin:replay", pk)
