"""Nothing private gets into a log line."""

from __future__ import annotations

import json
import logging
from typing import TYPE_CHECKING

import pytest

from sendblue_inbox.logs import JsonFormatter

if TYPE_CHECKING:
    from pytest_django import Settings


def line(message: str, *args: object, **extra: object) -> dict[str, object]:
    record = logging.getLogger("test").makeRecord(
        "test", logging.WARNING, __file__, 1, message, args, None, extra=extra
    )
    text = JsonFormatter().format(record)
    assert "\n" not in text
    return json.loads(text)


@pytest.mark.parametrize(
    "number",
    ["+15550100123", "+1 (555) 010-0123", "(555) 010-0123", "555-010-0123", "%2B15550100123"]
    + ["15550100123"],
)
def test_numbers_are_removed(number: str) -> None:
    entry = line("to %s failed", number, body={"number": [f"<{number}>"]})
    assert "0123" not in json.dumps(entry)
    assert entry["message"] == "to [removed] failed"


def test_times_ids_and_counts_stay() -> None:
    entry = line("thread-12 took 1534 ms at 2026-11-20T22:00:00+00:00", count=3)
    assert entry["message"] == "thread-12 took 1534 ms at 2026-11-20T22:00:00+00:00"
    assert entry["count"] == 3


def test_secrets_and_callback_tokens_are_removed(settings: Settings) -> None:
    settings.SENDBLUE_WEBHOOK_SECRETS = ["the-webhook-secret"]
    entry = line("got the-webhook-secret at /hooks/sendblue/status/Zx9_tok-en/ (404)")
    assert entry["message"] == "got [removed] at /hooks/sendblue/status/[removed]/ (404)"


def test_a_failing_row_is_not_repeated_with_its_traceback() -> None:
    try:
        raise ValueError(
            "null value\nDETAIL:  Failing row contains (1, my private words,\n\nmore)."
        )
    except ValueError as error:
        caught = (type(error), error, error.__traceback__)
    record = logging.makeLogRecord({"msg": "failed", "exc_info": caught})
    entry = json.loads(JsonFormatter().format(record))
    assert "ValueError: null value" in entry["exception"]
    assert "private" not in entry["exception"]
    assert "more" not in entry["exception"]
