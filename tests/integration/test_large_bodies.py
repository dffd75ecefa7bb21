"""What is uploaded is put aside on disk, and more than anybody uploads here is not taken."""

from __future__ import annotations

import asyncio
import tempfile
from typing import TYPE_CHECKING, Any

import pytest
from django.conf import settings

from sendblue_inbox import asgi

if TYPE_CHECKING:
    from collections.abc import Mapping

CHUNK = b"x" * 65_536


def posted(chunks: int) -> int:
    """The status of a request with a body of so many chunks, without its length said before."""
    told: list[Mapping[str, Any]] = []
    sent = 0

    async def receive() -> dict[str, Any]:
        nonlocal sent
        sent += 1
        return {"type": "http.request", "body": CHUNK, "more_body": sent < chunks}

    async def send(message: Mapping[str, Any]) -> None:
        told.append(message)

    scope = {
        "type": "http",
        "method": "POST",
        "scheme": "http",
        "path": "/contacts/imports/files/",
        "query_string": b"",
        "headers": [(b"host", b"localhost")],
    }
    asyncio.run(asgi.application(scope, receive, send))
    return next(message["status"] for message in told if "status" in message)


@pytest.mark.django_db
def test_a_body_without_end_is_not_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asgi, "MOST_BODY", 3 * len(CHUNK))
    assert posted(3) == 403  # nobody is logged in, and the form has no token
    assert posted(4) == 413


def test_large_bodies_lie_in_the_data_folder() -> None:
    assert tempfile.gettempdir() == str(settings.DATA_DIR / "uploads")
