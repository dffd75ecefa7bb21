"""A worker that dies while it saves a contact at Sendblue."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from contacts.actions.editing import create_contact
from contacts.models import Contact
from sendblue_inbox.clock import now
from sendblue_inbox.sendblue.client import client_from_settings
from tests.factories import ANNA, make_agent, make_thread

from .test_crash_points import CONTACT_POINTS, KILLED, Office, Scene, driver, office

if TYPE_CHECKING:
    from inbox.models import Thread

__all__ = ["driver", "office"]
pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.chaos]
PUSHED = Scene(drains=("pushing",), click=False)


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
