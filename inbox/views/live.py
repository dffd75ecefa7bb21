"""The live stream: names of what changed, never content."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from asgiref.sync import sync_to_async
from django.contrib.auth.decorators import login_not_required
from django.db import close_old_connections
from django.http import HttpResponse, StreamingHttpResponse

from sendblue_inbox.live import hub

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from django.http import HttpRequest

# The stream ends after this long, and the browser's next request checks the login again.
LIFE_SECONDS = 600


@login_not_required
async def events(request: HttpRequest) -> HttpResponse | StreamingHttpResponse:
    """Server-sent events for a logged-in browser.

    Without a login the answer is 401, never a redirect: to the browser a redirect or a 204 is a
    stream that ended well, which it would repeat at once for ever.
    """
    user = await request.auser()
    if not user.is_authenticated:
        return HttpResponse("Log in again.", status=401, content_type="text/plain")
    # Django would give back the connection that read the session when the stream ends: a handful
    # of open streams would hold the whole pool.
    await sync_to_async(close_old_connections)()
    return StreamingHttpResponse(
        _stream(user.pk),
        content_type="text/event-stream",
        headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
    )


async def _stream(user_pk: int) -> AsyncIterator[bytes]:
    # No ORM in here: an open stream must not hold a database connection.
    ends_at = time.monotonic() + LIFE_SECONDS
    try:
        async with hub().subscribe() as subscriber:
            yield b"event: hello\n\n"
            while not subscriber.ended and time.monotonic() < ends_at:
                names = names_for(user_pk, await subscriber.take())
                lines = [f"event: {name}\n\n" for name in sorted(names)]
                yield "".join(lines or ["event: ping\n\n"]).encode()
    except TimeoutError:
        return


def names_for(user_pk: int, names: set[str]) -> set[str]:
    """What the screens of one agent hear: what only another agent sees otherwise is left out."""
    own = f"reader-{user_pk}-"
    told = {name for name in names if not name.startswith("reader-")}
    return told | {f"row-{name.removeprefix(own)}" for name in names if name.startswith(own)}
