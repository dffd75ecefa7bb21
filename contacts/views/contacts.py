"""The list of people, and one person."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.shortcuts import render
from django.views.decorators.http import require_GET

from contacts.access import contact_for
from contacts.filtering import ContactFilter

if TYPE_CHECKING:
    from django.http import HttpResponse

    from sendblue_inbox.login import AgentRequest


@require_GET
def contacts(request: AgentRequest) -> HttpResponse:
    """A page of the list."""
    asked = ContactFilter.parse(request.GET)
    found = asked.contacts().order_by("sort_name", "pk")[:50]
    return render(request, "contacts/contacts.html", {"asked": asked, "contacts": found})


@require_GET
def contact(request: AgentRequest, pk: int) -> HttpResponse:
    """One person."""
    return render(request, "contacts/contact.html", {"contact": contact_for(request.user, pk)})
