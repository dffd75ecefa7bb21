"""Tapbacks of ours, and one message alone: what can be done with it where no script runs."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

from django.views.decorators.http import require_GET, require_POST

from inbox.access import message_for, thread_for
from inbox.actions.answering import lack_of
from inbox.actions.queueing import Refused, dismiss
from inbox.actions.reacting import react
from inbox.actions.touching import summary
from inbox.forms import ReactionForm
from inbox.presenting.reactions import TAPBACKS

from .messages import acted, say
from .panes import render_pane

if TYPE_CHECKING:
    from django.http import HttpResponse

    from sendblue_inbox.login import AgentRequest

OUT_OF_DATE = "The page is out of date. Reload it and try again."


@require_POST
def reactions(request: AgentRequest, pk: int) -> HttpResponse:
    """Put a tapback on a message of the thread, or on a part of it."""
    thread = thread_for(request.user, pk)
    form = ReactionForm(request.POST, thread=thread)
    if not form.is_valid():
        return say(request, thread, OUT_OF_DATE)
    given = form.cleaned_data
    try:
        react(
            given["message"],
            author=request.user,
            client_ref=given["client_ref"],
            reaction=given["reaction"],
            part_index=given["part_index"] or 0,
        )
    except Refused as refusal:
        return say(request, thread, str(refusal))
    return acted(request, thread)


@require_POST
def dismissal(request: AgentRequest, pk: int) -> HttpResponse:
    """Let a failed or unknown send be."""
    message = message_for(request.user, pk)
    try:
        dismiss(message, by=request.user)
    except Refused as refusal:
        return say(request, message.thread, str(refusal))
    return acted(request, message.thread)


@require_GET
def message(request: AgentRequest, pk: int) -> HttpResponse:
    """One message with everything that can be done with it."""
    found = message_for(request.user, pk)
    context = {
        "thread": found.thread,
        "message": found,
        "words": summary(found),
        "lacks": lack_of(found),
        "tapbacks": TAPBACKS,
        "client_ref": uuid.uuid4(),
    }
    return render_pane(request, "inbox/_pane_message.html", context, selected=found.thread_id)
