"""Somebody new."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods

from contacts.access import contacts_of
from contacts.actions.editing import IsThere, create_contact
from contacts.forms import NewContactForm
from contacts.lines import country_of, our_country, our_lines
from contacts.presenting.card import Card
from contacts.presenting.rows import team
from sendblue_inbox.phone import E164, NotANumber, to_address

if TYPE_CHECKING:
    from django.http import HttpResponse

    from contacts.models import Contact
    from sendblue_inbox.login import AgentRequest


@dataclass(frozen=True, slots=True)
class Reading:
    """What a typed number means: its address, its country, and who has it already."""

    address: str = ""
    country: str = ""
    there: Contact | None = None
    error: str = ""

    @property
    def is_number(self) -> bool:
        """Whether it is a telephone number and no e-mail address."""
        return bool(E164.fullmatch(self.address))


@require_http_methods(["GET", "POST"])
def new(request: AgentRequest) -> HttpResponse:
    """The form for a new contact, and what came of it."""
    if request.method == "GET":
        asked = {"number": request.GET.get("number", "")}
        return _page(request, NewContactForm(initial=asked), is_fresh=True)
    form = NewContactForm(request.POST)
    if not form.is_valid():
        return _page(request, form)
    try:
        made = create_contact(
            form.cleaned_data["number"], author=request.user, must_be_new=True, **form.values()
        )
    except IsThere:
        return _page(request, form)
    return redirect("contacts:contact", made.pk)


@require_GET
def number(request: AgentRequest) -> HttpResponse:
    """What the number means that is being typed."""
    text = request.GET.get("number", "")
    context = {"reading": _read(request, text), "typed": text.strip()}
    return render(request, "contacts/_new_number.html", context)


def _page(request: AgentRequest, form: NewContactForm, *, is_fresh: bool = False) -> HttpResponse:
    text = form["number"].value() or ""
    context: dict[str, Any] = {
        "form": form,
        "is_fresh": is_fresh,
        "reading": _read(request, text) if text.strip() else Reading(),
        "typed": text.strip(),
        "choices": Card(contacts_of(request.user).model(), team=team(), lines=our_lines()),
        "cancel": reverse("contacts:contacts"),
    }
    return render(request, "contacts/new.html", context, status=200 if is_fresh else 422)


def _read(request: AgentRequest, text: str) -> Reading:
    home = our_country()
    try:
        address = to_address(text.replace("\x00", ""), country=home)
    except NotANumber as error:
        return Reading(country=home, error=str(error))
    there = contacts_of(request.user).filter(number=address).first()
    return Reading(address, country_of(address), there and (there.merged_into or there))
