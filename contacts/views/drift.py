"""Whether contacts are the same here and at Sendblue, and settling what is not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.core.exceptions import PermissionDenied
from django.http import HttpResponse, HttpResponseBadRequest
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST
from django_htmx.http import trigger_client_event

from contacts.actions.comparing import begin, stop
from contacts.actions.repairing import ask
from contacts.actions.settlements import OFFERS
from contacts.drift_queries import UNDER_WAY, first_items, items_page, reports, tallies_of
from contacts.models import DriftReport
from contacts.presenting.drift import Verdict, groups_of
from contacts.presenting.drift_words import ACTS
from sendblue_inbox.roles import REFUSAL, Role

if TYPE_CHECKING:
    from django.http import HttpRequest

    from sendblue_inbox.login import AgentRequest

MOST_KEY = 2**63 - 1


@require_http_methods(["GET", "HEAD", "POST"])
def drift(request: AgentRequest) -> HttpResponse:
    """The newest report, and what is being compared; a POST has both sides compared."""
    if request.method == "POST":
        begin(author=request.user)
        return _acted(request, "contacts:drift")
    return render(request, "contacts/drift.html", _shown(request, None))


@require_GET
def drift_live(request: AgentRequest) -> HttpResponse:
    """The same, for a page that is there already."""
    return render(request, "contacts/_drift.html", _shown(request, None))


@require_GET
def report(request: AgentRequest, pk: int) -> HttpResponse:
    """One report of those that there were."""
    return render(request, "contacts/drift.html", _shown(request, pk))


@require_GET
def report_live(request: AgentRequest, pk: int) -> HttpResponse:
    """The same, for a page that is there already."""
    return render(request, "contacts/_drift.html", _shown(request, pk))


@require_POST
def cancellation(request: AgentRequest, pk: int) -> HttpResponse:
    """Give up a report that is being made."""
    stop(get_object_or_404(DriftReport, pk=pk))
    return _acted(request, "contacts:drift")


@require_POST
def settlements(request: AgentRequest, pk: int) -> HttpResponse:
    """Settle one difference, or all of a kind and cause."""
    found = get_object_or_404(DriftReport, pk=pk, state=DriftReport.State.DONE)
    settlement = request.POST.get("settlement", "")
    if settlement not in ACTS:
        return HttpResponseBadRequest()
    if item := _key(request.POST.get("item", "")):
        ask(found.items.filter(pk=item), settlement, author=request.user)
    elif not request.user.may(Role.MANAGER):
        raise PermissionDenied(REFUSAL)
    else:
        kind, cause = request.POST.get("kind", ""), request.POST.get("cause", "")
        ask(found.items.filter(kind=kind, cause=cause), settlement, author=request.user)
    return _acted(request, "contacts:drift_report", found.pk)


def _shown(request: HttpRequest, pk: int | None) -> dict[str, Any]:
    """The report of that key, or the newest that has ended; beside it one that is being made."""
    known = reports()
    under_way = next((one for one in known if one.state in UNDER_WAY), None)
    if pk is None:
        found = next((one for one in known if one.state not in UNDER_WAY), None)
    else:
        found = get_object_or_404(DriftReport.objects.select_related("author"), pk=pk)
    if found and found == under_way:
        found = None
    context: dict[str, Any] = {
        "reports": known,
        "under_way": Verdict(under_way, []) if under_way else None,
        "is_one": pk is not None,
        "asked_pk": pk,
        "report": found,
    }
    return context | (_differences(request, found) if found else {})


def _differences(request: HttpRequest, found: DriftReport) -> dict[str, Any]:
    tallies = tallies_of(found)
    chosen = (request.GET.get("kind", ""), request.GET.get("cause", ""))
    after = _key(request.GET.get("after", ""))
    following = None
    if chosen in OFFERS:
        items, following = items_page(found, kind=chosen[0], cause=chosen[1], after=after)
        groups = groups_of([t for t in tallies if (t.kind, t.cause) == chosen], items)
    else:
        groups = groups_of(tallies, first_items(found, tallies))
    return {
        "verdict": Verdict(found, tallies),
        "groups": groups,
        "is_all": chosen not in OFFERS,
        "is_first": not after,
        "following": following,
    }


def _acted(request: AgentRequest, address: str, *args: int) -> HttpResponse:
    if request.htmx:
        return trigger_client_event(HttpResponse(status=204), "drift", {})
    return redirect(address, *args)


def _key(text: str) -> int:
    return min(int(text), MOST_KEY) if text.isascii() and text.isdigit() else 0
