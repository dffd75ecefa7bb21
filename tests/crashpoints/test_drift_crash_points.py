"""A worker that dies while it compares both sides, or while it settles what differs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from contacts.actions.comparing import begin
from contacts.actions.repairing import ask
from contacts.actions.settlements import Settlement
from contacts.models import Contact, DriftReport
from sendblue_inbox.clock import now
from tests.factories import make_agent, make_thread

from .test_crash_points import DRIFT_POINTS, KILLED, Office, Scene, driver, office

if TYPE_CHECKING:
    from inbox.models import Thread

__all__ = ["driver", "office"]
pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.chaos]
COMPARED = Scene(drains=("comparing",), click=False)
PHONES = [f"+1415556{place:04d}" for place in range(1005)]


@pytest.fixture
def thread() -> Thread:
    thread = make_thread()
    Contact.objects.update(at_sendblue={}, removed_at=now())
    return thread


@pytest.mark.parametrize("point", DRIFT_POINTS)
def test_the_next_life_goes_on(office: Office, thread: Thread, point: str) -> None:
    office.simulator.reset(contacts=[{"phone": phone} for phone in PHONES], messages=[])
    Contact.objects.bulk_create(Contact(number=phone, at_sendblue={}) for phone in PHONES[3:])
    report, agent = begin(author=None), make_agent()

    def live(crash_at: str = "") -> int:
        DriftReport.objects.update(lease_until=None)  # the lease of the dead ran out
        return office.live(COMPARED, thread, crash_at=crash_at)

    if point == "comparing.page":
        assert live(point) == KILLED
        report.refresh_from_db()
        assert (report.state, report.counts["there"]) == ("reading", 1000)
    assert live() == 0
    report.refresh_from_db()
    assert (report.state, report.counts["same"]) == ("done", 1002)
    assert set(report.items.values_list("number", flat=True)) == set(PHONES[:3])
    lists = office.simulator.ledger("/api/v2/contacts")
    assert len(lists) == 2, "what was read is not read again"

    ask(report.items.all(), Settlement.CREATE_HERE, author=agent)
    if point == "repairing.batch":
        assert live(point) == KILLED
        assert not Contact.objects.filter(number__in=PHONES[:3]).exists()
    assert live() == 0
    assert Contact.objects.filter(number__in=PHONES).count() == len(PHONES)
    assert not report.items.filter(settled_at=None).exists()
