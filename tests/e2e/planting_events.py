"""Deliveries whose every text is a payload, and what a rehearsal of them found."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from sendblue_inbox.clock import now
from tests.security.payloads import PAYLOADS
from webhooks_admin.models import Replay, ReplayFinding, WebhookEvent

from .planting import planted

if TYPE_CHECKING:
    from sendblue_inbox.models import User

# Older than whatever the tests before this one had delivered would hide them on a later page.
DELIVERIES = 45


def plant_events(agent: User) -> tuple[WebhookEvent, Replay]:
    """Put-aside deliveries with payloads in number, error and body; one of them, and a replay."""
    replay = Replay.objects.create(
        author=agent, state=Replay.State.REHEARSED, newest=0, total=DELIVERIES
    )
    for at in range(DELIVERIES):
        event = WebhookEvent.objects.create(
            kind="receive",
            body=json.dumps({"content": PAYLOADS[at], PAYLOADS[at]: [PAYLOADS[at]]}).encode(),
            body_sha256=f"{at:032}".encode(),
            received_at=now(),
            last_received_at=now(),
            process_after=now(),
            quarantined_at=now(),
            **planted(WebhookEvent, headers={"User-Agent": PAYLOADS[at]}),
        )
        change = {"row": "message", "pk": 1, "field": "content", "before": PAYLOADS[at]}
        columns = planted(ReplayFinding, changes=[change | {"after": PAYLOADS[-at]}])
        if at % 2:
            columns["error"] = ""
        ReplayFinding.objects.create(replay=replay, event=event, **columns)
    return event, replay
