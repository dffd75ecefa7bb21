"""What is done in a thread beside writing: typing, asking where they are, calling; receipts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from inbox.access import lines_of, message_for, thread_for
from inbox.actions.facetime import call_by_facetime
from inbox.actions.gesturing import set_read_receipts, show_typing
from inbox.actions.locating import ask_location, refresh_place
from inbox.actions.queueing import Refused
from inbox.forms import ReceiptsForm, TypingForm
from sendblue_inbox.roles import Role, needs

from .conversation import foot_of
from .messages import acted, say

if TYPE_CHECKING:
    from sendblue_inbox.login import AgentRequest


@require_http_methods(["GET", "POST"])
def typing(request: AgentRequest, pk: int) -> HttpResponse:
    """GET: what stands below the newest bubble. POST: the agent types, or no longer does."""
    thread = thread_for(request.user, pk)
    if request.method == "GET":
        return render(request, "inbox/_thread_foot.html", foot_of(thread))
    form = TypingForm(request.POST)
    if form.is_valid() and request.user.shows_typing:
        show_typing(thread, state=form.cleaned_data["state"])
    return HttpResponse(status=204)


@require_POST
def location_request(request: AgentRequest, pk: int) -> HttpResponse:
    """Ask the person where they are."""
    thread = thread_for(request.user, pk)
    try:
        ask_location(thread, author=request.user)
    except Refused as refusal:
        return say(request, thread, str(refusal))
    return acted(request, thread)


@require_POST
def facetime_call(request: AgentRequest, pk: int) -> HttpResponse:
    """Call the person by FaceTime."""
    thread = thread_for(request.user, pk)
    try:
        call_by_facetime(thread, author=request.user)
    except Refused as refusal:
        return say(request, thread, str(refusal))
    return acted(request, thread)


@require_POST
def place(request: AgentRequest, pk: int) -> HttpResponse:
    """Look where they are now; the row shows it as soon as it is known."""
    message = message_for(request.user, pk)
    refresh_place(message)
    return acted(request, message.thread)


@needs(Role.MANAGER)
@require_POST
def read_receipts(request: AgentRequest, pk: int) -> HttpResponse:
    """Show people on a line that their messages were read, or no longer."""
    line = get_object_or_404(lines_of(request.user), pk=pk)
    form = ReceiptsForm(request.POST)
    if form.is_valid():
        set_read_receipts(line, are_sent=form.cleaned_data["are_sent"])
    if request.htmx:
        return render(request, "inbox/_line_receipts.html", {"line": line})
    return redirect("inbox:threads")
