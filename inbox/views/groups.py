"""A group: its name, its picture, its people. What was asked for stands in the timeline."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID, uuid4

from django.contrib import messages as notices
from django.core.files.storage import default_storage
from django.http import FileResponse, Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from inbox.access import lines_of, message_for, thread_for
from inbox.actions.group_reading import ask
from inbox.actions.grouping import add_person, photograph, remove_person, rename, try_from
from inbox.actions.queueing import Refused
from inbox.forms import GroupPhotoForm, RefForm

from .messages import acted

if TYPE_CHECKING:
    from collections.abc import Callable

    from inbox.models import Thread
    from sendblue_inbox.login import AgentRequest

# The address changes with the picture.
A_YEAR = "private, max-age=31536000, immutable"


@require_POST
def name(request: AgentRequest, pk: int) -> HttpResponse:
    """Ask for another name."""
    text = request.POST.get("name", "")
    return _change(
        request,
        pk,
        lambda thread, ref: rename(thread, text, author=request.user, client_ref=ref),
    )


@require_http_methods(["GET", "POST"])
def photo(request: AgentRequest, pk: int) -> HttpResponse | FileResponse:
    """GET: our copy of the picture. POST: ask for another one, or for none."""
    if request.method == "GET":
        return _picture(request, pk)
    form = GroupPhotoForm(request.POST, request.FILES)
    if not form.is_valid():
        return _refused(request, thread_for(request.user, pk), "Choose a picture first.")
    file = None if form.cleaned_data["remove"] else form.cleaned_data["photo"]
    return _change(
        request,
        pk,
        lambda thread, ref: photograph(thread, file, author=request.user, client_ref=ref),
    )


@require_POST
def people(request: AgentRequest, pk: int) -> HttpResponse:
    """Ask for one person more."""
    number = request.POST.get("number", "")
    return _change(
        request,
        pk,
        lambda thread, ref: add_person(thread, number, author=request.user, client_ref=ref),
    )


@require_POST
def removal(request: AgentRequest, pk: int, contact_pk: int) -> HttpResponse:
    """Ask for one person less."""

    def ask_for_it(thread: Thread, ref: UUID) -> object:
        contact = get_object_or_404(thread.participants, pk=contact_pk)
        return remove_person(thread, contact, author=request.user, client_ref=ref)

    return _change(request, pk, ask_for_it)


@require_POST
def reading(request: AgentRequest, pk: int) -> HttpResponse:
    """Ask Sendblue what the group is like now."""
    thread = thread_for(request.user, pk)
    ask(thread)
    return acted(request, thread)


@require_POST
def line(request: AgentRequest, pk: int) -> HttpResponse:
    """Try a refused change again, as another of our lines."""
    message = message_for(request.user, pk)
    text = request.POST.get("line", "")
    chosen = get_object_or_404(lines_of(request.user), pk=int(text) if text.isdecimal() else 0)
    return _change(
        request,
        message.thread_id,
        lambda _thread, ref: try_from(message, chosen, author=request.user, client_ref=ref),
    )


def _change(
    request: AgentRequest, pk: int, change: Callable[[Thread, UUID], object]
) -> HttpResponse:
    thread = thread_for(request.user, pk)
    form = RefForm(request.POST)
    ref = form.cleaned_data["client_ref"] if form.is_valid() else uuid4()
    try:
        change(thread, ref)
    except Refused as refusal:
        return _refused(request, thread, str(refusal))
    return acted(request, thread)


def _refused(request: AgentRequest, thread: Thread, error: str) -> HttpResponse:
    if request.htmx:
        return render(request, "inbox/_group_error.html", {"error": error}, status=422)
    notices.warning(request, error)
    return redirect("inbox:thread", thread.pk)


def _picture(request: AgentRequest, pk: int) -> FileResponse:
    thread = thread_for(request.user, pk)
    if not thread.group_photo or not default_storage.exists(thread.group_photo):
        raise Http404
    # Written by our own encoder, whatever came: see inbox/media.
    response = FileResponse(default_storage.open(thread.group_photo), content_type="image/webp")
    response["Cache-Control"] = A_YEAR
    return response
