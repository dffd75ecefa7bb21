"""`python -m bench.live_writer THREADS BUSY EVENTS PER_SECOND`: people write, at fixed moments.

A process of its own, like the worker it stands for. First prints the ids of the threads; then,
after a line on its input, for each message the monotonic time at which its commit had returned.
"""

from __future__ import annotations

import sys
import time
from datetime import UTC, datetime

import django

django.setup()

from inbox.actions.recording import record_message  # noqa: E402
from inbox.models import Line, Message  # noqa: E402
from sendblue_inbox.sendblue.payloads import MessagePayload  # noqa: E402

from .intake import REPORT  # noqa: E402

LINE = str(REPORT["to_number"])


def main(threads: int, busy: int, events: int, per_second: float) -> None:
    """Make the threads, wait, then write into one of the busy ones after the other."""
    Line.objects.get_or_create(number=LINE, defaults={"status": "ONLINE"})
    print(*(write(n, f"first-{n}").thread_id for n in range(threads)), flush=True)
    sys.stdin.readline()
    started = time.monotonic()
    for event in range(events):
        time.sleep(max(0.0, started + event / per_second - time.monotonic()))
        write(event % busy, f"live-{event}")
        print(time.monotonic(), flush=True)


def write(person: int, handle: str) -> Message:
    """One message of that person, by the door that webhooks use."""
    number, at = f"+1650555{person:04}", datetime.now(UTC)
    report = REPORT | {
        **{"from_number": number, "number": number, "message_handle": handle},
        **{"date_sent": at.isoformat(), "date_updated": at.isoformat()},
        "content": f"The handle of this is {handle}.",
    }
    return record_message(MessagePayload.parse(report, lines=[LINE]), seen_at=at)


if __name__ == "__main__":
    counts, rate = [int(word) for word in sys.argv[1:4]], float(sys.argv[4])
    main(counts[0], counts[1], counts[2], rate)
