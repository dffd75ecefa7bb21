"""One exception tree that says what may be done next about a call that did not succeed.

The classes answer a single question: can the message be on its way although we hold no
`message_handle`? Only `NotSent` and `RateLimited` say surely not and allow another try.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from .payloads.reading import code, first, mapping, text

if TYPE_CHECKING:
    from collections.abc import Mapping

PACE_CODES = frozenset({"429", "4001", "5509"})
PACE_KEYS = frozenset({"LINE_HOURLY_LIMIT_REACHED", "LINE_DAILY_LIMIT_REACHED"})
DOUBTFUL_CODES = frozenset({"5000", "5003", "5503", "10002"})
"""Nobody says whether these are raised before or after a message was accepted."""

REFUSAL_CODES = frozenset({"4000", "4002", "SMS_LIMIT_REACHED"})
REFUSAL_KEYS = frozenset({"OPTED_OUT", "PRE_REPLY_LIMIT_REACHED"})
REFUSAL_STATUSES = frozenset({400, 402, 404, 413, 422})
CREDENTIAL_STATUSES = frozenset({401, 403})

_MESSAGE_FIELDS = frozenset({"is_outbound", "content", "date_sent"})
_LONG_DIGITS = re.compile(r"\+?\d[\d\s().-]{5,}\d")
_ADDRESS = re.compile(r"[^\s@\"'<>]+@[^\s@\"'<>]+")
_SHOWN_FIELDS = (
    "status",
    "error_code",
    "error_key",
    "error_reason",
    "error_message",
    "error_detail",
    "message",
    "error",
)


class SendblueError(Exception):
    """A call that did not succeed: `method`, `path` template, HTTP `status` (None without an
    answer), Sendblue's `error_code`, `error_key` and human `message`, and the parsed `body`.

    `message` is Sendblue's own sentence, meant for the agent. `str()` is meant for logs:
    numbers and addresses are struck out of it, and of the body only the error fields are shown.
    """

    def __init__(
        self,
        method: str,
        path: str,
        *,
        status: int | None = None,
        error_code: str = "",
        error_key: str = "",
        message: str = "",
        body: Any = None,
        message_handle: str = "",
        retry_after: float | None = None,
    ) -> None:
        super().__init__(method, path, status)
        self.method = method
        self.path = path
        self.status = status
        self.error_code = error_code
        self.error_key = error_key
        self.message = message
        self.body = body
        self.message_handle = message_handle
        self.retry_after = retry_after

    def __str__(self) -> str:
        answer = "no answer" if self.status is None else str(self.status)
        codes = " ".join(filter(None, (self.error_code, self.error_key)))
        words = [f"{type(self).__name__}: {self.method} {self.path} -> {answer}", codes]
        said = _redacted_body(self.body)
        words.append(said or _struck_out(self.message))
        return " · ".join(filter(None, words))


class NotSent(SendblueError):
    """Nothing was written: DNS, refused, TLS, connect timeout. May be tried again freely."""


class RateLimited(SendblueError):
    """Surely not accepted, and asked to slow down: wait `retry_after` seconds where it is given."""


class Rejected(SendblueError):
    """A refusal that says why. Show it; the same request will be refused again."""


class BadCredentials(SendblueError):
    """Wrong keys, or not allowed to do this. Stop the account's queue and tell somebody."""


class MaybeSent(SendblueError):
    """No telling whether it was done. Reads may be repeated; sends must not be."""


def error_for(
    method: str,
    path: str,
    *,
    status: int,
    body: Any,
    retry_after: float | None = None,
    is_send: bool = False,
) -> SendblueError:
    """The exception for an answer that is not a success; `body` is parsed JSON, plain text or None.

    Codes in the body come before the HTTP status, because a new-contact cap travels as 400 and
    a refusal as 200 (Sendblue API contract, section 1.3).
    """
    error_code, error_key, message = error_words(body)
    fields: dict[str, Any] = {
        "status": status,
        "error_code": error_code,
        "error_key": error_key,
        "message": message,
        "body": body,
        "message_handle": text(mapping(body).get("message_handle")),
        "retry_after": retry_after,
    }
    if status == 429 or error_code in PACE_CODES or error_key in PACE_KEYS:
        return RateLimited(method, path, **fields)
    if status in CREDENTIAL_STATUSES:
        return BadCredentials(method, path, **fields)
    if _is_refusal(status, fields, is_send=is_send):
        return Rejected(method, path, **fields)
    return MaybeSent(method, path, **fields)


def _is_refusal(status: int, fields: Mapping[str, Any], *, is_send: bool) -> bool:
    error_code, error_key = fields["error_code"], fields["error_key"]
    if error_code in REFUSAL_CODES or error_key in REFUSAL_KEYS:
        return True
    if fields["message"].strip().upper() in REFUSAL_KEYS:  # live opt-outs name the rule in words
        return True
    if error_code in DOUBTFUL_CODES:
        # With a handle there is no doubt: the message exists and has failed.
        return status < 300 and bool(fields["message_handle"])
    if status < 300:
        return is_refused(fields["body"]) or bool(fields["message_handle"])
    if status == 409:
        return not is_send
    return status in REFUSAL_STATUSES


def is_refused(body: Any) -> bool:
    """Whether an answer says no although its HTTP status may say yes.

    The status of a message object is the message's own: it says nothing about the call.
    """
    found = mapping(body)
    if text(found.get("message_handle")) and not _MESSAGE_FIELDS.isdisjoint(found):
        return False
    status = text(found.get("status")).upper()
    if status:
        return status in {"ERROR", "FAILED", "DECLINED"}
    return bool(first(found, "error", "error_code", "error_key")) and "data" not in found


def error_words(body: Any) -> tuple[str, str, str]:
    """(error_code, error_key, human text) of a failure in any of Sendblue's envelopes."""
    if isinstance(body, str):
        return "", "", body
    found = mapping(body)
    error = found.get("error")
    inner = mapping(error)
    message = (
        text(found.get("error_message"))
        or text(found.get("message"))
        or text(error)
        or text(inner.get("message"))
    )
    error_code = code(first(found, "error_code")) or code(inner.get("code"))
    return error_code, text(found.get("error_key")), message


def _redacted_body(body: Any) -> str:
    found = mapping(body)
    shown: dict[str, Any] = {}
    for key in _SHOWN_FIELDS:
        value = found.get(key)
        if isinstance(value, dict):
            value = {name: value.get(name) for name in ("code", "message") if value.get(name)}
        if value not in (None, "", {}):
            shown[key] = value
    return _struck_out(str(shown)) if shown else ""


def _struck_out(words: str) -> str:
    return _ADDRESS.sub("…", _LONG_DIGITS.sub("…", words))
