"""One act on many contacts: asked, confirmed by its count, watched, cancelled, undone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import messages as notices
from django.core.exceptions import PermissionDenied
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from contacts.access import contacts_of
from contacts.actions.jobs import Refused, cancel_job, go_on, start_job, undo_job
from contacts.filtering import ContactFilter
from contacts.job_forms import JobForm
from contacts.job_queries import items_page, jobs_page
from contacts.models import BulkJob, Label
from contacts.presenting.jobs import (
    CONSEQUENCES,
    OUTCOMES,
    answer,
    heading_of,
    progress_of,
    question,
    time_at_sendblue,
    title_of,
    warning_of,
    who,
)
from sendblue_inbox.models import User
from sendblue_inbox.roles import REFUSAL, Role, needs

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from sendblue_inbox.login import AgentRequest

NAMED = 3  # of a selection, on the page that asks
OFFERED = 500  # tags in use


@require_http_methods(["GET", "HEAD", "POST"])
def jobs(request: AgentRequest) -> HttpResponse:
    """The jobs, newest first; a POST asks for one, and starts it when it is confirmed."""
    if request.method == "POST":
        if not request.user.may(Role.MANAGER):
            raise PermissionDenied(REFUSAL)
        return _ask(request)
    return render(request, "contacts/jobs.html", _listed(request))


@require_GET
def jobs_list(request: AgentRequest) -> HttpResponse:
    """The same page's rows, for a screen that is there already."""
    return render(request, "contacts/_job_list.html", _listed(request))


@require_GET
def job(request: AgentRequest, pk: int) -> HttpResponse:
    """One job: how far it is, and what came of each contact."""
    return render(request, "contacts/job.html", _shown(request, pk))


@require_GET
def job_progress(request: AgentRequest, pk: int) -> HttpResponse:
    """The same, for a screen that is there already."""
    return render(request, "contacts/_job.html", _shown(request, pk))


@require_POST
@needs(Role.MANAGER)
def confirmation(request: AgentRequest, pk: int) -> HttpResponse:
    """The agent agrees to the count that was found."""
    go_on(_job(pk))
    return redirect("contacts:job", pk)


@require_POST
@needs(Role.MANAGER)
def cancellation(request: AgentRequest, pk: int) -> HttpResponse:
    """Leave the rest as it is."""
    cancel_job(_job(pk))
    return redirect("contacts:job", pk)


@require_POST
@needs(Role.MANAGER)
def undo(request: AgentRequest, pk: int) -> HttpResponse:
    """Take back what the job did: a job of its own."""
    try:
        undone = undo_job(_job(pk), author=request.user)
    except Refused as refusal:
        notices.warning(request, str(refusal))
        return redirect("contacts:job", pk)
    return redirect("contacts:job", undone.pk)


def _ask(request: AgentRequest) -> HttpResponse:
    form = JobForm(request.POST)
    is_right, pks = form.is_valid(), form.pks()
    if "kind" in form.errors or not (pks or form.takes_all):
        notices.warning(request, "Choose at least one contact first.")
        return redirect("contacts:contacts")
    given = form.cleaned_data
    if is_right and given["confirmed"] and given["count"]:
        try:
            started = start_job(
                author=request.user,
                kind=given["kind"],
                argument=given["argument"],
                pks=pks,
                query=given["query"] if form.takes_all else None,
                confirmed_count=given["count"],
                token=given["token"],
            )
        except Refused as refusal:
            notices.warning(request, str(refusal))
            return redirect("contacts:contacts")
        return redirect("contacts:job", started.pk)
    return render(request, "contacts/job_question.html", _question(request, form, pks))


def _question(request: AgentRequest, form: JobForm, pks: list[int]) -> dict[str, Any]:
    given = form.cleaned_data
    kind, told = BulkJob.Kind(given["kind"]), given.get("count")
    asked = ContactFilter.parse(given.get("query", "")) if form.takes_all else None
    found = asked.contacts() if asked else contacts_of(request.user).filter(pk__in=pks)
    count = found.count()
    return {
        "form": form,
        "kind": kind,
        "pks": ",".join(map(str, pks)),
        "asked": asked,
        "named": [] if asked else found.order_by("sort_name", "pk")[:NAMED],
        "more": count - NAMED,
        "count": count,
        "told": told if asked and told is not None and told != count else None,
        "heading": question(kind, count),
        "answer": answer(kind, count),
        "warning": warning_of(kind, count),
        "consequences": CONSEQUENCES[kind],
        "time": time_at_sendblue(kind, count),
        "argument": form["argument"].value() or "",
        "error": form.errors.get("argument") if given["confirmed"] else None,
        "assignees": _assignees(),
        "tags": Label.objects.filter(kind=Label.Kind.TAG).order_by("name")[:OFFERED],
    }


def _listed(request: HttpRequest) -> dict[str, Any]:
    before = _key(request.GET.get("before", ""))
    found, older = jobs_page(before=before)
    assignees = _assignees()
    rows = [{"job": job, "title": title_of(job, assignees), "who": who(job)} for job in found]
    return {"rows": rows, "older": older, "is_first": before is None}


def _shown(request: HttpRequest, pk: int) -> dict[str, Any]:
    found = _job(pk)
    outcome = request.GET.get("outcome", "")
    after = _key(request.GET.get("after", "")) or 0
    items, following = items_page(
        found, outcome=outcome if outcome in OUTCOMES else "", after=after
    )
    return {
        "job": found,
        "title": heading_of(found, _assignees()),
        "who": who(found),
        "progress": progress_of(found),
        "items": items,
        "outcome": outcome,
        "following": following,
        "is_first": after == 0,
    }


def _job(pk: int) -> BulkJob:
    return get_object_or_404(BulkJob.objects.select_related("author", "undoes"), pk=pk)


def _assignees() -> dict[str, str]:
    """The names of the team by their addresses."""
    return {user.email: str(user) for user in User.objects.filter(is_active=True).order_by("pk")}


def _key(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 18 else None
