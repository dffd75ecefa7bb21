"""Where Sendblue's deliveries arrive: authenticate, keep, answer. No meaning is read here."""

from __future__ import annotations

import json
import logging
import secrets
from typing import TYPE_CHECKING

import orjson
from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.db import DatabaseError, InterfaceError
from django.http import HttpResponse
from django.views.decorators.csrf import csrf_exempt

from inbox.actions.sending import is_callback_token
from sendblue_inbox.sendblue.terms import WEBHOOK_KINDS
from webhooks_admin.actions.receiving import receive_event

if TYPE_CHECKING:
    from django.http import HttpRequest

MAX_BODY_BYTES = 1_000_000
DATABASE_ERRORS = (DatabaseError, InterfaceError)
SECRET_HEADER = "HTTP_SB_SIGNING_SECRET"
logger = logging.getLogger(__name__)


@csrf_exempt
@login_not_required
def event(request: HttpRequest, kind: str) -> HttpResponse:
    """An account webhook. 200 only once its row is committed, also for repeats."""
    if kind not in WEBHOOK_KINDS:
        return answer(404, "There is no webhook of this kind.")
    if not has_secret(request):
        logger.warning("webhook refused: wrong or missing secret", extra={"kind": kind})
        return answer(401, "The header sb-signing-secret is wrong or missing.")
    return keep(request, kind=kind)


@csrf_exempt
@login_not_required
def status(request: HttpRequest, token: str) -> HttpResponse:
    """A status callback of one message. Its address is the only proof (contract, section 3.1)."""
    try:
        is_known = is_callback_token(token)
    except DATABASE_ERRORS:
        return come_back("status")
    if not is_known:
        return answer(404, "There is no message with this callback.")
    return keep(request, kind="status", token=token)


def keep(request: HttpRequest, *, kind: str, token: str = "") -> HttpResponse:
    """Check the form of a delivery and commit it; the answers are those of docs/operating.md."""
    if request.method != "POST":
        return answer(405, "Deliveries are POSTed.")
    if request.headers.get("Content-Encoding") or not is_json(request.content_type or ""):
        return answer(415, "Send the body as plain application/json.")
    body = read_body(request)
    if body is None:
        return answer(413, "The body is larger than 1 MB.")
    if not is_json_object(body):
        return answer(400, "The body is not a JSON object.")
    try:
        receive_event(kind=kind, token=token, body=body, headers=request.headers)
    except DATABASE_ERRORS:
        return come_back(kind)
    return answer(200, "Kept.")


def come_back(kind: str) -> HttpResponse:
    """Nothing was kept: Sendblue shall deliver it again. Call it while handling the error."""
    logger.exception("webhook not kept: the database is away", extra={"kind": kind})
    return answer(503, "Cannot keep this now. Send it again.", {"Retry-After": "5"})


def has_secret(request: HttpRequest) -> bool:
    """Whether the request carries one of our secrets; compared in constant time."""
    given = request.META.get(SECRET_HEADER, "").encode("utf-8", "surrogateescape")
    # No early end: the time must not tell which of several secrets was nearly right.
    found = [
        secrets.compare_digest(given, secret.encode())
        for secret in settings.SENDBLUE_WEBHOOK_SECRETS
    ]
    return any(found)


def is_json(content_type: str) -> bool:
    """Whether the type says JSON (RFC 6839 for `+json`)."""
    return content_type == "application/json" or content_type.endswith("+json")


def read_body(request: HttpRequest) -> bytes | None:
    """The body, or None where it is too large, whatever its Content-Length says."""
    body = request.read(MAX_BODY_BYTES + 1)
    return body if len(body) <= MAX_BODY_BYTES else None


def is_json_object(body: bytes) -> bool:
    """Whether the body is one JSON object.

    orjson refuses lone surrogates, which phones do send; then the lenient parser decides.
    """
    try:
        return isinstance(orjson.loads(body), dict)
    except orjson.JSONDecodeError:
        pass
    try:
        return isinstance(json.loads(body.decode("utf-8", "replace")), dict)
    except (ValueError, RecursionError):
        return False


def answer(status: int, words: str, headers: dict[str, str] | None = None) -> HttpResponse:
    """A short plain answer."""
    return HttpResponse(words, status=status, content_type="text/plain", headers=headers)
