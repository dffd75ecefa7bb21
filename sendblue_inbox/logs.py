"""Logs for machines: one JSON object a line, without secrets, message text or numbers."""

from __future__ import annotations

import json
import logging
import re
from datetime import UTC, datetime
from typing import Any

from django.conf import settings

SCRUBBED = "[removed]"
# What every record has, or what would drag a whole request into the log.
NOT_EXTRA = {
    *vars(logging.makeLogRecord({})),
    *("message", "asctime", "request", "server_time", "color_message", "taskName", "data"),
}
PHONE_NUMBER = re.compile(
    r"(?:\+|%2B)\d[\d ().-]{5,18}\d"  # +1 555 010 0100, also inside an address
    r"|\(\d{3}\) ?\d{3}-\d{4}|\b\d{3}-\d{3}-\d{4}\b"
    r"|(?<![\w.])\d{10,15}(?![\w.])"
)
# The token is the only proof that a status callback is genuine.
CALLBACK_TOKEN = re.compile(r"(?<=/hooks/sendblue/status/)[^/\s\"']+")
# PostgreSQL repeats the whole failing row there.
ERROR_DETAIL = re.compile(r"DETAIL:.*?(?=\n\n(?:The above|During handling)|\Z)", re.DOTALL)


class JsonFormatter(logging.Formatter):
    """A record as one JSON object: time, level, logger, message, the extras and the exception."""

    def format(self, record: logging.LogRecord) -> str:
        entry: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
        }
        entry |= {name: value for name, value in vars(record).items() if name not in NOT_EXTRA}
        if record.exc_info:
            entry["exception"] = self.formatException(record.exc_info)
        return json.dumps(_scrub_value(entry), ensure_ascii=False)


def scrub(text: str) -> str:
    """The text without secrets of this installation, numbers of people, rows of the database."""
    for secret in _secrets():
        text = text.replace(secret, SCRUBBED)
    for pattern in (ERROR_DETAIL, CALLBACK_TOKEN, PHONE_NUMBER):
        text = pattern.sub(SCRUBBED, text)
    return text


def _scrub_value(value: Any) -> Any:
    match value:
        case None | bool() | int() | float():
            return value
        case dict():
            return {str(name): _scrub_value(item) for name, item in value.items()}
        case list() | tuple() | set():
            return [_scrub_value(item) for item in value]
    return scrub(str(value))


def _secrets() -> list[str]:
    known = [
        settings.SECRET_KEY,
        settings.SENDBLUE_API_KEY_ID,
        settings.SENDBLUE_API_SECRET_KEY,
        str(settings.DATABASES["default"]["PASSWORD"]),
        settings.ADMIN_PASSWORD,
        *settings.SENDBLUE_WEBHOOK_SECRETS,
    ]
    return [secret for secret in known if len(secret) >= 6]
