"""Media: uploads and their addresses, and the built-in pictures (contract 2.4)."""

from __future__ import annotations

import mimetypes
import re
from pathlib import PurePosixPath
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from starlette.responses import Response
from starlette.routing import Route

from .pictures import picture
from .state import Upload, World
from .wire import Json, body_of, refuse, text_of, upload_of, world_of

if TYPE_CHECKING:
    from starlette.requests import Request

_EXTENSION = re.compile(r"\.[A-Za-z0-9]{1,8}")


async def upload_file(request: Request) -> Json:
    """POST /api/upload-file: multipart field "file"."""
    world = world_of(request)
    name, kind, content = await upload_of(request, "file", world.options.max_media_bytes)
    media_id = keep(world, name, kind, content)
    return Json(
        {
            "status": "OK",
            "message": "File uploaded successfully",
            "media_url": world.media_url(media_id),
            "mediaObjectId": media_id,
        },
        status_code=201,
    )


async def upload_media_object(request: Request) -> Json:
    """POST /api/upload-media-object: Sendblue would fetch it; nothing is fetched here."""
    world, body = world_of(request), await body_of(request)
    url = text_of(body, "media_url")
    if not url or (world.options.validate and not url.startswith(("http://", "https://"))):
        raise refuse(400, "Invalid media URL")
    return Json(
        {
            "status": "OK",
            "message": "File uploaded successfully",
            "mediaObjectId": _media_id(world, urlsplit(url).path),
        },
        status_code=201,
    )


async def serve(request: Request) -> Response:
    """GET /media/{name}: an upload or a built-in picture."""
    world, name = world_of(request), request.path_params["name"]
    if name in world.uploads:
        upload = world.uploads[name]
        return Response(upload.content, media_type=upload.content_type)
    content = picture(name)
    if content is None:
        return Response("Not found", status_code=404, media_type="text/plain")
    return Response(content, media_type=mimetypes.guess_type(name)[0])


def keep(world: World, name: str, content_type: str, content: bytes) -> str:
    """Store bytes; returns their media id, which is also their name under /media/."""
    media_id = _media_id(world, name)
    world.uploads[media_id] = Upload(content, content_type)
    return media_id


def _media_id(world: World, name: str) -> str:
    suffix = PurePosixPath(name).suffix
    return f"MO_{world.new_uuid()}{suffix if _EXTENSION.fullmatch(suffix) else ''}"


routes = [
    Route("/api/upload-file", upload_file, methods=["POST"]),
    Route("/api/upload-media-object", upload_media_object, methods=["POST"]),
    Route("/media/{name}", serve, methods=["GET", "HEAD"]),
]
