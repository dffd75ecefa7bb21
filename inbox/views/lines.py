"""What the composer says of its line and of how the next message will go."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.shortcuts import render
from django.views.decorators.http import require_GET, require_POST

from inbox.access import thread_for
from inbox.actions.looking_up import look_up
from inbox.presenting.lines import line_figures, line_state

from .messages import acted

if TYPE_CHECKING:
    from django.http import HttpResponse

    from sendblue_inbox.login import AgentRequest


@require_GET
def line(request: AgentRequest, pk: int) -> HttpResponse:
    """The figures of the thread’s line, for the popover that just opened."""
    thread = thread_for(request.user, pk)
    context = {
        "thread": thread,
        "line": thread.line,
        "state": line_state(thread.line),
        "figures": line_figures(thread),
    }
    return render(request, "inbox/_line_figures.html", context)


@require_POST
def lookup(request: AgentRequest, pk: int) -> HttpResponse:
    """Ask Sendblue again which service reaches the person."""
    thread = thread_for(request.user, pk)
    if thread.contact:
        look_up(thread.contact.number, is_pressed=True)
    return acted(request, thread)
