"""A worker that dies while it saves contacts at Sendblue, or reads all that Sendblue has."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from contacts.actions.editing import create_contact
from contacts.actions.saving import record_contacts
from contacts.models import Contact, Sweep
from inbox.actions.slices import ensure_states
from inbox.models import SyncState
from sendblue_inbox.clock import now
from sendblue_inbox.sendblue.client import client_from_settings
from tests.factories import ANNA, make_agent, make_thread

from .test_crash_points import (
    BULK_CONTACT_POINTS,
    CONTACT_POINTS,
    KILLED,
    SWEEP_POINTS,
    Office,
    Scene,
    driver,
    office,
)

if TYPE_CHECKING:
    from inbox.models import Thread

__all__ = ["driver", "office"]
pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.chaos]
PUSHED = Scene(drains=("pushing",), click=False)
SWEPT = Scene(drains=("syncing",), click=False)


@pytest.fixture
def thread() -> Thread:
    return make_thread()


@pytest.mark.parametrize("point", CONTACT_POINTS)
def test_an_edit_reaches_sendblue_in_the_next_life(
    office: Office, thread: Thread, point: str
) -> None:
    contact = create_contact(ANNA, author=make_agent(), first_name="Anna", tags=["vip"])
    assert office.live(PUSHED, thread, crash_at=point) == KILLED
    Contact.objects.update(push_after=now())  # the lease of the dead ran out
    assert office.live(PUSHED, thread) == 0
    told = client_from_settings().get_contact(number=ANNA)
    contact.refresh_from_db()
    assert (told.first_name, told.tags) == ("Anna", ("vip",))
    assert (contact.push_state, contact.conflicts) == ("saved", {})


@pytest.mark.parametrize("point", BULK_CONTACT_POINTS)
def test_many_reach_sendblue_in_the_next_life(office: Office, thread: Thread, point: str) -> None:
    agent = make_agent()
    numbers = [f"+1415555{n:04d}" for n in range(12)]
    client_from_settings().create_contact(number=numbers[3], last_name="Quill")
    for number in numbers:
        create_contact(number, author=agent, first_name="Anna")
    assert office.live(PUSHED, thread, crash_at=point) == KILLED
    Contact.objects.filter(push_state="waiting").update(push_after=now())
    assert office.live(PUSHED, thread) == 0
    told = {one.number: one for one in client_from_settings().list_contacts()}
    assert [told[number].first_name for number in numbers] == ["Anna"] * 12
    people = Contact.objects.filter(number__in=numbers)
    assert set(people.values_list("push_state", "conflicts__n")) == {("saved", None)}
    assert people.get(last_name="Quill").number == numbers[3]


@pytest.mark.parametrize("point", SWEEP_POINTS)
def test_a_sweep_goes_on_in_the_next_life(office: Office, thread: Thread, point: str) -> None:
    office.simulator.reset(contacts=30, messages=[])
    client = client_from_settings()
    record_contacts(client.list_contacts())
    gone, here = Contact.objects.exclude(at_sendblue=None).order_by("number")[:2]
    client.delete_contact(number=gone.number)
    Contact.objects.filter(pk=gone.pk).update(missed_sweeps=1)
    client.create_contact(number=ANNA, first_name="Anna")
    ensure_states()
    SyncState.objects.update(next_run_at=None, finished_at=now())
    due = SyncState.objects.filter(kind="contacts")
    due.update(next_run_at=now(), finished_at=None)
    assert office.live(SWEPT, thread, crash_at=point) == KILLED
    due.update(lease_until=None, next_run_at=now())  # the lease of the dead ran out
    assert office.live(SWEPT, thread) == 0
    assert due.get().finished_at
    assert not Sweep.objects.filter(finished_at=None).exists()
    assert all(Sweep.objects.values_list("is_whole", flat=True))
    gone.refresh_from_db()
    here.refresh_from_db()
    assert (gone.first_name, bool(gone.removed_at)) == ("", True)
    assert (here.removed_at, here.missed_sweeps) == (None, 0)
    assert Contact.objects.get(number=ANNA).first_name == "Anna"
