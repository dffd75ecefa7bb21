"""One person: the card, and each of its fields edited in place."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST
from django_htmx.http import trigger_client_event

from contacts.access import contact_for, former_contact_for
from contacts.actions.editing import (
    ChangedMeanwhile,
    change_tags,
    change_variable,
    edit_contact,
    save_again,
    settle,
)
from contacts.actions.merging import value_at, values_of
from contacts.forms import (
    TEXT_FIELDS,
    ConflictForm,
    FieldForm,
    RemovalForm,
    TagsForm,
    VariableForm,
    first_error,
)
from contacts.lines import our_lines
from contacts.models import Label
from contacts.presenting.card import Card, field_name, key_of
from contacts.presenting.history import history_page
from contacts.presenting.rows import team

if TYPE_CHECKING:
    from contacts.models import Contact
    from sendblue_inbox.login import AgentRequest

SUGGESTIONS = 20


@require_GET
def contact(request: AgentRequest, pk: int) -> HttpResponse:
    """The page of one person. Of somebody who was removed it says that."""
    found = former_contact_for(request.user, pk)
    if found.merged_into_id:
        return redirect("contacts:contact", found.merged_into_id)
    if found.removed_at:
        context = {"contact": found, "history": history_page(found)}
        return render(request, "contacts/removed.html", context, status=410)
    return card_page(request, found)


@require_GET
def card(request: AgentRequest, pk: int) -> HttpResponse:
    """The card again, or the one beside a conversation, for a page that is there already."""
    found = contact_for(request.user, pk)
    if "panel" not in request.GET:
        return render(request, "contacts/_card.html", _context(found))
    # Whose colour it is: people have that of their conversation there.
    text = request.GET["panel"]
    tinted = int(text) if text.isascii() and text.isdigit() and len(text) < 19 else found.pk
    return render(request, "contacts/_card_panel.html", _context(found) | {"tinted": tinted})


@require_POST
def field(request: AgentRequest, pk: int, name: str) -> HttpResponse:
    """Give one field another value."""
    if name not in TEXT_FIELDS:
        raise Http404
    found = contact_for(request.user, pk)
    form = FieldForm(request.POST, name=name)
    if not form.is_valid():
        return refuse(request, found, name, first_error(form))
    value, seen = form.cleaned_data["value"], form.cleaned_data["seen"]
    try:
        edit_contact(found, author=request.user, seen={name: seen}, **{name: value})
    except ChangedMeanwhile as change:
        return _clash(request, change, name, value)
    return saved(request, found)


@require_POST
def tags(request: AgentRequest, pk: int) -> HttpResponse:
    """Add tags, or take one away."""
    found = contact_for(request.user, pk)
    form = TagsForm(request.POST)
    if not form.is_valid():
        return refuse(request, found, "tags", first_error(form))
    if gone := form.cleaned_data["drop"]:
        change_tags(found, author=request.user, remove=[gone])
    else:
        change_tags(found, author=request.user, add=form.cleaned_data["add"])
    return saved(request, found)


@require_POST
def variables(request: AgentRequest, pk: int) -> HttpResponse:
    """Set a custom variable, or take one away."""
    found = contact_for(request.user, pk)
    if "drop" in request.POST:
        gone = RemovalForm(request.POST)
        if gone.is_valid():
            change_variable(found, gone.cleaned_data["label"], "", author=request.user)
        return saved(request, found)
    form = VariableForm(request.POST)
    is_new = "seen" not in request.POST
    place = "new" if is_new else key_of(request.POST.get("label", ""))
    if not form.is_valid():
        return refuse(request, found, place, first_error(form))
    label, value = form.cleaned_data["label"], form.cleaned_data["value"]
    if is_new and not value:
        return refuse(request, found, place, f"Give {label} a value.")
    seen = "" if is_new else form.cleaned_data["seen"]
    try:
        change_variable(found, label, value, author=request.user, seen=seen)
    except ChangedMeanwhile as change:
        if is_new:
            there = value_at(values_of(change.contact), change.field)
            return refuse(request, found, place, f"{label} is there already: {there}.")
        return _clash(request, change, place, value)
    return saved(request, found)


@require_POST
def conflicts(request: AgentRequest, pk: int) -> HttpResponse:
    """Pick one of two values."""
    found = contact_for(request.user, pk)
    form = ConflictForm(request.POST)
    if form.is_valid():
        keep_ours = form.cleaned_data["keep"] == "ours"
        settle(found, form.cleaned_data["field"], author=request.user, keep_ours=keep_ours)
    return saved(request, found)


@require_POST
def saving(request: AgentRequest, pk: int) -> HttpResponse:
    """Save it at Sendblue once more."""
    found = contact_for(request.user, pk)
    save_again(found)
    return saved(request, found)


@require_GET
def labels(request: AgentRequest) -> HttpResponse:
    """Words in use that begin like what is being typed, for the field to offer."""
    is_tag = "add" in request.GET
    text = request.GET.get("add" if is_tag else "label", "").strip().replace("\x00", "")
    kind = Label.Kind.TAG if is_tag else Label.Kind.VARIABLE
    found = Label.objects.filter(kind=kind, name__istartswith=text).order_by("name")
    return render(request, "contacts/_labels.html", {"labels": found[:SUGGESTIONS]})


def card_page(
    request: AgentRequest,
    found: Contact,
    *,
    attempt: dict[str, str] | None = None,
    status: int = 200,
) -> HttpResponse:
    """The whole page; `attempt` is what was typed into which field and why it was not kept."""
    context = _context(found) | {"history": history_page(found), "attempt": attempt}
    return render(request, "contacts/contact.html", context, status=status)


def saved(request: AgentRequest, found: Contact) -> HttpResponse:
    """Nothing to show but what the card itself says: the page asks for it."""
    if request.htmx:
        return trigger_client_event(HttpResponse(status=204), f"contact-{found.pk}", {})
    return redirect("contacts:contact", found.pk)


def refuse(request: AgentRequest, found: Contact, place: str, error: str) -> HttpResponse:
    """Why it was not kept, beside the field; what was typed stays there."""
    if request.htmx:
        context = {"contact": found, "place": place, "error": error}
        return render(request, "contacts/_card_error.html", context, status=422)
    typed = {"place": place, "error": error, "value": request.POST.get("value", "")}
    return card_page(request, found, attempt=typed, status=422)


def _clash(request: AgentRequest, change: ChangedMeanwhile, place: str, value: str) -> HttpResponse:
    """Somebody was faster: both values, and one press for each."""
    found = change.contact
    name = change.field.partition(".")[0]
    latest = found.changes.filter(field=name).select_related("author").order_by("-pk").first()
    context = {
        "contact": found,
        "place": place,
        "name": field_name(change.field),
        "mine": value,
        "theirs": value_at(values_of(found), change.field),
        "latest": latest,
    }
    if request.htmx:
        return render(request, "contacts/_card_clash.html", context, status=409)
    who = str(latest.author) if latest and latest.author else "Somebody"
    error = f"{who} changed it meanwhile to “{context['theirs']}”. Save again to replace that."
    typed = {"place": place, "error": error, "value": value}
    return card_page(request, found, attempt=typed, status=409)


def _context(found: Contact) -> dict[str, Any]:
    return {"contact": found, "card": Card(found, team=team(), lines=our_lines())}
