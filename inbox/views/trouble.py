"""What did not arrive, across all threads: one list, and what can be done about many at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import uuid4, uuid5

from django.contrib import messages as notices
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_GET, require_POST

from inbox.access import lines_of, messages_of
from inbox.actions.queueing import Refused, dismiss, mark_as_sent, send_again
from inbox.forms import SettlingForm, TroubleForm
from inbox.models import SendState
from inbox.presenting.troubles import Row
from inbox.queries import trouble_page
from sendblue_inbox.keyset import Place

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpRequest, HttpResponse

    from inbox.models import Message
    from sendblue_inbox.login import AgentRequest


@require_GET
def trouble(request: AgentRequest) -> HttpResponse:
    """A page of them, newest first."""
    return render(request, "inbox/trouble.html", _listed(request))


@require_GET
def trouble_list(request: AgentRequest) -> HttpResponse:
    """The same page's rows, for a screen that is there already."""
    return render(request, "inbox/_trouble_list.html", _listed(request))


@require_GET
def badge(request: HttpRequest) -> HttpResponse:
    """How many there are, for the rail of every page."""
    return render(request, "inbox/_trouble_badge.html")


@require_POST
def attempts(request: AgentRequest) -> HttpResponse:
    """A new attempt for each chosen message. Asks first where one may have been sent."""
    form = SettlingForm(request.POST)
    chosen = _chosen(request, form)
    doubtful = [Row(message) for message in chosen if message.send_state == SendState.UNKNOWN]
    if doubtful and not form.cleaned_data["confirmed"]:
        context = {"doubtful": doubtful, "chosen": chosen, "form": form, "ref": form.again_ref()}
        return render(request, "inbox/trouble_attempts.html", context)

    ref = form.again_ref()

    def again(message: Message) -> object:
        client_ref = uuid5(ref, str(message.pk))
        return send_again(message, author=request.user, client_ref=client_ref)

    return _settle(request, form, chosen, again, "sent again")


@require_POST
def marks(request: AgentRequest) -> HttpResponse:
    """Somebody saw the chosen messages on the phones."""
    form = SettlingForm(request.POST)

    def mark(message: Message) -> object:
        return mark_as_sent(message, by=request.user)

    return _settle(request, form, _chosen(request, form), mark, "marked as sent")


@require_POST
def dismissals(request: AgentRequest) -> HttpResponse:
    """The chosen messages need nothing more."""
    form = SettlingForm(request.POST)

    def let_be(message: Message) -> object:
        return dismiss(message, by=request.user)

    return _settle(request, form, _chosen(request, form), let_be, "dismissed")


def _listed(request: AgentRequest) -> dict[str, Any]:
    form = TroubleForm(request.GET)
    filters = form.filters()
    before = Place.parse(request.GET.get("before", ""))
    rows, older = trouble_page(
        messages_of(request.user), kind=filters["kind"], line=filters["line"], before=before
    )
    return {
        "rows": [Row(message) for message in rows],
        "older": older,
        "is_first": before is None,
        "filters": filters,
        "kinds": form.KINDS,
        "lines": list(lines_of(request.user).order_by("name", "number")),
        "ref": uuid4(),
    }


def _chosen(request: AgentRequest, form: SettlingForm) -> list[Message]:
    form.full_clean()
    found = messages_of(request.user).filter(pk__in=form.chosen())
    threads = found.select_related("thread__line", "thread__contact", "author")
    return list(threads.order_by("date_sent", "pk"))


def _settle(
    request: AgentRequest,
    form: SettlingForm,
    chosen: list[Message],
    act: Callable[[Message], object],
    done: str,
) -> HttpResponse:
    """Do it to each and say what came of it; what is refused stays in the list."""
    refusals: list[str] = []
    for message in chosen:
        try:
            act(message)
        except Refused as refusal:
            refusals.append(f"{message.thread.title}: {refusal}")
    count = len(chosen) - len(refusals)
    if count:
        notices.info(request, f"{count} {'message' if count == 1 else 'messages'} {done}.")
    for words in refusals[:3]:
        notices.warning(request, words)
    if len(refusals) > 3:
        notices.warning(request, f"And {len(refusals) - 3} more could not be {done}.")
    if not chosen:
        notices.info(request, "Choose at least one message first.")
    kept = {name: value for name, value in form.filters().items() if value}
    return redirect(reverse("inbox:trouble") + (f"?{urlencode(kept)}" if kept else ""))
