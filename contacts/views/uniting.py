"""Merging two contacts that are one person: finding the other, choosing, and the way back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import messages as notices
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from contacts.access import contact_for, contacts_of
from contacts.actions.uniting import CannotUnite, part, unite
from contacts.models import ContactMerge
from contacts.presenting.card import field_name
from contacts.presenting.numbers import in_words
from contacts.presenting.uniting import Union, choices_of
from contacts.queries import matching
from contacts.resembling import resembling

if TYPE_CHECKING:
    from django.http import HttpResponse

    from sendblue_inbox.login import AgentRequest

MOST_FOUND = 20


@require_GET
def candidates(request: AgentRequest, pk: int) -> HttpResponse:
    """The page on which the other contact is looked for."""
    return render(request, "contacts/unite.html", _found(request, pk))


@require_GET
def candidate_list(request: AgentRequest, pk: int) -> HttpResponse:
    """Who was found, for a page that is there already."""
    return render(request, "contacts/_unite_people.html", _found(request, pk))


@require_http_methods(["GET", "POST"])
def union(request: AgentRequest, pk: int, other: int) -> HttpResponse:
    """Both side by side; a POST makes them one."""
    contact, second = contact_for(request.user, pk), contact_for(request.user, other)
    if contact == second:
        notices.info(request, "These two are one contact already.")
        return redirect("contacts:contact", contact.pk)
    if request.method == "GET":
        context = {"union": Union(contact, second, {})}
        return render(request, "contacts/unite_fields.html", context)
    choices = choices_of(request.POST, contact, second)
    try:
        unite(contact, second, author=request.user, choices=choices)
    except CannotUnite as refusal:
        notices.warning(request, str(refusal))
    else:
        notices.info(request, "Merged. Both numbers belong to this contact now.")
    return redirect("contacts:contact", contact.pk)


@require_POST
def preview(request: AgentRequest, pk: int, other: int) -> HttpResponse:
    """What both would be with what is chosen so far; nothing is changed."""
    contact, second = contact_for(request.user, pk), contact_for(request.user, other)
    chosen = Union(contact, second, choices_of(request.POST, contact, second))
    return render(request, "contacts/_unite_result.html", {"union": chosen})


@require_POST
def undo(request: AgentRequest, pk: int) -> HttpResponse:
    """Take two apart again."""
    merge = get_object_or_404(ContactMerge, pk=pk)
    contact_for(request.user, merge.contact_id)
    try:
        stays = part(merge, author=request.user)
    except CannotUnite as refusal:
        notices.warning(request, str(refusal))
    else:
        kept = (
            f" What was edited since stays here: {in_words(map(field_name, stays))}."
            if stays
            else ""
        )
        notices.info(request, f"Taken apart: two contacts again.{kept}")
    return redirect("contacts:contact", merge.contact_id)


def _found(request: AgentRequest, pk: int) -> dict[str, Any]:
    contact = contact_for(request.user, pk)
    people = contacts_of(request.user).filter(merged_into=None)
    words = request.GET.get("q", "").replace("\x00", "").strip()[:254]
    found = []
    if words:
        named = people.filter(pk__in=matching(words).values("pk")).exclude(pk=contact.pk)
        found = list(named.order_by("sort_name", "pk")[: MOST_FOUND + 1])
    return {
        "contact": contact,
        "words": words,
        "found": found[:MOST_FOUND],
        "has_more": len(found) > MOST_FOUND,
        "resembling": [] if words else resembling(contact, people),
    }
