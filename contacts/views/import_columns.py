"""The first step of an import: how the file is read, and where its columns go."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from contacts.access import import_for
from contacts.actions.importing import NotNow, preview, remap, start_check
from contacts.import_forms import TARGETS, ColumnChoices, ReadingForm
from contacts.models import ContactImport, Label
from contacts.presenting.import_columns import EXISTING, FIRST_ROWS, reading_words, shown_columns
from contacts.presenting.imports import ShownImport
from contacts.queries import labels
from sendblue_inbox.roles import Role, needs

if TYPE_CHECKING:
    from sendblue_inbox.login import AgentRequest

OPEN = {ContactImport.State.UPLOADED, ContactImport.State.CHECKED}


@require_POST
@needs(Role.MANAGER)
def columns(request: AgentRequest, pk: int) -> HttpResponse:
    """Keep what was chosen as far as it makes sense, and show how the file reads with it."""
    run = import_for(request.user, pk)
    if run.state not in OPEN:
        return _true_page(request, run)
    form = ReadingForm.of(run, request.POST)
    context = _kept(run, form, request)
    if not request.htmx:
        if context["reading_error"]:
            return render(request, "contacts/import.html", context, status=422)
        return redirect("contacts:import", pk)
    return render(request, "contacts/_import_reread.html", context)


@require_POST
@needs(Role.MANAGER)
def check(request: AgentRequest, pk: int) -> HttpResponse:
    """Keep what was chosen and have every row judged; what is wrong is said where it is."""
    run = import_for(request.user, pk)
    if run.state not in OPEN:
        return redirect("contacts:import", pk)
    form = ReadingForm.of(run, request.POST)
    context = _kept(run, form, request, is_final=True)
    if context["is_kept"]:
        try:
            start_check(context["shown"].run)
        except NotNow as refusal:
            context["notice"] = str(refusal)
        else:
            return redirect("contacts:import", pk)
    return render(request, "contacts/import.html", context, status=422)


def columns_context(run: ContactImport) -> dict[str, Any]:
    """What the step shows of an import as it is set."""
    return _context(run, ReadingForm.of(run), {})


def _kept(
    run: ContactImport, form: ReadingForm, request: AgentRequest, *, is_final: bool = False
) -> dict[str, Any]:
    """Write down what was chosen, if it can be kept, and what to show then.

    Another encoding, separator or header makes other columns: those are guessed anew first, and a
    person looks at them before they are used (`is_kept` is False then).
    """
    if not form.is_valid():
        return _context(
            run, ReadingForm.of(run), {}, reading_error="Choose one of what is offered."
        )
    said = form.cleaned_data
    rereads = form.rereads(run)
    try:
        if rereads:
            run = remap(run, **said)
            words = {"notice": "The file is read anew. Look at its columns."} if is_final else {}
            return _context(run, ReadingForm.of(run), {}) | words | {"is_new": True}
        context = _context(run, form, request.POST)
        choices: ColumnChoices = context["choices"]
        if choices.is_valid:
            kept = {"country": said["country"], "existing": said["existing"]}
            context["shown"] = ShownImport(remap(run, columns=choices.targets, **kept))
            context["is_kept"] = not choices.missing
    except NotNow as refusal:
        return _context(run, form, {}, reading_error=str(refusal))
    return context


def _context(
    run: ContactImport, form: ReadingForm, data: Any, *, reading_error: str = ""
) -> dict[str, Any]:
    try:
        first = preview(run)
    except NotNow as refusal:
        return {"shown": ShownImport(run, at_columns=True), "unreadable": str(refusal)}
    choices = ColumnChoices(data, first.columns)
    country = form["country"].value()
    return {
        "shown": ShownImport(run, at_columns=True),
        "form": form,
        "choices": choices,
        "is_kept": False,
        "reading_error": reading_error,
        "reading_words": reading_words(run, len(first.columns)),
        "columns": shown_columns(first, choices.all, country=country),
        "row_numbers": range(1, min(FIRST_ROWS, len(first.rows)) + 1),
        "number_error": choices.missing,
        "targets": TARGETS,
        "existing_choices": EXISTING,
        "labels": labels(Label.Kind.VARIABLE),
    }


def _true_page(request: AgentRequest, run: ContactImport) -> HttpResponse:
    """The page has moved on elsewhere: it is loaded anew."""
    response = HttpResponse(status=204)
    response["HX-Refresh"] = "true"
    return response if request.htmx else redirect("contacts:import", run.pk)
