"""Sendblue's lists alone bring everything here, once, whatever fails on the way."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from io import StringIO
from typing import TYPE_CHECKING, Any

import pytest
from django.core.management import CommandError, call_command
from django.db.models import Q

from contacts.models import Contact
from inbox.actions.slices import claim, ensure_states
from inbox.actions.syncing import JOBS, drain_syncing, run_slice, start_over
from inbox.models import Account, Line, Message, SyncState, Thread
from sendblue_inbox.clock import now
from tests.factories import ANNA, OUR_LINE

if TYPE_CHECKING:
    from tests.conftest import Simulator

pytestmark = pytest.mark.django_db(transaction=True)
MESSAGES = "/api/v2/messages"
NOW = datetime.now(UTC).replace(microsecond=0)


def ago(seconds: float) -> str:
    """A time in the past as Sendblue writes it."""
    moment = NOW - timedelta(seconds=seconds)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def said(n: int, seconds_ago: float, **fields: Any) -> dict[str, Any]:
    """A message for the simulator's memory."""
    number = f"+1312200{n % 40:04d}"
    return {
        "number": number,
        "sendblue_number": OUR_LINE,
        "content": f"message {n}",
        "message_handle": f"handle-{n:06d}",
        "is_outbound": n % 3 == 0,
        "status": "RECEIVED" if n % 3 else "SENT",
        "date_sent": ago(seconds_ago),
    } | fields


def sync() -> None:
    """Let the workers come round until nothing is left to do, as if no time passed meanwhile."""
    ensure_states()
    for _ in range(100):
        # Waiting for the next attempt is not what these tests are about.
        SyncState.objects.filter(failures__gt=0).update(next_run_at=NOW)
        drain_syncing()
        due = Q(failures__gt=0) | Q(kind__in=JOBS, next_run_at__lte=now())
        if not SyncState.objects.filter(due).exists():
            return
    raise AssertionError(list(SyncState.objects.values("kind", "failures", "error")))


def poll() -> None:
    """The next look at what changed."""
    SyncState.objects.filter(kind="messages").update(next_run_at=NOW)
    sync()


def contents() -> Counter[str]:
    return Counter(Message.objects.values_list("content", flat=True))


def everything() -> list[Any]:
    """All rows that a sync may write, except when it ran."""
    return [
        sorted(model.objects.values_list(*fields))
        for model, fields in (
            (Message, ("message_handle", "status", "revision", "first_revision", "is_news")),
            (Thread, ("pk", "revision", "last_content", "last_message_at", "trouble_count")),
            (Contact, ("number", "first_name", "last_name", "opted_out", "updated_at")),
            (Line, ("number", "is_ours", "status", "assignment", "new_contacts_per_hour")),
        )
    ]


def big_history() -> list[dict[str, Any]]:
    """2,500 messages: 650 one by one, 1,200 at one and the same moment, 650 one by one."""
    times = [*range(60, 710), *[800] * 1200, *range(900, 1550)]
    return [said(n, seconds) for n, seconds in enumerate(times)]


def test_2500_messages_of_which_1200_share_one_timestamp_arrive_once(simulator: Simulator) -> None:
    simulator.reset(contacts=[], messages=big_history())
    sync()
    assert contents() == Counter(f"message {n}" for n in range(2500))
    assert SyncState.objects.get(kind="history").finished_at
    # No page shifted: offsets never went further than the group of equal times.
    asked = simulator.ledger(path=MESSAGES)
    assert max(int(entry["query"].get("offset", 0)) for entry in asked) < 1300
    assert {entry["status"] for entry in asked} == {200}, "the request rate was used up"
    thread = Thread.objects.latest("last_message_at")
    newest = thread.messages.latest("date_sent")
    assert (thread.last_message_at, thread.last_content) == (newest.date_sent, newest.content)


@pytest.mark.parametrize(
    "fault",
    [
        {"mode": "error_before"},
        {"mode": "truncated"},
        {"mode": "html_200"},
        {"mode": "reset_after"},
        {"status": 429, "body": {"status": "ERROR", "message": "Slow down"}},
        {"status": 401, "body": {"status": "ERROR", "message": "Unauthorized"}},
    ],
    ids=lambda fault: fault.get("mode") or str(fault["status"]),
)
def test_a_sync_that_fails_on_a_page_goes_on_from_there(
    simulator: Simulator, fault: dict[str, Any]
) -> None:
    simulator.reset(contacts=[], messages=[said(n, 60 + n) for n in range(250)])
    ensure_states()
    for kind in ("lines", "messages", "contacts"):  # then the history begins
        SyncState.objects.exclude(kind=kind).update(next_run_at=None)
        SyncState.objects.filter(kind=kind).update(next_run_at=NOW)
        drain_syncing()
    SyncState.objects.filter(kind="history").update(next_run_at=NOW)
    # Three tries of the third page are spoiled: as many as a read makes.
    healthy = {"method": "GET", "path": MESSAGES, "mode": "slow", "delay_s": 0.0, "times": 2}
    simulator.fault(**healthy)
    simulator.fault(method="GET", path=MESSAGES, times=3, **fault)
    drain_syncing()
    history = SyncState.objects.get(kind="history")
    assert history.failures == 1
    assert history.error
    assert 0 < Message.objects.count() < 250
    sync()
    assert contents() == Counter(f"message {n}" for n in range(250))
    assert not Account.objects.exclude(keys_refused="", sending_paused_at=None).exists()


def test_the_worker_that_takes_over_from_a_dead_one_starts_at_its_last_page(
    simulator: Simulator,
) -> None:
    simulator.reset(contacts=[], messages=[said(n, 60 + n) for n in range(350)])
    ensure_states()
    SyncState.objects.filter(kind="lines").update(finished_at=NOW, next_run_at=None)
    SyncState.objects.filter(kind="history").update(backfilled_to=NOW - timedelta(seconds=260))
    assert claim(["history"], even_if_not_due=True)
    drain_syncing()
    assert SyncState.objects.get(kind="history").finished_at is None, "the lease was not honoured"
    SyncState.objects.filter(kind="history").update(lease_until=NOW - timedelta(seconds=1))
    sync()
    # Older than the place, and the last minute by way of the changes.
    assert set(contents()) == {f"message {n}" for n in range(350) if n >= 200 or n <= 60}


def test_what_the_webhooks_missed_arrives_by_the_poll(simulator: Simulator) -> None:
    simulator.reset(contacts=[], messages=[said(n, 7200 + n) for n in range(5)])
    sync()
    [handle] = simulator.inbound(from_=ANNA, to=OUR_LINE, content="Is anybody there?")
    simulator.control("POST", "status", {"message_handle": "handle-000003", "status": "ERROR"})
    poll()
    arrived = Message.objects.get(message_handle=handle)
    assert (arrived.content, arrived.is_news) == ("Is anybody there?", True)
    assert Message.objects.get(message_handle="handle-000003").stage == "failed"
    assert Message.objects.count() == 6


def test_an_account_that_began_empty_loses_nothing_of_a_long_silence(simulator: Simulator) -> None:
    simulator.reset(contacts=[], messages=[])
    sync()
    assert SyncState.objects.get(kind="messages").finished_at
    simulator.reset(contacts=[], messages=[said(n, 3600 * n + 60) for n in range(6)])
    poll()
    assert contents() == Counter(f"message {n}" for n in range(6))


def test_what_changes_during_the_first_fill_is_not_lost(simulator: Simulator) -> None:
    simulator.reset(
        contacts=[],
        messages=[said(n, 3600) for n in range(300)],
        options={"requests_per_10_s": 0},
    )
    ensure_states()
    SyncState.objects.filter(kind="lines").update(finished_at=NOW, next_run_at=None)
    changed = {f"handle-{n:06d}" for n in range(0, 60, 3)}
    for handle in sorted(changed):
        body = {"message_handle": handle, "status": "ERROR", "error_code": 10001}
        simulator.control("POST", "status", body)
        SyncState.objects.filter(kind="history").update(next_run_at=NOW)
        run_slice(claim(["history"]), ends_at=0)  # one page
        SyncState.objects.filter(kind="messages").update(next_run_at=NOW)
        run_slice(claim(["messages"]), ends_at=0)
    sync()
    poll()
    assert contents() == Counter(f"message {n}" for n in range(300))
    failed = Message.objects.filter(status="ERROR").values_list("message_handle", flat=True)
    assert set(failed) == changed


def test_a_second_run_changes_nothing(simulator: Simulator) -> None:
    sync()
    before = everything()
    assert before[0]
    assert before[2]
    call_command("sync_sendblue", full=True, stdout=StringIO())
    start_over()
    sync()
    assert everything() == before


def test_history_comes_newest_first_and_old_messages_are_not_news(simulator: Simulator) -> None:
    day = 24 * 3600
    simulator.reset(
        contacts=[], messages=[said(n, n * day / 2 + 99, number=ANNA) for n in range(8)]
    )
    sync()
    arrived = Message.objects.order_by("pk").values_list("content", flat=True)
    assert list(arrived) == [f"message {n}" for n in range(8)]
    thread = Thread.objects.get()
    assert thread.last_content == "message 0"
    news = Message.objects.filter(is_news=True).values_list("content", flat=True)
    assert set(news) == {"message 1"}, "of the last day, and from the person"


def test_contacts_and_lines_are_those_of_the_account(simulator: Simulator) -> None:
    people = [
        {"number": f"+1312200{n:04d}", "first_name": f"P{n}", "created_at": ago(1000 - n // 500)}
        for n in range(2300)
    ]
    simulator.reset(contacts=people, messages=[])
    Line.objects.create(number="+14155550999")
    sync()
    assert Contact.objects.count() == 2300
    assert Contact.objects.filter(first_name="P1234").exists()
    assert not Line.objects.get(number="+14155550999").is_ours
    line = Line.objects.get(number=OUR_LINE)
    assert (line.is_ours, line.status, line.new_contacts_per_hour) == (True, "ONLINE", 15)
    simulator.control(
        "POST", f"lines/{OUR_LINE}", {"status": "DEGRADED", "usage": {"hourly": {"limit": 7}}}
    )
    start_over()
    sync()
    line.refresh_from_db()
    assert (line.status, line.new_contacts_per_hour) == ("DEGRADED", 7)


def test_refused_keys_stop_the_sends_until_a_read_works_again(
    simulator: Simulator, settings: Any
) -> None:
    settings.SENDBLUE_API_SECRET_KEY = "wrong"
    ensure_states()
    drain_syncing()
    account = Account.objects.get()
    assert account.keys_refused
    assert account.sending_paused_at
    assert "keys" in SyncState.objects.get(kind="lines").error
    with pytest.raises(CommandError, match="SENDBLUE_API_SECRET_KEY"):
        call_command("sync_sendblue", stdout=StringIO())
    settings.SENDBLUE_API_SECRET_KEY = simulator.secret_key
    sync()
    account.refresh_from_db()
    assert (account.keys_refused, account.sending_paused_at) == ("", None)


def test_the_command_asks_again_for_what_changed_since_a_moment(simulator: Simulator) -> None:
    simulator.reset(contacts=[], messages=[said(n, 3600 * n + 99) for n in range(10)])
    call_command("sync_sendblue", stdout=StringIO())
    Message.objects.all().delete()
    output = StringIO()
    call_command("sync_sendblue", since=NOW - timedelta(hours=4), stdout=output)
    assert set(contents()) == {f"message {n}" for n in range(4)}
    assert "messages: 4 read, done" in output.getvalue()
    assert "+1" not in output.getvalue()
