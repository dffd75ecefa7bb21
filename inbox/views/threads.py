"""The inbox: its list, an open thread, and the first message to somebody."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods

from inbox.access import lines_of, thread_for
from inbox.actions.forecasting import look_when_unsure, outlook_for
from inbox.actions.group_reading import ask_if_stale
from inbox.actions.grouping import start_group
from inbox.actions.looking_up import ask_contact_status
from inbox.actions.queueing import Refused, open_thread, queue_message
from inbox.actions.triaging import mark_read
from inbox.forms import NewThreadForm
from inbox.queries import suggested_line, unread_for
from inbox.recipients import existing_group, read_recipients

from .conversation import conversation
from .panes import asked_count, list_context, render_pane
from .rows import changed_rows

if TYPE_CHECKING:
    from inbox.actions.forecasting import Outlook
    from inbox.models import Line, Thread
    from inbox.recipients import Recipients
    from sendblue_inbox.login import AgentRequest

NOBODY = "Enter the number of the person you want to write to."
ONE_IS_THERE = "You have a group with exactly these people. Choose where to write."


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
    """The rows of the list alone: those that changed, all that are shown, or the next page."""
    text = request.GET.get("selected", "")
    selected = int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None
    if "rows" in request.GET:
        return HttpResponse(changed_rows(request, selected=selected))
    if "before" in request.GET:
        context = list_context(request, selected=selected)
        return render(request, "inbox/_more_threads.html", context)
    context = list_context(request, selected=selected, count=asked_count(request))
    return render(request, "inbox/_thread_list.html", context)


@require_GET
def thread(request: AgentRequest, pk: int) -> HttpResponse:
    """A conversation with its composer and its person. Looking at it reads it."""
    opened = thread_for(request.user, pk)
    if opened.pk != pk:
        return redirect("inbox:thread", opened.pk)
    ask_if_stale(opened)
    if unread_for(opened, request.user):
        mark_read(opened, user=request.user)
    context = conversation(request, opened)
    if opened.contact:
        context["outlook"] = look_when_unsure(opened.contact.number, context["outlook"])
        ask_contact_status(opened)
    return render_pane(request, "inbox/_pane_thread.html", context, selected=pk)


@require_http_methods(["GET", "POST"])
def new_thread(request: AgentRequest) -> HttpResponse:
    """A message to any number, or to several: which line, to whom, what."""
    lines = lines_of(request.user).order_by("name", "number")
    given = request.POST if request.method == "POST" else request.GET
    taken_out = given.get("remove", "")
    # What the field holds comes after those who were read from it before.
    texts = [*given.getlist("number"), *given.getlist("more")]
    recipients = read_recipients(text for text in texts if text != taken_out)
    if request.method == "GET" or taken_out:
        fresh = {"client_ref": given.get("client_ref") or uuid.uuid4()}
        form = NewThreadForm(data=given if taken_out else None, initial=fresh, lines=lines)
        return _new_thread(request, form, recipients, "")
    form = NewThreadForm(request.POST, lines=lines)
    if not (recipients.people or recipients.problems):
        return _new_thread(request, form, recipients, NOBODY)
    if not form.is_valid() or recipients.problems:
        return _new_thread(request, form, recipients, _first_error(form))
    existing = _existing(recipients, form.cleaned_data["line"])
    if existing and not form.cleaned_data["group"]:
        return _new_thread(request, form, recipients, ONE_IS_THERE)
    try:
        opened = _write(request, form, recipients, existing)
    except Refused as refusal:
        return _new_thread(request, form, recipients, str(refusal))
    return redirect("inbox:thread", opened.pk)


def _write(
    request: AgentRequest, form: NewThreadForm, recipients: Recipients, existing: Thread | None
) -> Thread:
    """Queue the first words where they belong. Raises Refused."""
    given = form.cleaned_data
    words = {"content": given["content"], "client_ref": given["client_ref"]}
    line = given["line"]
    if existing and given["group"] == str(existing.pk):
        opened = existing
    elif recipients.is_group:
        return start_group(line=line, numbers=recipients.numbers, author=request.user, **words)
    else:
        opened = open_thread(line=line, number=recipients.numbers[0])
    queue_message(opened, author=request.user, **words)
    return opened


def _outlook(recipients: Recipients) -> Outlook | None:
    """How a message to the one person will go; their number is looked up where nobody knows."""
    if recipients.is_group or not recipients.people:
        return None
    number = recipients.numbers[0]
    return look_when_unsure(number, outlook_for(number))


def _existing(recipients: Recipients, line: Line | None) -> Thread | None:
    return existing_group(line, recipients.numbers) if line and recipients.is_group else None


def _new_thread(
    request: AgentRequest, form: NewThreadForm, recipients: Recipients, error: str
) -> HttpResponse:
    suggestion = suggested_line(request.user, recipients.numbers[0] if recipients.people else "")
    choices = list(form.fields["line"].queryset)  # type: ignore[attr-defined]
    # A line that was chosen by hand stays, whoever else is written to.
    by_hand = request.method == "POST" or "by_hand" in request.GET
    asked = (form.data or request.GET).get("line") if by_hand else ""
    chosen = asked or (str(suggestion.line.pk) if suggestion else "")
    line = next((line for line in choices if str(line.pk) == chosen), None)
    context = {
        "form": form,
        "recipients": recipients,
        "existing": _existing(recipients, line),
        "outlook": _outlook(recipients),
        "content": form.data.get("content", ""),
        "client_ref": form.data.get("client_ref") or form.initial.get("client_ref"),
        "choices": choices,
        "suggestion": suggestion,
        "chosen": chosen,
        "by_hand": by_hand,
        "error": error,
        "back": reverse("inbox:threads"),
    }
    template = "inbox/_pane_new.html"
    has_failed = error or (request.method == "POST" and recipients.problems)
    return render_pane(request, template, context, status=422 if has_failed else 200)


def _first_error(form: NewThreadForm) -> str:
    return next((str(errors[0]) for errors in form.errors.values()), "")
