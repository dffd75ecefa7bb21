"""The pages of one-time codes. No answer of theirs may be kept by anything on its way."""

from __future__ import annotations

from dataclasses import dataclass
from functools import wraps
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import quote

from django.contrib import messages
from django.http import Http404, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe
from django.views.defaults import page_not_found

from sendblue_inbox.login import is_by_script, recent_login
from sendblue_inbox.roles import Role, needs
from sendblue_inbox.sendblue.errors import SendblueError
from webhooks_admin import totp_log
from webhooks_admin.actions import totp
from webhooks_admin.forms import SecretForm
from webhooks_admin.models import TotpAccess
from webhooks_admin.otpauth import NewSecret, Unreadable, read_address

if TYPE_CHECKING:
    from collections.abc import Callable

    from sendblue_inbox.login import AgentRequest
    from sendblue_inbox.sendblue.payloads import TotpSecret

View = TypeVar("View", bound="Callable[..., Any]")
# Sendblue's failure, not ours: a proxy would put its own page in the place of a 502.
FAILED_THERE = 424


def unkept(view: View) -> View:
    """Have no cache keep what the view answers, its 404 included."""

    @wraps(view)
    def answer(request: AgentRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            response = view(request, *args, **kwargs)
        except Http404 as error:
            response = page_not_found(request, error)
        response["Cache-Control"] = "no-store"
        return response

    return answer  # type: ignore[return-value]


@dataclass(frozen=True, slots=True)
class Row:
    """A secret in the list, who besides administrators may use it, and its last use."""

    secret: TotpSecret
    sharing: str
    last_use: totp_log.Entry | None


@needs(Role.AGENT)
@unkept
@require_safe
def secrets(request: AgentRequest) -> HttpResponse:
    """The secrets whose codes this person may see, without any code."""
    context: dict[str, object] = {}
    try:
        found = totp.list_secrets(request.user)
    except SendblueError as error:
        context["trouble"] = totp.explain(error)
    else:
        ids = [secret.id for secret in found]
        shared = TotpAccess.objects.prefetch_related("users").in_bulk(ids, field_name="secret_id")
        used = totp_log.newest(ids)
        context["rows"] = [Row(one, sharing(shared[one.id]), used.get(one.id)) for one in found]
    return render(request, "webhooks_admin/totp.html", context)


@needs(Role.AGENT)
@unkept
@recent_login
@require_http_methods(["GET", "POST"])
def code(request: AgentRequest, secret_id: str) -> HttpResponse:
    """The code of this moment, as JSON for the page's script. GET is where somebody lands who had
    to show the password first: back to the secret in the list.
    """
    access = usable(request, secret_id)
    if request.method == "GET":
        return redirect(in_list(access))
    try:
        found = totp.current_code(access, request.user, request=request)
    except SendblueError as error:
        words = totp.explain(error)
        if is_by_script(request):
            return HttpResponse(words, status=FAILED_THERE, content_type="text/plain")
        messages.info(request, words)
        return redirect(in_list(access))
    if is_by_script(request):
        return JsonResponse({"code": found.code, "expires_in": found.expires_in})
    context = {"access": access, "digits": grouped(found.code), "expires_in": found.expires_in}
    return render(request, "webhooks_admin/totp_code.html", context)


@needs(Role.ADMINISTRATOR)
@unkept
@recent_login
@require_http_methods(["GET", "POST"])
def new(request: AgentRequest) -> HttpResponse:
    """Bring a secret, look at its parts, keep it at Sendblue. The last answer shows it, once."""
    if request.method == "GET":
        return render(request, "webhooks_admin/totp_new.html")
    if "form_key" not in request.POST:
        return look_at_parts(request)
    form = SecretForm(request.POST)
    if not form.is_valid():
        return render_parts(request, form, status=422)
    if not totp.is_first(request.user, form.cleaned_data["form_key"]):
        return render(request, "webhooks_admin/totp_unconfirmed.html", {"again": True}, status=409)
    brought = form.new_secret()
    try:
        made = totp.register(brought, request.user, request=request)
    except totp.Unconfirmed as lost:
        context = {"lost": lost, "brought": brought}
        return render(request, "webhooks_admin/totp_unconfirmed.html", context, status=FAILED_THERE)
    except SendblueError as error:
        words = totp.explain(error)
        return render_parts(request, SecretForm.showing(brought), words, status=FAILED_THERE)
    context = {"made": made, "grouped": grouped(made.secret, 4)}
    return render(request, "webhooks_admin/totp_created.html", context)


def look_at_parts(request: AgentRequest) -> HttpResponse:
    """The parts of an address, or empty ones to be filled in by hand, before anything is kept."""
    address = request.POST.get("uri", "")
    if "by_hand" in request.POST:
        return render_parts(request, SecretForm.showing(NewSecret(label="")))
    try:
        brought = read_address(address)
    except Unreadable as error:
        context = {"error": str(error), "address": address}
        return render(request, "webhooks_admin/totp_new.html", context, status=422)
    return render_parts(request, SecretForm.showing(brought))


def render_parts(
    request: AgentRequest, form: SecretForm, trouble: str = "", *, status: int = 200
) -> HttpResponse:
    """The page that shows what would be kept."""
    context = {"form": form, "trouble": trouble}
    return render(request, "webhooks_admin/totp_parts.html", context, status=status)


@needs(Role.ADMINISTRATOR)
@unkept
@recent_login
@require_http_methods(["GET", "POST"])
def deletion(request: AgentRequest, secret_id: str) -> HttpResponse:
    """Say what would be lost, and delete it after that."""
    access = usable(request, secret_id)
    context: dict[str, object] = {"access": access, "sharing": sharing(access)}
    if request.method == "POST":
        try:
            totp.delete(access, request.user, request=request)
        except SendblueError as error:
            context["trouble"] = totp.explain(error)
            return render(
                request, "webhooks_admin/totp_deletion.html", context, status=FAILED_THERE
            )
        messages.info(request, f"{access} is deleted. It gives no more codes.")
        return redirect("totp:secrets")
    return render(request, "webhooks_admin/totp_deletion.html", context)


@needs(Role.ADMINISTRATOR)
@unkept
@recent_login
@require_http_methods(["GET", "POST"])
def access(request: AgentRequest, secret_id: str) -> HttpResponse:
    """Who besides administrators may see the codes."""
    access = usable(request, secret_id)
    people = totp.people_to_grant()
    if request.method == "POST":
        chosen = set(request.POST.getlist("people"))
        totp.grant(
            access,
            request.user,
            roles=request.POST.getlist("roles"),
            people=[user for user in people if str(user.pk) in chosen],
            request=request,
        )
        messages.info(request, f"Saved who may use {access}.")
        return redirect(in_list(access))
    granted = set(access.users.values_list("pk", flat=True))
    context = {
        "access": access,
        "roles": [(role.value, role.label, role.value in access.roles) for role in access.Given],
        "people": [(user, user.pk in granted) for user in people],
    }
    return render(request, "webhooks_admin/totp_access.html", context)


@needs(Role.AGENT)
@unkept
@require_safe
def log(request: AgentRequest, secret_id: str) -> HttpResponse:
    """Who asked for codes of a secret and when, for all who may use it."""
    access = usable(request, secret_id)
    before = request.GET.get("before", "")
    is_number = before.isascii() and before.isdecimal() and len(before) < 19
    entries, older = totp_log.entries(secret_id, before=int(before) if is_number else None)
    context = {"access": access, "entries": entries, "older": older, "is_first": not is_number}
    return render(request, "webhooks_admin/totp_log.html", context)


def usable(request: AgentRequest, secret_id: str) -> TotpAccess:
    """The secret, where this person may see its codes; Http404 otherwise."""
    found = TotpAccess.objects.usable_by(request.user).filter(secret_id=secret_id).first()
    if found is None:
        raise Http404
    return found


def in_list(access: TotpAccess) -> str:
    """The secret in the list: its button, which takes the focus there."""
    return f"{reverse('totp:secrets')}#secret-{quote(access.secret_id)}"


def sharing(access: TotpAccess) -> str:
    """Who may use a secret, in a few words."""
    words = [role.label.lower() for role in access.Given if role.value in access.roles]
    if named := len(access.users.all()):
        words.append("1 person" if named == 1 else f"{named} people")
    return f"Administrators, {', '.join(words)}" if words else "Administrators only"


def grouped(text: str, size: int = 0) -> list[str]:
    """A code in two halves, a longer text in groups of `size`, for people who read it aloud."""
    size = size or -(-len(text) // 2)
    return [text[at : at + size] for at in range(0, len(text), size or 1)]
