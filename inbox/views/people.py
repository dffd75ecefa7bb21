"""What the inbox adds to a contact's card: conversations, the service, and where words stand."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlencode

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from contacts.access import contact_for
from inbox.access import messages_of, threads_of
from inbox.actions.forecasting import outlook_for
from inbox.actions.looking_up import look_up
from inbox.queries import threads_with

if TYPE_CHECKING:
    from contacts.models import Contact
    from sendblue_inbox.login import AgentRequest


@require_GET
def person_threads(request: AgentRequest, pk: int) -> HttpResponse:
    """The newest conversations of a contact, and which service reaches them."""
    return _threads(request, contact_for(request.user, pk))


@require_POST
def lookup(request: AgentRequest, pk: int) -> HttpResponse:
    """Ask Sendblue which service reaches them; 30 an hour are allowed (contract 1.6)."""
    found = contact_for(request.user, pk)
    is_asked = look_up(found.number, is_pressed=True)
    if not request.htmx:
        return redirect("contacts:contact", found.pk)
    return _threads(request, found, is_asked=is_asked)


@require_GET
def person_conversation(request: AgentRequest, pk: int) -> HttpResponse:
    """To write to somebody: their newest conversation, or a new one."""
    found = contact_for(request.user, pk)
    alone = threads_of(request.user).filter(contact=found).order_by("-last_message_at")
    newest = alone.first()
    if newest:
        return redirect("inbox:thread", newest.pk)
    asked = urlencode({"number": found.number})
    return redirect(f"{reverse('inbox:new_thread')}?{asked}")


@require_GET
def message_by_handle(request: AgentRequest) -> HttpResponse:
    """The bubble of the message with that handle, in its conversation."""
    handle = request.GET.get("handle", "").replace("\x00", "")
    found = messages_of(request.user).filter(message_handle=handle).first() if handle else None
    if found is None:
        raise Http404
    address = reverse("inbox:thread", args=[found.thread_id])
    return redirect(f"{address}?at={found.pk}#message-{found.pk}")


def _threads(request: AgentRequest, found: Contact, *, is_asked: bool = True) -> HttpResponse:
    context = {
        "contact": found,
        "threads": threads_with(threads_of(request.user), found, user=request.user),
        "outlook": outlook_for(found.number),
        "is_asked": is_asked,
    }
    return render(request, "inbox/_person_threads.html", context)
