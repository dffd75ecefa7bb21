"""Does what web and worker do, each time in a fresh process that a test may kill at a point.

Started once, because importing everything takes a second: for every line of its input, one JSON
object, it forks. The child takes deliveries, an agent's click and a round of all drains, and says
which deliveries were answered 200; then the parent says with which code the child ended.
"""

from __future__ import annotations

import base64
import json
import os
import sys
import uuid
from typing import Any

import django

django.setup()

from django.test import Client  # noqa: E402

from contacts.actions import bringing, checking, undoing  # noqa: E402
from contacts.tasks import (  # noqa: E402
    drain_comparing,
    drain_importing,
    drain_jobs,
    drain_pushing,
)
from inbox.actions.grouping import start_group  # noqa: E402
from inbox.actions.queueing import queue_message  # noqa: E402
from inbox.models import Line, MediaFile, Thread  # noqa: E402
from inbox.tasks import (  # noqa: E402
    drain_fetching,
    drain_groups,
    drain_resolving,
    drain_sending,
    drain_syncing,
    drain_uploading,
)
from sendblue_inbox.models import User  # noqa: E402
from webhooks_admin.tasks import drain_events, drain_replaying  # noqa: E402

DRAINS = {
    "comparing": drain_comparing,
    "sending": drain_sending,
    "events": drain_events,
    "fetching": drain_fetching,
    "groups": drain_groups,
    "importing": drain_importing,
    "jobs": drain_jobs,
    "pushing": drain_pushing,
    "replaying": drain_replaying,
    "resolving": drain_resolving,
    "syncing": drain_syncing,
    "uploading": drain_uploading,
}
IMPORT_BATCH = 10  # so that a short file has many batches


def main() -> None:
    """Fork for every order until the input ends."""
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            run(json.loads(line))
            os._exit(0)
        _, status = os.waitpid(child, 0)
        say({"exit": os.waitstatus_to_exitcode(status)})


def run(order: dict[str, Any]) -> None:
    """One short life of web and worker."""
    os.environ |= {"CRASH_AT": order["crash_at"], "CRASH_ONCE": order["crash_once"]}
    checking.BATCH = bringing.BATCH = undoing.BATCH = IMPORT_BATCH
    for number, delivery in enumerate(order["deliveries"]):
        if deliver(**delivery) == 200:
            say({"taken": number})
    if order["click"]:
        click(order["click"])
        say({"clicked": True})
    for name in order["drains"]:
        DRAINS[name]()


def click(told: dict[str, Any]) -> None:
    """An agent sends: to a conversation, or to several people who become a group."""
    words = {
        "author": User.objects.get(),
        "content": told["content"],
        "client_ref": uuid.UUID(told["client_ref"]),
    }
    if told["numbers"]:
        start_group(line=Line.objects.get(), numbers=told["numbers"], **words)
        return
    files = MediaFile.objects.filter(key=told["file"], message=None)
    queue_message(Thread.objects.get(pk=told["thread"]), files=list(files), **words)


def deliver(path: str, body: str) -> int:
    """One webhook, through the view."""
    answer = Client().generic(
        "POST",
        path,
        base64.b64decode(body),
        content_type="application/json",
        headers={"sb-signing-secret": os.environ["SENDBLUE_WEBHOOK_SECRETS"]},
    )
    return answer.status_code


def say(answer: dict[str, Any]) -> None:
    """One line for the test, out before anything else happens."""
    os.write(1, json.dumps(answer).encode() + b"\n")


if __name__ == "__main__":
    main()
