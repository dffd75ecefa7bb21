"""The two panes: the list beside whatever is open. A click in the list fetches only the pane."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from django.shortcuts import render
from django.utils.cache import patch_vary_headers

from inbox.access import lines_of, threads_of
from inbox.forms import VIEWS, FilterForm
from inbox.queries import THREADS_A_PAGE, thread_page
from sendblue_inbox.keyset import Place

if TYPE_CHECKING:
    from django.http import HttpResponse

    from sendblue_inbox.login import AgentRequest

# A screen that has loaded further pages asks for all its rows again, up to this many.
MOST_ROWS = 200


def render_pane(
    request: AgentRequest,
    template: str,
    context: dict[str, Any],
    *,
    selected: int | None = None,
    status: int = 200,
) -> HttpResponse:
    """The whole page with its list, or only the pane for a page that is already there."""
    if request.htmx:
        context = context | {"is_fragment": True}
    else:
        context = list_context(request, selected=selected) | context | {"pane": template}
        template = "inbox/inbox.html"
    response = render(request, template, context, status=status)
    patch_vary_headers(response, ["HX-Request"])
    return response


def list_context(
    request: AgentRequest, *, selected: int | None = None, count: int = THREADS_A_PAGE
) -> dict[str, Any]:
    """What the list shows for the filter in the address."""
    filters = FilterForm(request.GET).filters()
    lines = list(lines_of(request.user).order_by("name", "number"))
    page = thread_page(
        threads_of(request.user),
        user=request.user,
        filters=filters,
        before=Place.parse(request.GET.get("before", "")),
        limit=count,
    )
    return {
        "filters": filters,
        "views": VIEWS,
        "lines": lines,
        "page": page,
        "selected": selected,
        "is_continued": "before" in request.GET,
        "kept_query": kept_query(request),
    }


def kept_query(request: AgentRequest) -> str:
    """The filter in the address, for the links of rows: with a question mark, or empty."""
    kept = {name: text for name, text in request.GET.items() if name in FilterForm.base_fields}
    return f"?{urlencode(kept)}" if kept else ""


def asked_count(request: AgentRequest) -> int:
    """How many rows the screen shows already."""
    text = request.GET.get("count", "")
    asked = int(text) if text.isascii() and text.isdigit() and len(text) < 6 else 0
    return min(max(asked, THREADS_A_PAGE), MOST_ROWS)
