"""Keeping a delivery: one statement, one commit, one bell."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING

from django.db import connection

from sendblue_inbox.crashpoints import reached
from sendblue_inbox.ring import ring

if TYPE_CHECKING:
    from collections.abc import Mapping

# Of the request's headers only these are worth keeping, and none of them is a secret.
KEPT_HEADERS = ("Content-Type", "User-Agent", "X-Forwarded-For", "Date")
KEPT_LENGTH = 300

KEEP = """
    INSERT INTO webhooks_admin_webhookevent
        (kind, token, body, body_sha256, headers, times_received, received_at, last_received_at,
         attempts, process_after, error)
    VALUES (%s, %s, %s, %s, %s, 1, now(), now(), 0, now(), '')
    ON CONFLICT (kind, token, body_sha256) DO UPDATE
        SET times_received = webhooks_admin_webhookevent.times_received + 1,
            last_received_at = now()
"""


def receive_event(*, kind: str, token: str, body: bytes, headers: Mapping[str, str]) -> None:
    """Commit the delivery as a row, or count it where the same body was there before.

    Raw SQL, because this is the one path where a millisecond counts. Raises DatabaseError, and
    then nothing was kept.
    """
    kept = {name: headers[name][:KEPT_LENGTH] for name in KEPT_HEADERS if name in headers}
    digest = hashlib.sha256(body).digest()
    reached("receiving.before")
    with connection.cursor() as cursor:
        cursor.execute(KEEP, [kind, token, body, digest, json.dumps(kept)])
    reached("receiving.after")
    ring("events")
