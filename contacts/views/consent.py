"""What a person agreed to, and the acts that concern the whole contact."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import messages as notices
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from contacts.access import contact_for, former_contact_for
from contacts.actions.editing import bring_back, remove_contact
from contacts.actions.opting import note_opt_in, note_opt_out
from contacts.actions.verifying import NotVerified, verify
from contacts.forms import ConsentForm, first_error

from .card import refuse, saved

if TYPE_CHECKING:
    from django.http import HttpResponse

    from sendblue_inbox.login import AgentRequest


@require_POST
def consent(request: AgentRequest, pk: int) -> HttpResponse:
    """Opt somebody out, or in again."""
    found = contact_for(request.user, pk)
    form = ConsentForm(request.POST)
    if not form.is_valid():
        return refuse(request, found, "consent", first_error(form))
    note = form.cleaned_data["note"]
    if form.cleaned_data["opted_out"]:
        note_opt_out(found, author=request.user, note=note)
    else:
        note_opt_in(found, author=request.user, note=note)
    return saved(request, found)


@require_POST
def verification(request: AgentRequest, pk: int) -> HttpResponse:
    """Have Sendblue verify the number."""
    found = contact_for(request.user, pk)
    try:
        verify(found, author=request.user)
    except NotVerified as refusal:
        return refuse(request, found, "verification", str(refusal))
    return saved(request, found)


@require_POST
def removal(request: AgentRequest, pk: int) -> HttpResponse:
    """Remove the contact here and at Sendblue; its page offers to bring it back."""
    found = contact_for(request.user, pk)
    remove_contact(found, author=request.user)
    return redirect("contacts:contact", found.pk)


@require_POST
def restoration(request: AgentRequest, pk: int) -> HttpResponse:
    """Bring a removed contact back as it was."""
    found = bring_back(former_contact_for(request.user, pk), author=request.user)
    notices.info(request, f"{found} is back, and is being saved at Sendblue.")
    return redirect("contacts:contact", found.pk)
