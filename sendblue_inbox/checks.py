"""What can be wrong with an installation before it starts, and what to do about it."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning, register

from sendblue_inbox.env import envsecret

LOCAL_HOSTS = {"localhost", "127.0.0.1", "::1", "0.0.0.0"}  # noqa: S104
OPEN_TO_OTHERS = 0o007


@register
def keys_are_whole(**_: Any) -> list[CheckMessage]:
    """Half a pair of keys is a slip, not a wish for the simulator."""
    if bool(settings.SENDBLUE_API_KEY_ID) == bool(settings.SENDBLUE_API_SECRET_KEY):
        return []
    missing = "SENDBLUE_API_SECRET_KEY" if settings.SENDBLUE_API_KEY_ID else "SENDBLUE_API_KEY_ID"
    return [
        Error(
            f"{missing} is not set, but its other half is.",
            hint="Set both for your account, or none for the simulator.",
            id="sendblue_inbox.E001",
        )
    ]


@register
def sendblue_can_reach_us(**_: Any) -> list[CheckMessage]:
    """A real account posts webhooks to SITE_URL, with the secret in a header."""
    api = urlsplit(settings.SENDBLUE_API_BASE_URL).hostname
    if not settings.SENDBLUE_API_KEY_ID or settings.SIMULATED or api in LOCAL_HOSTS:
        return []
    site = urlsplit(settings.SITE_URL)
    if site.scheme == "https" and site.hostname not in LOCAL_HOSTS:
        return []
    return [
        Warning(
            f"Sendblue cannot deliver webhooks to {settings.SITE_URL}.",
            hint="Set SITE_URL to the https address at which the internet reaches this inbox."
            " Until then, new messages only arrive with the next poll.",
            id="sendblue_inbox.W001",
        )
    ]


@register
def secret_key_is_shared(**_: Any) -> list[CheckMessage]:
    """With a database elsewhere there are probably more machines, and they must agree."""
    if envsecret("SECRET_KEY") or not envsecret("DATABASE_URL"):
        return []
    return [
        Warning(
            f"SECRET_KEY is not set; this machine uses its own, in {settings.DATA_DIR}/secrets.",
            hint="Fine for one machine, or where all share that folder. Else set SECRET_KEY and"
            " SENDBLUE_WEBHOOK_SECRETS to the same values everywhere, or log-ins and webhooks of"
            " one machine are refused by the other.",
            id="sendblue_inbox.W002",
        )
    ]


@register
def data_folder_is_private(**_: Any) -> list[CheckMessage]:
    """It holds passwords and everybody's messages."""
    folder = settings.DATA_DIR
    if not folder.exists() or not folder.stat().st_mode & OPEN_TO_OTHERS:
        return []
    return [
        Warning(
            f"Other users of this machine may look into {folder}.",
            hint=f"chmod o-rwx {folder}",
            id="sendblue_inbox.W003",
        )
    ]


@register
def front_end_is_there(**_: Any) -> list[CheckMessage]:
    """Without htmx and the icons no page can be made, without qr no picture of a code read."""
    packages = ("htmx.org/dist", "lucide-static/icons", "qr")
    if all((settings.NODE_MODULES / package).is_dir() for package in packages):
        return []
    return [
        Error(
            f"The front-end packages are not in {settings.NODE_MODULES}.",
            hint="Run `make setup` (or `npm ci`).",
            id="sendblue_inbox.E002",
        )
    ]
