"""What happened to a contact, a page at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.shortcuts import render
from django.views.decorators.http import require_GET

from contacts.access import former_contact_for
from contacts.presenting.history import history_page
from sendblue_inbox.keyset import Place

if TYPE_CHECKING:
    from django.http import HttpResponse

    from sendblue_inbox.login import AgentRequest


@require_GET
def history(request: AgentRequest, pk: int) -> HttpResponse:
    """Older entries, or those again that a page shows, which may be more by now."""
    found = former_contact_for(request.user, pk)
    before = Place.parse(request.GET.get("before", ""))
    until = Place.parse(request.GET.get("until", ""))
    page = history_page(found, before=before, until=until)
    template = "contacts/_history_more.html" if before else "contacts/_history.html"
    if not request.htmx:
        template = "contacts/history.html"
    return render(request, template, {"contact": found, "history": page})
