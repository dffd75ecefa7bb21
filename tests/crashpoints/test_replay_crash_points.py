"""A worker that dies while it reads deliveries again."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from inbox.models import Message
from sendblue_inbox.clock import now
from tests.factories import make_agent, make_thread, report
from webhooks_admin.actions.receiving import receive_event
from webhooks_admin.actions.replaying import BATCH, start_for_real, start_replay
from webhooks_admin.models import Replay, WebhookEvent

from .test_crash_points import KILLED, REPLAY_POINTS, Office, Scene, driver, office

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.db.models import QuerySet

    from inbox.models import Thread

__all__ = ["driver", "office"]
pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.chaos]
READ = Scene(drains=("events",), click=False)
REPLAY = Scene(drains=("replaying",), click=False)
DELIVERIES = BATCH + 10
LIVES = 10


@pytest.mark.parametrize("point", REPLAY_POINTS)
def test_each_delivery_is_read_again_once_whoever_dies(office: Office, point: str) -> None:
    thread, agent = make_thread(), make_agent()
    for n in range(DELIVERIES):
        body = json.dumps(report(message_handle=f"m{n}")).encode()
        receive_event(kind="receive", token="", body=body, headers={})
    live(office, READ, thread, until=lambda: not waiting().exists())
    replay = start_replay(author=agent)
    if point == "replaying.due":
        live(office, REPLAY, thread, until=lambda: state_of(replay) == "rehearsed")
        start_for_real(replay, by=agent)
    assert office.live(REPLAY, thread, crash_at=point) == KILLED
    Replay.objects.update(lease_until=now())  # the lease of the dead ran out
    if point == "replaying.batch":
        live(office, REPLAY, thread, until=lambda: state_of(replay) == "rehearsed")
        assert not replay.findings.exists()
        start_for_real(replay, by=agent)
    live(office, REPLAY, thread, until=lambda: state_of(replay) == "done")
    assert replay.total == DELIVERIES
    live(office, READ, thread, until=lambda: not waiting().exists())
    assert Message.objects.count() == DELIVERIES
    assert set(WebhookEvent.objects.values_list("verdict", "replays")) == {("same", 1)}


def live(office: Office, scene: Scene, thread: Thread, *, until: Callable[[], bool]) -> None:
    """Live on, turn by turn: a busy machine gets through less in each."""
    for _ in range(LIVES):
        assert office.live(scene, thread) == 0
        if until():
            return
    raise AssertionError("it does not come to its end")


def waiting() -> QuerySet[WebhookEvent]:
    return WebhookEvent.objects.filter(processed_at=None)


def state_of(replay: Replay) -> str:
    replay.refresh_from_db()
    return replay.state
