"""Webhook registrations (contract 2.7); entries are kept as given, a URL or an object."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit, urlunsplit

from starlette.routing import Route

from .courier import may_reach
from .state import WEBHOOK_TYPES, World
from .wire import Json, Refusal, body_of, refuse, text_of, world_of

if TYPE_CHECKING:
    from starlette.requests import Request

_LEGACY = ("receive", "call_log", "line_blocked", "line_assigned", "outbound", "contact_created")


async def list_webhooks(request: Request) -> Json:
    """GET."""
    return Json({"status": "OK", "webhooks": as_listed(world_of(request))})


async def add_webhooks(request: Request) -> Json:
    """POST appends; the same address twice delivers twice."""
    world, body = world_of(request), await body_of(request)
    kind = _kind(world, text_of(body, "type") or "receive")
    if kind in world.options.post_refuses_types:
        raise _unknown_kind(tuple(name for name in WEBHOOK_TYPES if name != kind))
    entries = _entries(world, body.get("webhooks"), kind)
    world.webhooks.setdefault(kind, []).extend(entries)
    if secret := text_of(body, "globalSecret"):
        world.global_secret = secret
    return _changed(world, "Webhooks added successfully")


async def replace_webhooks(request: Request) -> Json:
    """PUT replaces everything; types that are left out lose their entries."""
    world, body = world_of(request), await body_of(request)
    wanted = body.get("webhooks")
    if not isinstance(wanted, dict):
        raise refuse(400, "'webhooks' must be an object")
    secret = text_of(wanted, "globalSecret") or None
    kinds = {name: value for name, value in wanted.items() if name != "globalSecret"}
    replaced = {
        _kind(world, kind): _entries(world, value, kind)
        for kind, value in kinds.items()
        if value is not None
    }
    world.webhooks = {
        kind: entries
        for kind, entries in replaced.items()
        if kind not in world.options.put_drops_types
    }
    world.global_secret = secret
    return _changed(world, "Webhooks updated successfully")


async def delete_webhooks(request: Request) -> Json:
    """DELETE removes the listed addresses of one type."""
    world, body = world_of(request), await body_of(request)
    kind = _kind(world, text_of(body, "type") or "receive")
    urls = body.get("webhooks")
    if not isinstance(urls, list):
        raise refuse(400, "'webhooks' must be an array")
    gone = {_upgraded(world, url) for url in map(_url, urls)}
    kept = [entry for entry in world.webhooks.get(kind, []) if _url(entry) not in gone]
    if world.options.validate and len(kept) == len(world.webhooks.get(kind, [])):
        raise refuse(404, "Webhook not found")
    world.webhooks[kind] = kept
    return Json({"status": "OK", "message": "Webhooks deleted successfully"})


def as_listed(world: World) -> dict[str, Any]:
    """The registrations as the API lists them, secrets in clear."""
    return {**world.webhooks, "globalSecret": world.global_secret}


def _changed(world: World, message: str) -> Json:
    return Json({"status": "OK", "message": message, "webhooks": as_listed(world)})


def _kind(world: World, kind: str) -> str:
    known: tuple[str, ...] = _LEGACY if world.options.legacy_types else WEBHOOK_TYPES
    if kind not in known:
        raise _unknown_kind(known)
    return kind


def _unknown_kind(known: tuple[str, ...]) -> Refusal:
    return refuse(400, f"Invalid webhook type. Must be one of: {', '.join(known)}")


def _entries(world: World, raw: Any, kind: str) -> list[Any]:
    if not isinstance(raw, list):
        raise refuse(400, "'webhooks' must be an array")
    return [_entry(world, entry, kind) for entry in raw]


def _entry(world: World, raw: Any, kind: str) -> Any:
    url = _upgraded(world, _url(raw))
    if not isinstance(raw, dict):
        return url
    if raw.get("sendblue_numbers") and kind != "receive":
        raise refuse(400, "'sendblue_numbers' is only supported for receive webhooks")
    return {**raw, "url": url}


def _url(entry: Any) -> str:
    url = entry.get("url") if isinstance(entry, dict) else entry
    if not isinstance(url, str) or not url:
        raise refuse(400, "Each webhook must be a URL or an object with a url")
    return url


def _upgraded(world: World, url: str) -> str:
    """http:// becomes https:// as at Sendblue, except for addresses of this machine: the
    programs that are tried against the simulator listen there without TLS."""
    parts = urlsplit(url)
    if parts.scheme == "http" and not may_reach(url, world.settings.callback_hosts):
        return urlunsplit(parts._replace(scheme="https"))
    if world.options.validate and not (parts.scheme in ("http", "https") and parts.netloc):
        raise refuse(400, "Invalid webhook URL")
    return url


_METHODS = (
    ("GET", list_webhooks),
    ("POST", add_webhooks),
    ("PUT", replace_webhooks),
    ("DELETE", delete_webhooks),
)
routes = [
    Route(path, endpoint, methods=[method])
    for path in ("/api/account/webhooks", "/api/v2/account/webhooks")
    for method, endpoint in _METHODS
]
