"""Files in the storage, each content once, under a name that follows from it."""

from __future__ import annotations

import hashlib
import os
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import IO, TYPE_CHECKING, Any

from django.core.files import File
from django.core.files.storage import default_storage
from django.db.models import Q

from inbox.models import MediaFile
from sendblue_inbox.clock import now

if TYPE_CHECKING:
    from collections.abc import Iterable

    from inbox.media.safe_copy import SafeCopy

_CHUNK = 256 * 1024
# What no row names may belong to a row that is being written right now.
_NEW_FOR = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Stored:
    """Where a content lies, its SHA-256 in hexadecimal and its bytes."""

    name: str
    sha256: str
    size: int


def store(content: IO[bytes]) -> Stored:
    """Put the content into the storage, unless it is there whole; it survives a power cut."""
    digest, size = hashlib.sha256(), 0
    content.seek(0)
    while chunk := content.read(_CHUNK):
        digest.update(chunk)
        size += len(chunk)
    sha256 = digest.hexdigest()
    name = f"{sha256[:2]}/{sha256}"
    if _is_whole(name, size):
        with suppress(NotImplementedError, OSError):
            os.utime(default_storage.path(name))  # in use again: see `forget`
    else:
        default_storage.delete(name)  # a crash may have left half of it
        content.seek(0)
        name = default_storage.save(name, File(content))
        _settle_on_disk(name)
    return Stored(name, sha256, size)


def keep(copy: SafeCopy) -> dict[str, Any]:
    """Store a checked file with its small picture; what its row then says of it."""
    stored = store(copy.content)
    preview = store(copy.preview) if copy.preview else None
    return {
        "name": copy.name,
        "content_type": copy.content_type,
        "size": stored.size,
        "sha256": stored.sha256,
        "width": copy.width,
        "height": copy.height,
        "details": copy.details,
        "stored_as": stored.name,
        "preview_as": preview.name if preview else "",
        "fetched_at": now(),
    }


def forget(names: Iterable[str]) -> None:
    """Remove the contents that no row names any more and that are not quite new."""
    for name in filter(None, names):
        if MediaFile.objects.filter(Q(stored_as=name) | Q(preview_as=name)).exists():
            continue
        with suppress(OSError):
            if default_storage.get_modified_time(name) < now() - _NEW_FOR:
                default_storage.delete(name)


def _is_whole(name: str, size: int) -> bool:
    try:
        return default_storage.size(name) == size
    except OSError:
        return False


def _settle_on_disk(name: str) -> None:
    try:
        path = default_storage.path(name)
    except NotImplementedError:  # a storage elsewhere does that by itself
        return
    for place in (path, os.path.dirname(path)):  # noqa: PTH120
        descriptor = os.open(place, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
