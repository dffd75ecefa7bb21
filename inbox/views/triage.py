"""Team work on a thread: who has it, whether it is done, whether it was read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from inbox.access import thread_for
from inbox.actions.accounts import resume_sending
from inbox.actions.triaging import (
    assign,
    close,
    mark_read,
    mark_unread,
    reopen,
    set_preferences,
)
from inbox.forms import AssignmentForm, PreferencesForm
from sendblue_inbox.roles import Role, needs

from .messages import acted

if TYPE_CHECKING:
    from sendblue_inbox.login import AgentRequest


@require_POST
def assignment(request: AgentRequest, pk: int) -> HttpResponse:
    """Give the thread to an agent, or to nobody."""
    thread = thread_for(request.user, pk)
    form = AssignmentForm(request.POST)
    if form.is_valid():
        assign(thread, to=form.cleaned_data["assignee"])
    return acted(request, thread)


@require_POST
def closure(request: AgentRequest, pk: int) -> HttpResponse:
    """Put the thread away, or take it back with `reopen`."""
    thread = thread_for(request.user, pk)
    if "reopen" in request.POST:
        reopen(thread)
    else:
        close(thread)
    return acted(request, thread)


@needs(Role.VIEWER)
@require_POST
def unread(request: AgentRequest, pk: int) -> HttpResponse:
    """Their newest message counts as unread again, and the thread is left."""
    thread = thread_for(request.user, pk)
    mark_unread(thread, user=request.user)
    return redirect("inbox:threads")


@needs(Role.VIEWER)
@require_POST
def read(request: AgentRequest, pk: int) -> HttpResponse:
    """The agent has the thread before their eyes while something new arrives."""
    thread = thread_for(request.user, pk)
    mark_read(thread, user=request.user)
    return HttpResponse(status=204)


@needs(Role.MANAGER)
@require_POST
def resumption(_request: AgentRequest) -> HttpResponse:
    """Somebody looked after what had paused sending: let the queue go on."""
    resume_sending()
    return redirect("inbox:threads")


@needs(Role.VIEWER)
@require_POST
def preferences(request: AgentRequest) -> HttpResponse:
    """What the agent likes to have otherwise."""
    form = PreferencesForm(request.POST)
    if form.is_valid():
        set_preferences(request.user, **form.cleaned_data)
    return HttpResponse(status=204) if request.htmx else redirect("inbox:threads")
