"""Lists of people taken out as files."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from django.http import StreamingHttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods

from contacts.actions.exporting import export_pieces, start_export
from contacts.filtering import ContactFilter
from contacts.presenting.exports import export_rows
from sendblue_inbox.roles import Role, needs

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Generator

    from django.http import HttpResponse

    from sendblue_inbox.login import AgentRequest


@require_http_methods(["GET", "HEAD", "POST"])
@needs(Role.MANAGER)
def exports(request: AgentRequest) -> HttpResponse | StreamingHttpResponse:
    """What went out, and what would go out now; a POST takes it."""
    if request.method == "POST":
        return _download(request)
    asked = ContactFilter.parse(request.GET)
    context = _listed() | {"asked": asked, "count": asked.count()}
    return render(request, "contacts/exports.html", context)


@require_GET
@needs(Role.MANAGER)
def export_list(request: AgentRequest) -> HttpResponse:
    """The same page's rows, for a screen that is there already."""
    return render(request, "contacts/_export_list.html", _listed())


def _listed() -> dict[str, Any]:
    return {"exports": export_rows()}


def _download(request: AgentRequest) -> StreamingHttpResponse:
    export = start_export(author=request.user, query=request.POST.get("query", ""))
    name = f"contacts-{timezone.localdate():%Y-%m-%d}-{export.pk}.csv"
    pieces = export_pieces(export, for_excel="for_excel" in request.POST)
    return StreamingHttpResponse(
        _from_a_thread(pieces),
        content_type="text/csv; charset=utf-8",
        headers={
            "Content-Disposition": f'attachment; filename="{name}"',
            "Cache-Control": "private, no-store",
        },
    )


async def _from_a_thread(pieces: Generator[bytes, None, None]) -> AsyncIterator[bytes]:
    """The pieces, each made by one thread that is theirs alone; closed there as well."""
    thread, loop = ThreadPoolExecutor(1, "export"), asyncio.get_running_loop()
    try:
        while piece := await loop.run_in_executor(thread, next, pieces, b""):
            yield piece
    finally:
        thread.submit(pieces.close)
        thread.shutdown(wait=False)
