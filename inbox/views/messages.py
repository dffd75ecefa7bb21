"""Messages of an open thread: more of them, what changed, and sending."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from django.contrib import messages as notices
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST
from django_htmx.http import trigger_client_event

from inbox.access import message_for, thread_for
from inbox.actions.queueing import (
    Refused,
    cancel_queued,
    mark_as_sent,
    queue_message,
    send_again,
)
from inbox.forms import ComposerForm, WordsForm
from inbox.queries import changes_since

from .conversation import as_bubbles, conversation, page_again, page_of, standing
from .panes import render_pane

if TYPE_CHECKING:
    from inbox.models import Thread
    from sendblue_inbox.login import AgentRequest

# The open thread asks for its changes when it hears this.
ACTED = "thread-acted"


def thread_messages(request: AgentRequest, pk: int) -> HttpResponse:
    """GET: a further page of bubbles. POST: send."""
    return send(request, pk) if request.method == "POST" else more_messages(request, pk)


@require_GET
def more_messages(request: AgentRequest, pk: int) -> HttpResponse:
    """The bubbles before, after or around a place, with the buttons for the ones beyond."""
    thread = thread_for(request.user, pk)
    context = page_of(request, thread) | {"thread": thread, "is_after": "after" in request.GET}
    template = "inbox/_messages.html" if "at" in request.GET else "inbox/_more_messages.html"
    return render(request, template, context)


@require_GET
def changes(request: AgentRequest, pk: int) -> HttpResponse:
    """What is new or different since the cursor of the screen, as fragments."""
    thread = thread_for(request.user, pk)
    if thread.pk != pk:
        # It has become part of another: the screen goes there, with what is being written.
        there = {"thread": thread.pk, "url": reverse("inbox:thread", args=[thread.pk])}
        return trigger_client_event(HttpResponse(status=204), "thread-joined", there)
    text = request.GET.get("since", "")
    since = int(text) if text.isascii() and text.isdigit() and len(text) < 19 else 0
    found = changes_since(thread, since)
    context: dict[str, Any] = {"changes": found} | standing(request, thread)
    if found.is_reset:
        context |= page_again(request, thread)
    else:
        context |= {
            "added": as_bubbles(request, thread, found.added),
            "changed": as_bubbles(request, thread, found.changed),
        }
    return render(request, "inbox/_changes.html", context)


@require_POST
def send(request: AgentRequest, pk: int) -> HttpResponse:
    """Queue what the agent wrote; a refusal stands beside the composer, with the draft."""
    thread = thread_for(request.user, pk)
    form = ComposerForm(request.POST, thread=thread, user=request.user)
    if not form.is_valid():
        return _refused(request, thread, "The page is out of date. Reload it and send again.")
    try:
        queue_message(thread, author=request.user, **form.draft())
    except Refused as refusal:
        return _refused(request, thread, str(refusal))
    return acted(request, thread)


@require_POST
def again(request: AgentRequest, pk: int) -> HttpResponse:
    """Another attempt for a message that failed or whose fate nobody knows."""
    message = message_for(request.user, pk)
    form = WordsForm(request.POST)
    client_ref = form.cleaned_data["client_ref"] if form.is_valid() else uuid4()
    try:
        send_again(message, author=request.user, client_ref=client_ref)
    except Refused as refusal:
        return say(request, message.thread, str(refusal))
    return acted(request, message.thread)


@require_POST
def sent(request: AgentRequest, pk: int) -> HttpResponse:
    """A person saw on the phone that the message was sent."""
    message = message_for(request.user, pk)
    try:
        mark_as_sent(message, by=request.user)
    except Refused as refusal:
        return say(request, message.thread, str(refusal))
    return acted(request, message.thread)


@require_POST
def cancellation(request: AgentRequest, pk: int) -> HttpResponse:
    """Take back a message that still waits; its words return to the composer."""
    message = message_for(request.user, pk)
    try:
        words = cancel_queued(message)
    except Refused as refusal:
        return say(request, message.thread, str(refusal))
    response = acted(request, message.thread, draft=words)
    if request.htmx:
        trigger_client_event(response, "draft-returned", {"content": words})
    return response


def acted(request: AgentRequest, thread: Thread, *, draft: str = "") -> HttpResponse:
    """Nothing to show but what the thread itself says: the screen asks for its changes."""
    if request.htmx:
        return trigger_client_event(HttpResponse(status=204), ACTED, {})
    if draft:
        return _page(request, thread, draft=draft)
    return redirect("inbox:thread", thread.pk)


def _refused(request: AgentRequest, thread: Thread, error: str) -> HttpResponse:
    if request.htmx:
        return render(request, "inbox/_composer_error.html", {"error": error}, status=422)
    return _page(request, thread, draft=request.POST.get("content", ""), error=error, status=422)


def _page(
    request: AgentRequest, thread: Thread, *, draft: str, error: str = "", status: int = 200
) -> HttpResponse:
    context = conversation(request, thread) | {"draft": draft, "error": error}
    template = "inbox/_pane_thread.html"
    return render_pane(request, template, context, selected=thread.pk, status=status)


def say(request: AgentRequest, thread: Thread, text: str) -> HttpResponse:
    """Nothing was done, and why; the screen asks for what is different by now."""
    if request.htmx:
        response = HttpResponse(status=409)
        response["HX-Trigger"] = json.dumps({"toast": {"text": text}, ACTED: {}})
        return response
    notices.warning(request, text)
    return redirect("inbox:thread", thread.pk)
