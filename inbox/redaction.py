"""What may be kept of what came over the wire: no secrets, nothing endless."""

from __future__ import annotations

import functools
import json
import re
from typing import TYPE_CHECKING, Any

from django.conf import settings

from sendblue_inbox.sendblue.payloads.reading import clean, storable

if TYPE_CHECKING:
    from collections.abc import Collection

GONE = "[removed]"
MOST_LETTERS = 2_000  # of one text
MOST_ITEMS = 100  # of one list or object
MOST_DEPTH = 8
MOST_BYTES = 32_000  # of the whole

# The names of fields and headers that carry a secret, or the addresses of the account's people.
SECRET_NAME = re.compile(
    r"secret|token|password|passw|authori[sz]ation|cookie|signature|credential|^x?-?sb-"
    r"|api[-_ ]?key|(account|sender|owner|user)_?e-?mail",
    re.IGNORECASE,
)
# The token of a status callback, and what signs an address.
SECRET_IN_ADDRESS = re.compile(
    r"(?<=/hooks/sendblue/status/)[^/\s\"'<>]+"
    r"|(?<=[?&])((?:[\w-]*(?:token|secret|signature|credential|password|apikey|api_key)[\w-]*"
    r"|sig|key|auth)=)[^&#\s\"'<>]+",
    re.IGNORECASE,
)
SHORTEST_SECRET = 6  # anything shorter occurs in plain words


def redacted(value: Any, *, secrets: Collection[str] = ()) -> Any:
    """A JSON value without secrets, as `jsonb` takes it, cut to what is worth keeping.

    `secrets` are struck out wherever they stand, and so are the keys from the settings.
    """
    if isinstance(value, dict):
        # What stands under such a name must not stand anywhere else either.
        named = (inner for name, inner in value.items() if _is_secret(str(name)))
        secrets = {*secrets, *(inner for inner in named if isinstance(inner, str))}
    known = sorted({*_known_secrets(), *secrets}, key=len, reverse=True)
    struck = [secret for secret in known if len(secret) >= SHORTEST_SECRET]
    found = storable(_without_secrets(value, struck, MOST_DEPTH))
    size = len(json.dumps(found))
    if size <= MOST_BYTES:
        return found
    return {
        "cut": f"{size:,} bytes",
        "begins": json.dumps(found, ensure_ascii=False)[:MOST_LETTERS],
    }


def redacted_text(text: str, *, secrets: Collection[str] = ()) -> str:
    """A sentence without secrets."""
    return str(redacted(text, secrets=secrets))


def _without_secrets(value: Any, secrets: list[str], depth: int) -> Any:
    if isinstance(value, str):
        return _struck_out(value, secrets)
    if isinstance(value, dict | list) and not depth:
        return "…" if value else value
    if isinstance(value, dict):
        return {
            _struck_out(str(name), secrets)[:200]: GONE
            if inner and _is_secret(str(name))
            else _without_secrets(inner, secrets, depth - 1)
            for name, inner in list(value.items())[:MOST_ITEMS]
        }
    if isinstance(value, list | tuple):
        return [_without_secrets(inner, secrets, depth - 1) for inner in value[:MOST_ITEMS]]
    if isinstance(value, bool | float) or value is None:
        return value
    # Whole numbers of any length are JSON, but nobody reads them.
    return value if isinstance(value, int) and abs(value) < 10**18 else "…"


def _struck_out(text: str, secrets: list[str]) -> str:
    text = clean(text)
    for secret in secrets:
        if secret in text:
            text = text.replace(secret, GONE)
    if "/" in text:
        text = SECRET_IN_ADDRESS.sub(lambda found: (found[1] or "") + GONE, text)
    more = len(text) - MOST_LETTERS
    return f"{text[:MOST_LETTERS]}… ({more:,} more)" if more > 0 else text


@functools.lru_cache(maxsize=1000)
def _is_secret(name: str) -> bool:
    return bool(SECRET_NAME.search(name))


def _known_secrets() -> set[str]:
    return {
        *settings.SENDBLUE_WEBHOOK_SECRETS,
        settings.SENDBLUE_API_KEY_ID,
        settings.SENDBLUE_API_SECRET_KEY,
        settings.SECRET_KEY,
    }
