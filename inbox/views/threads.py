"""The inbox: its list, an open thread, and the first message to somebody."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods

from inbox.access import lines_of, thread_for
from inbox.actions.queueing import Refused, open_thread, queue_message
from inbox.actions.triaging import mark_read
from inbox.forms import NewThreadForm
from inbox.queries import agents, suggested_line, unread_for

from .conversation import conversation
from .panes import asked_count, list_context, render_pane

if TYPE_CHECKING:
    from django.http import HttpResponse

    from sendblue_inbox.login import AgentRequest


@require_GET
def index(_request: AgentRequest) -> HttpResponse:
    """The front door leads to the inbox."""
    return redirect("inbox:threads")


@require_GET
def threads(request: AgentRequest) -> HttpResponse:
    """The list, with nothing open beside it."""
    return render_pane(request, "inbox/_pane_empty.html", {})


@require_GET
def thread_list(request: AgentRequest) -> HttpResponse:
    """The rows of the list alone: a refresh of what is shown, or its next page."""
    text = request.GET.get("selected", "")
    selected = int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None
    if "before" in request.GET:
        context = list_context(request, selected=selected)
        return render(request, "inbox/_more_threads.html", context)
    context = list_context(request, selected=selected, count=asked_count(request))
    return render(request, "inbox/_thread_list.html", context)


@require_GET
def thread(request: AgentRequest, pk: int) -> HttpResponse:
    """A conversation with its composer and its person. Looking at it reads it."""
    opened = thread_for(request.user, pk)
    if unread_for(opened, request.user):
        mark_read(opened, user=request.user)
    context = conversation(request, opened) | {"agents": agents()}
    return render_pane(request, "inbox/_pane_thread.html", context, selected=pk)


@require_http_methods(["GET", "POST"])
def new_thread(request: AgentRequest) -> HttpResponse:
    """A message to any number: which line, to whom, what."""
    lines = lines_of(request.user).order_by("name", "number")
    if request.method == "GET":
        number = request.GET.get("number", "")
        form = NewThreadForm(initial={"number": number, "client_ref": uuid.uuid4()}, lines=lines)
        return _new_thread(request, form, number, "")
    form = NewThreadForm(request.POST, lines=lines)
    if not form.is_valid():
        return _new_thread(request, form, request.POST.get("number", ""), _first_error(form))
    given = form.cleaned_data
    try:
        opened = open_thread(line=given["line"], number=given["number"])
        queue_message(
            opened, author=request.user, content=given["content"], client_ref=given["client_ref"]
        )
    except Refused as refusal:
        return _new_thread(request, form, given["number"], str(refusal))
    return redirect("inbox:thread", opened.pk)


def _new_thread(
    request: AgentRequest, form: NewThreadForm, number: str, error: str
) -> HttpResponse:
    suggestion = suggested_line(request.user, number)
    chosen = form.data.get("line") if form.is_bound else suggestion and str(suggestion.line.pk)
    context = {
        "form": form,
        "number": number,
        "content": form.data.get("content", ""),
        "client_ref": form.data.get("client_ref") or form.initial.get("client_ref"),
        "choices": list(form.fields["line"].queryset),  # type: ignore[attr-defined]
        "suggestion": suggestion,
        "chosen": chosen,
        "error": error,
        "back": reverse("inbox:threads"),
    }
    template = "inbox/_pane_new.html"
    return render_pane(request, template, context, status=422 if error else 200)


def _first_error(form: NewThreadForm) -> str:
    return next((str(errors[0]) for errors in form.errors.values()), "")
