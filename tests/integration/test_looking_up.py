"""Asking Sendblue about people: never more often than it may be, and what its answers are for."""

from __future__ import annotations

import uuid
from datetime import timedelta
from threading import Barrier
from threading import Thread as Worker
from typing import TYPE_CHECKING

import pytest
from django.db import connection

from inbox.actions.forecasting import look_when_unsure, outlook_of, score_of
from inbox.actions.line_keeping import pull_lines
from inbox.actions.looking_up import ask_contact_status, drain_looking, look_up
from inbox.actions.opening import allowance_of, is_new_contact
from inbox.actions.queueing import queue_message
from inbox.actions.sending import drain_sending
from inbox.actions.slices import Slice, ensure_states
from inbox.models import Account, Line, Message, SendState, ServiceCheck, SyncState
from sendblue_inbox.clock import now
from sendblue_inbox.sendblue.client import client_from_settings
from tests.factories import ANNA, BEN, OUR_LINE, make_agent, make_line, make_thread, receive

if TYPE_CHECKING:
    from tests.conftest import Simulator

pytestmark = pytest.mark.django_db(transaction=True)
EVALUATE = "/api/evaluate-service"
ON_SMS = "+12015550194"  # the simulator gives it no iMessage
DRAINS = 8


@pytest.fixture
def site(simulator: Simulator) -> Simulator:
    """An account with our line, and nobody known to it."""
    simulator.reset(lines=[OUR_LINE], contacts=[], messages=[])
    return simulator


def drain_at_once() -> None:
    """Eight workers look at the same moment."""
    start = Barrier(DRAINS)

    def drain() -> None:
        start.wait()
        drain_looking()
        connection.close()

    workers = [Worker(target=drain) for _ in range(DRAINS)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(60)


def pull(site: Simulator) -> Line:
    """Look at the lines as the sync does; our line."""
    ensure_states()
    state = SyncState.objects.get(kind=SyncState.Kind.LINES)
    pull_lines(Slice(state, client_from_settings(), ends_at=1e12))
    return Line.objects.get(number=OUR_LINE)


def test_eight_drains_never_ask_more_often_than_the_allowance(site: Simulator) -> None:
    for at in range(45):
        assert look_up(f"+1415557{at:04}", is_pressed=True)
    assert not look_up(f"+1415557{0:04}", is_pressed=True)  # waits already
    drain_at_once()
    asked = site.ledger(EVALUATE)
    assert len(asked) == 30
    assert len({entry["query"]["number"] for entry in asked}) == 30
    # An hour later the day has 70 left, and the hour 30; a lookup that failed counts as well.
    ServiceCheck.objects.filter(posted_at__isnull=False).update(
        posted_at=now() - timedelta(hours=1, minutes=2)
    )
    Account.objects.update(service_checks_per_day=37)
    site.fault(method="GET", path=EVALUATE, mode={"status": 500, "body": {}}, times=2)
    drain_at_once()
    assert len(site.ledger(EVALUATE)) == 37
    assert ServiceCheck.objects.filter(posted_at__isnull=True).count() == 8
    assert ServiceCheck.objects.filter(error="Sendblue could not say").count() == 2


def test_what_nobody_asked_for_leaves_enough_for_those_who_do(site: Simulator) -> None:
    asked = [look_up(f"+1415557{at:04}") for at in range(30)]
    assert asked == [True] * 20 + [False] * 10
    drain_looking()
    assert not look_up(ANNA)
    assert look_up(ANNA, is_pressed=True)
    drain_looking()
    assert len(site.ledger(EVALUATE)) == 21


def test_a_thread_without_evidence_is_looked_up_once(site: Simulator) -> None:
    thread = make_thread(number=ON_SMS)
    outlook = look_when_unsure(ON_SMS, outlook_of(thread))
    assert (outlook.forecast.service, outlook.lookup.state) == ("", "waiting")
    look_when_unsure(ON_SMS, outlook_of(thread))
    drain_looking()
    outlook = outlook_of(thread)
    assert (outlook.forecast.words, outlook.lookup.state) == ("Likely SMS", "answered")
    look_when_unsure(ON_SMS, outlook)
    assert ServiceCheck.objects.count() == 1
    site.fault(method="GET", path=EVALUATE, mode={"status": 429, "body": {}}, times=1)
    look_up(ON_SMS, is_pressed=True)
    drain_looking()
    outlook = outlook_of(thread)
    assert outlook.lookup.error == "Sendblue allows no more lookups for now"
    assert outlook.forecast.service == "SMS"  # what was known stays known
    assert len(site.ledger(EVALUATE)) == 2


def test_forecasts_are_kept_and_scored_by_how_it_went(site: Simulator) -> None:
    agent, thread = make_agent(), make_thread()
    receive(service="iMessage")

    def write(status: str, service: str) -> Message:
        message = queue_message(thread, author=agent, content="Hi", client_ref=uuid.uuid4())
        Message.objects.filter(pk=message.pk).update(
            status=status, service=service, send_state=SendState.ACCEPTED
        )
        return message

    assert write("DELIVERED", "iMessage").forecast_service == "iMessage"
    assert write("SENT", "SMS").forecast_service == "iMessage"
    write("QUEUED", "iMessage")  # nobody knows yet
    score = score_of(thread.line)
    assert (score.right, score.total) == (1, 2)


def test_caps_are_what_sendblue_says_and_null_is_not_zero(site: Simulator) -> None:
    site.control("POST", f"lines/{OUR_LINE}", {"usage": {"hourly": {"limit": 7, "used": 5}}})
    line = pull(site)
    assert (line.new_contacts_per_hour, line.new_contacts_per_day) == (7, 50)
    assert line.usage
    assert line.usage["hourly"]["used"] == 5
    assert allowance_of(line).left([], now()) == (2, 50)
    nothing = {"limit": None, "used": None, "remaining": None, "nextSlotAt": None}
    site.control("POST", f"lines/{OUR_LINE}", {"usage": {"hourly": nothing}})
    line = pull(site)
    assert line.new_contacts_per_hour == 7
    assert allowance_of(line).left([], now()) == (7, 50)


def test_a_cap_that_we_did_not_know_of_puts_only_new_people_back(site: Simulator) -> None:
    ensure_states()
    site.control("POST", "options", {"new_contacts_per_hour": 1})
    agent, line = make_agent(), make_line()
    SyncState.objects.update(next_run_at=now() + timedelta(hours=1))

    def write(number: str) -> Message:
        thread = make_thread(line, number)
        return queue_message(thread, author=agent, content="Hi", client_ref=uuid.uuid4())

    first, second = write(ANNA), write(BEN)
    drain_sending()
    second.refresh_from_db()
    assert Message.objects.get(pk=first.pk).send_state == SendState.ACCEPTED
    assert second.send_state == SendState.QUEUED
    waits = second.send_after - now()
    assert timedelta(minutes=58) < waits < timedelta(minutes=62), "not the time that was told"
    assert SyncState.objects.get(kind=SyncState.Kind.LINES).next_run_at <= now()
    site.inbound(from_=ON_SMS, to=OUR_LINE, content="Hello?")
    receive(number=ON_SMS)
    answer = write(ON_SMS)
    drain_sending()
    assert Message.objects.get(pk=answer.pk).send_state == SendState.ACCEPTED
    assert len(site.ledger("/api/send-message")) == 3
    assert pull(site).new_contacts_per_hour == 1


def test_whether_the_person_is_new_is_asked_and_believed(site: Simulator) -> None:
    thread = make_thread()
    assert is_new_contact(thread, at=now())
    site.inbound(from_=ANNA, to=OUR_LINE, content="Hello?")
    ask_contact_status(thread)
    drain_looking()
    thread.refresh_from_db()
    assert thread.contact_status["classification"] == "known"
    assert not is_new_contact(thread, at=now())
    ask_contact_status(thread)
    drain_looking()
    assert len(site.ledger("/api/v2/lines/contact-status")) == 1
