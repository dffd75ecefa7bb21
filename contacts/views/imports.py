"""Files of people: uploaded, and one import on its way through its steps."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

from django.http import HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from contacts.access import import_for, imports_of
from contacts.actions.importing import (
    MOST_BYTES,
    NotNow,
    accept_file,
    ask_to_cancel,
    start_save,
    start_undo,
)
from contacts.import_forms import PlaceForm, RowsForm
from contacts.import_queries import PAGE, page_of_rows, rejected_rows
from contacts.models import ImportRow
from contacts.presenting.import_rows import FORGOTTEN, NONE, SAVED_SENTENCES, SENTENCES, shown_rows
from contacts.presenting.imports import ShownImport, size_words
from sendblue_inbox.roles import Role, needs

from .downloads import csv_download
from .import_columns import columns_context

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import StreamingHttpResponse

    from contacts.models import ContactImport
    from sendblue_inbox.login import AgentRequest

A_PAGE = 30


@require_GET
def imports(request: AgentRequest) -> HttpResponse:
    """Where a file is chosen, and the imports so far, newest first."""
    return render(request, "contacts/imports.html", _listed(request))


@require_GET
def import_list(request: AgentRequest) -> HttpResponse:
    """The list alone, for a screen that is there already."""
    return render(request, "contacts/_import_list.html", _listed(request))


@require_POST
@needs(Role.MANAGER)
def files(request: AgentRequest) -> HttpResponse:
    """Take a file in; a script is told the address of its import, a form goes there."""
    given = request.FILES.get("file")
    wants_json = request.accepts("application/json") and not request.accepts("text/html")
    if given is None or given.file is None:
        if wants_json:
            return JsonResponse({"error": "No file came with the request."}, status=400)
        context = _listed(request) | {"refusal": "Choose a file first."}
        return render(request, "contacts/imports.html", context, status=422)
    run = accept_file(given.file, name=given.name or "", author=request.user)
    if wants_json:
        return JsonResponse({"address": reverse("contacts:import", args=[run.pk])}, status=201)
    return redirect("contacts:import", run.pk)


@require_GET
def one(request: AgentRequest, pk: int) -> HttpResponse:
    """One import at the step where it stands."""
    return render(request, "contacts/import.html", page_context(request, pk))


@require_GET
def import_progress(request: AgentRequest, pk: int) -> HttpResponse:
    """What is new since a screen showed the stage that it names; nothing where it is as it was."""
    shown = ShownImport(import_for(request.user, pk))
    if request.GET.get("stage") != shown.stage:
        return render(request, "contacts/_import_news.html", page_context(request, pk))
    if not shown.moves:
        return HttpResponse(status=204)
    return render(request, "contacts/_import_news.html", {"shown": shown, "is_same": True})


@require_GET
def import_rows(request: AgentRequest, pk: int) -> HttpResponse:
    """A page of judged rows with one verdict."""
    shown = ShownImport(import_for(request.user, pk))
    context = {"shown": shown} | _rows(request, shown)
    return render(request, "contacts/_import_rows.html", context)


@require_GET
def refused_rows(request: AgentRequest, pk: int) -> StreamingHttpResponse:
    """The rows that could not be used, with their reasons, ready to be put right."""
    run = import_for(request.user, pk)
    return csv_download(rejected_rows(run), f"refused-{run.pk}.csv")


@require_POST
@needs(Role.MANAGER)
def saving(request: AgentRequest, pk: int) -> HttpResponse:
    """Have what was checked saved."""
    return _move(request, pk, start_save)


@require_POST
@needs(Role.MANAGER)
def cancellation(request: AgentRequest, pk: int) -> HttpResponse:
    """Stop what is under way, or discard what has not begun."""
    return _move(request, pk, ask_to_cancel)


@require_POST
@needs(Role.MANAGER)
def undo(request: AgentRequest, pk: int) -> HttpResponse:
    """Take back what the import saved."""
    return _move(request, pk, start_undo)


def page_context(request: AgentRequest, pk: int) -> dict[str, Any]:
    """What the page of an import needs at the stage where it is."""
    run = import_for(request.user, pk)
    shown = ShownImport(run, at_columns="columns" in request.GET and request.user.may_manage)
    context: dict[str, Any] = {"shown": shown}
    if shown.stage == "columns":
        context |= columns_context(run)
    if shown.has_report:
        context |= _rows(request, shown)
    return context


def _move(
    request: AgentRequest, pk: int, move: Callable[[ContactImport], ContactImport]
) -> HttpResponse:
    """Move the import on and show where it stands.

    Whoever pressed twice, or on a page that is not true any more, sees the true one.
    """
    run = import_for(request.user, pk)
    with suppress(NotNow):
        move(run)
    return redirect("contacts:import", pk)


def _rows(request: AgentRequest, shown: ShownImport) -> dict[str, Any]:
    asked, after = RowsForm(request.GET).asked()
    verdict = ImportRow.Verdict(asked or shown.first_verdict)
    found = page_of_rows(shown.run, verdict, after, most=PAGE + 1)
    page = found[:PAGE]
    return {
        "rows": shown_rows(shown.run, page),
        "verdict": verdict,
        "after": after,
        "further": page[-1].row if len(found) > PAGE else None,
        "tabs": shown.tabs(verdict),
        "sentence": (SAVED_SENTENCES if shown.stage == "done" else SENTENCES)[verdict],
        "nothing": FORGOTTEN if shown.counts[verdict] else NONE.get(verdict, "There is none."),
    }


def _listed(request: AgentRequest) -> dict[str, Any]:
    before = PlaceForm(request.GET).place()
    runs = imports_of(request.user).select_related("author").order_by("-pk")
    found = list((runs.filter(pk__lt=before) if before else runs)[: A_PAGE + 1])
    page = found[:A_PAGE]
    return {
        "runs": [ShownImport(run) for run in page],
        "older": page[-1].pk if len(found) > A_PAGE else None,
        "is_first": not before,
        "most_bytes": MOST_BYTES,
        "most_words": size_words(MOST_BYTES),
    }
