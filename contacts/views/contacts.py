"""The list of people: searched, narrowed, sorted, in pages."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.shortcuts import render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_GET

from contacts.filtering import AT_SENDBLUE, NOBODY, SORTS, ContactFilter
from contacts.lines import our_lines
from contacts.listing import Place, contact_page
from contacts.models import Label
from contacts.presenting.rows import contact_rows, team
from contacts.queries import labels

if TYPE_CHECKING:
    from django.http import HttpResponse

    from sendblue_inbox.login import AgentRequest


@require_GET
def contacts(request: AgentRequest) -> HttpResponse:
    """A page of the list; with `all` in the address, all that match are chosen."""
    context = _listed(request)
    if "all" in request.GET:
        context["count"] = context["asked"].count()
    context |= {
        "tags": _with(context["asked"].tag, labels(Label.Kind.TAG)),
        "sorts": SORTS,
        "at_sendblue": AT_SENDBLUE,
        "nobody": NOBODY,
    }
    return render(request, "contacts/contacts.html", context)


@require_GET
def contact_list(request: AgentRequest) -> HttpResponse:
    """The rows alone. A screen that holds its rows where they are (`shown`) gets those anew that
    it still shows, and is told where the list is another one by now."""
    context = _listed(request)
    if "shown" not in request.GET:
        return render(request, "contacts/_contact_list.html", context)
    shown, rows = request.GET["shown"].split(","), context["rows"]
    context["kept"] = [row for row in rows if str(row.contact.pk) in shown]
    response = render(request, "contacts/_contact_changes.html", context)
    if [str(row.contact.pk) for row in rows] != shown:
        response["HX-Trigger"] = "contacts-moved"
    return response


@require_GET
def contact_count(request: AgentRequest) -> HttpResponse:
    """How many match, counted now; asked for by pages that are there already."""
    asked = ContactFilter.parse(request.GET)
    template = "contacts/_all_chosen.html" if "all" in request.GET else "contacts/_count.html"
    return render(request, template, {"asked": asked, "count": asked.count()})


def _listed(request: AgentRequest) -> dict[str, Any]:
    asked, given = ContactFilter.parse(request.GET), request.GET
    page = contact_page(
        asked,
        after=Place.parse(given.get("after", ""), sort=asked.sort),
        before=Place.parse(given.get("before", ""), sort=asked.sort),
    )
    lines, people = our_lines(), team()
    return {
        "asked": asked,
        "parts": [
            (words, _address(asked.without(name))) for name, words in asked.parts(lines).items()
        ],
        "everybody": _address(ContactFilter(sort=asked.sort)),
        "rows": contact_rows(page.contacts, lines, people),
        "previous": _address(asked, before=page.previous) if page.previous else "",
        "next": _address(asked, after=page.next) if page.next else "",
        "first": _address(asked),
        "is_first": page.previous is None,
        "lines": lines,
        "team": people,
    }


def _address(asked: ContactFilter, **place: Place | None) -> str:
    parts = [asked.query, urlencode({name: str(at) for name, at in place.items()})]
    query = "&".join(filter(None, parts))
    return reverse("contacts:contacts") + (f"?{query}" if query else "")


def _with(word: str, words: list[str]) -> list[str]:
    """The words, and that one where it is not among them."""
    return words if word in {"", *words} else [word, *words]
