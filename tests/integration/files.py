"""What the tests of files have in common: a storage of their own, and how files come and go."""

from __future__ import annotations

import asyncio
import io
import uuid
from typing import TYPE_CHECKING, Any

from asgiref.sync import sync_to_async
from django.db import connection
from django.test import AsyncClient, Client

from inbox.actions.queueing import queue_message
from inbox.actions.uploading import (
    add_draft,
)
from inbox.models import MediaFile, Message, Thread
from sendblue_inbox.clock import now

if TYPE_CHECKING:
    from pathlib import Path

    from sendblue_inbox.models import User


def time_passes() -> None:
    """Whatever waits for its next attempt is due now."""
    MediaFile.objects.update(fetch_after=now(), lease_until=None)


def stored_files(storage: Path) -> int:
    return sum(1 for path in storage.rglob("*") if path.is_file())


def upload(thread: Thread, agent: User, content: bytes, name: str = "a.jpg") -> MediaFile:
    return add_draft(thread, uploader=agent, content=io.BytesIO(content), name=name)


def send(thread: Thread, agent: User, files: list[MediaFile], **fields: Any) -> Message:
    return queue_message(thread, author=agent, client_ref=uuid.uuid4(), files=files, **fields)


def got(user: User, path: str, **headers: str) -> Any:
    """An answer with its whole content, the way the site streams it."""

    if not hasattr(user, "cookies"):
        browser = Client()
        browser.force_login(user)
        user.cookies = browser.cookies

    async def ask() -> Any:
        client = AsyncClient()
        client.cookies = user.cookies
        answer = await client.get(path, headers=headers)
        answer.whole = (
            b"".join([piece async for piece in answer.streaming_content])
            if answer.streaming
            else answer.content
        )
        await sync_to_async(lambda: connection.close())()  # that of the request
        return answer

    return asyncio.run(ask())
