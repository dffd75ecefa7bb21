"""Files: served to those who may see their thread, chosen to be sent, and how many are safe."""

from __future__ import annotations

import asyncio
import re
from typing import IO, TYPE_CHECKING
from urllib.parse import unquote

from django.core.files.storage import default_storage
from django.http import HttpResponse, JsonResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST, require_safe

from inbox.access import file_for, thread_for
from inbox.actions.fetching import try_now
from inbox.actions.forecasting import outlook_of
from inbox.actions.uploading import FileRefused, add_draft, drafts_of, drop_draft
from inbox.media.names import content_disposition
from inbox.media.sniffing import INLINE
from inbox.presenting.files import ShownFile, draft_as_json
from inbox.vault import files_at_risk, vault_summary

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from django.http import HttpRequest

    from sendblue_inbox.login import AgentRequest

_CHUNK = 256 * 1024
_RANGE = re.compile(r"bytes=(\d*)-(\d*)")
# Nothing in a file may run or load anything, wherever it is opened. Chromium shows a bare picture
# or film as a page that loads it from this very address.
_POLICY = "default-src 'none'; sandbox"
_POLICY_INLINE = "default-src 'none'; img-src 'self'; media-src 'self'; sandbox"


@require_safe
def file(request: AgentRequest, key: str, name: str) -> HttpResponse | StreamingHttpResponse:
    """The file itself: shown where that is harmless, downloaded otherwise."""
    found = file_for(request.user, key, stored=True)
    return _served(
        request, found.stored_as, found.content_type, found.name, wants_download="dl" in request.GET
    )


@require_safe
def preview(request: AgentRequest, key: str, name: str) -> HttpResponse | StreamingHttpResponse:
    """The small picture of a picture, or the playable form of a voice note."""
    found = file_for(request.user, key, previewed=True)
    shown = ShownFile(found)
    return _served(request, found.preview_as, shown.preview_type, shown.preview_name)


@require_POST
def add_file(request: AgentRequest, pk: int) -> HttpResponse:
    """Take one file for the next message of a thread; answers with how to show it."""
    thread = thread_for(request.user, pk)
    given = request.FILES.get("file")
    if given is None or given.file is None:
        return JsonResponse({"error": "No file came with the request."}, status=400)
    try:
        draft = add_draft(
            thread, uploader=request.user, content=given.file, name=unquote(given.name or "")
        )
    except FileRefused as refusal:
        return JsonResponse({"error": str(refusal)}, status=422)
    service = outlook_of(thread).forecast.service
    return JsonResponse(draft_as_json(draft, service), status=201)


@require_GET
def drafts(request: AgentRequest, pk: int) -> HttpResponse:
    """The files that the agent has chosen for the next message of a thread."""
    thread = thread_for(request.user, pk)
    chosen = [ShownFile(file) for file in drafts_of(thread, request.user)]
    return render(request, "inbox/_draft_files.html", {"thread": thread, "drafts": chosen})


@require_POST
def remove(request: AgentRequest, key: str) -> HttpResponse:
    """Take away a file that was chosen and not sent."""
    found = file_for(request.user, key)
    if found.uploader_id == request.user.pk:
        drop_draft(found)
    return HttpResponse(status=204)


@require_POST
def retry(request: AgentRequest, key: str) -> HttpResponse:
    """Try at once to copy a file that is not safe."""
    try_now(file_for(request.user, key))
    return redirect("inbox:vault")


@require_GET
def vault(request: AgentRequest) -> HttpResponse:
    """How many files are safe, and what is the matter with the others."""
    at_risk = [ShownFile(file) for file in files_at_risk()]
    context = {"summary": vault_summary(), "at_risk": at_risk}
    template = "inbox/_vault.html" if request.htmx else "inbox/vault.html"
    return render(request, template, context)


def _served(
    request: HttpRequest, stored: str, content_type: str, name: str, *, wants_download: bool = False
) -> HttpResponse | StreamingHttpResponse:
    """A stored content with all its headers; whole, in part, or not at all (RFC 9110, 13 to 14)."""
    is_inline = content_type in INLINE and not wants_download
    etag = f'"{stored.rpartition("/")[2]}"'  # the content's own hash
    if etag in request.headers.get("If-None-Match", ""):
        return _with_headers(HttpResponse(status=304), etag, name, inline=is_inline)
    size = default_storage.size(stored)
    part = _asked_part(request, etag, size)
    response: HttpResponse | StreamingHttpResponse
    if part is None:
        response = HttpResponse(status=416, headers={"Content-Range": f"bytes */{size}"})
        return _with_headers(response, etag, name, inline=is_inline)
    if request.method == "HEAD":
        response = HttpResponse()
    else:
        content = default_storage.open(stored, "rb")
        content.seek(part.start)
        response = StreamingHttpResponse(_pieces(content, len(part)))
    if len(part) < size:
        response.status_code = 206
        response["Content-Range"] = f"bytes {part.start}-{part.stop - 1}/{size}"
    response["Content-Length"] = str(len(part))
    response["Content-Type"] = content_type
    return _with_headers(response, etag, name, inline=is_inline)


def _with_headers(
    response: HttpResponse | StreamingHttpResponse, etag: str, name: str, *, inline: bool
) -> HttpResponse | StreamingHttpResponse:
    response["ETag"] = etag
    response["Accept-Ranges"] = "bytes"
    response["Cache-Control"] = "private, max-age=31536000, immutable"
    response["Content-Disposition"] = content_disposition(name, inline=inline)
    response["Content-Security-Policy"] = _POLICY_INLINE if inline else _POLICY
    response["Cross-Origin-Resource-Policy"] = "same-origin"
    response["X-Content-Type-Options"] = "nosniff"
    return response


def _asked_part(request: HttpRequest, etag: str, size: int) -> range | None:
    """The bytes that are asked for; None where there are no such ones. Several ranges are all."""
    found = _RANGE.fullmatch(request.headers.get("Range", "").replace(" ", ""))
    if found is None or not any(found.groups()) or len(found[0]) > 50:
        return range(size)
    if request.headers.get("If-Range", etag) != etag:
        return range(size)
    first, last = found[1], found[2]
    if not first:
        return range(max(size - int(last), 0), size) if int(last) and size else None
    if int(first) >= size or (last and int(last) < int(first)):
        return range(size) if last and int(last) < int(first) else None
    return range(int(first), min(int(last) + 1, size) if last else size)


async def _pieces(content: IO[bytes], count: int) -> AsyncIterator[bytes]:
    """So many bytes of a file, read beside the event loop."""
    try:
        while count > 0 and (chunk := await asyncio.to_thread(content.read, min(_CHUNK, count))):
            count -= len(chunk)
            yield chunk
    finally:
        content.close()
