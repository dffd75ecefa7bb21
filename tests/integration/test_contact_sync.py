"""Thousands of contacts on both sides, changed on both sides at once, end the same on both.

`SYNC_CONTACTS` and `SYNC_SECONDS` scale the storm.
"""

from __future__ import annotations

import contextlib
import os
import random
import threading
import time
from typing import TYPE_CHECKING, Any

import pytest
from django.db import connection

from contacts.actions.editing import create_contact, edit_contact, remove_contact, settle
from contacts.actions.pushing import drain_pushing
from contacts.models import Contact, ContactChange, Label
from sendblue_inbox.sendblue.client import client_from_settings
from sendblue_inbox.sendblue.errors import SendblueError
from tests.factories import make_agent

from .both_sides import here, number, push_all, quick, sweep, there

if TYPE_CHECKING:
    from collections.abc import Callable

    from sendblue_inbox.models import User
    from tests.conftest import Simulator

__all__ = ["quick"]
pytestmark = pytest.mark.django_db(transaction=True)
PEOPLE = int(os.environ.get("SYNC_CONTACTS", "3000"))
SECONDS = float(os.environ.get("SYNC_SECONDS", "3"))
CHANGES_A_SECOND = 50
BULK = "/api/v2/contacts/bulk"
LISTED = "/api/v2/contacts"


@pytest.fixture
def agent() -> User:
    return make_agent()


def some_change(dice: random.Random, n: int) -> dict[str, Any]:
    """What somebody changes of a contact."""
    return dice.choice(
        [
            {"first_name": f"First {n}"},
            {"last_name": f"Last {n}", "company_name": f"Company {n % 7}"},
            {"tags": [f"tag {n % 5}", "vip"]},
            {"custom_variables": {"plan": f"plan {n}"}},
            {"assigned_to_email": f"agent{n % 3}@example.com"},
        ]
    )


def storm(work: Callable[[random.Random, int], None], *, each: float, seed: int) -> Any:
    """A thread that changes something `each` so many seconds."""
    failed: list[BaseException] = []

    def run() -> None:
        dice, start = random.Random(seed), time.monotonic()
        try:
            for n in range(int(SECONDS / each)):
                time.sleep(max(0.0, start + n * each - time.monotonic()))
                work(dice, n)
        except BaseException as error:
            failed.append(error)
        finally:
            connection.close()

    thread = threading.Thread(target=run)
    thread.start()
    return thread, failed


@pytest.mark.usefixtures("quick")
def test_a_storm_of_changes_on_both_sides_leaves_no_difference(
    simulator: Simulator, agent: User
) -> None:
    options = {"requests_per_10_s": 0}
    simulator.reset(contacts=PEOPLE, messages=[], options=options)
    started = time.monotonic()
    assert sweep().is_whole
    pulled = time.monotonic() - started
    assert Contact.objects.filter(removed_at=None).count() == PEOPLE

    def change_there(dice: random.Random, n: int) -> None:
        client, who = client_from_settings(), number(dice.randrange(PEOPLE))
        with contextlib.suppress(SendblueError):  # of somebody who was deleted, or by a fault
            if n % 5 == 0:
                client.create_contact(number=number(PEOPLE + n), first_name=f"New {n}")
            elif n % 5 == 1:
                client.delete_contact(number=who)
            else:
                client.update_contact(number=who, **some_change(dice, n))

    def change_here(dice: random.Random, n: int) -> None:
        if n % 5 == 0:
            create_contact(number(2 * PEOPLE + n), author=agent, **some_change(dice, n))
            return
        person = Contact.objects.filter(number=number(dice.randrange(PEOPLE))).first()
        if person and not person.removed_at:
            if n % 5 == 1:
                remove_contact(person, author=agent)
            else:
                edit_contact(person, author=agent, **some_change(dice, n))

    both = [
        storm(change_there, each=1 / CHANGES_A_SECOND, seed=1),
        storm(change_here, each=3 / CHANGES_A_SECOND, seed=2),
    ]
    for mode in ("reset_after", "error_after", "truncated", "error_before"):
        simulator.fault(method="POST", path=BULK, mode=mode)
        simulator.fault(method="PUT", path="/api/v2/contacts/*", mode=mode)
        simulator.fault(method="GET", path=LISTED, mode=mode)
    while any(thread.is_alive() for thread, _ in both):
        drain_pushing()
        with contextlib.suppress(SendblueError):  # the next one goes on from there
            sweep()
    for thread, failed in both:
        thread.join()
        assert failed == []

    for _ in range(4):  # as the next days do
        push_all()
        sweep()
    for person in Contact.objects.exclude(conflicts={}):
        for field in person.conflicts:
            settle(person, field, author=agent, keep_ours=person.pk % 2 == 0)
    push_all()
    assert sweep().missed == 0
    ours, theirs = here(), there(simulator)
    assert {who: (ours.get(who), theirs.get(who)) for who in {*ours, *theirs}} == {
        who: (same, same) for who, same in theirs.items()
    }
    states = set(Contact.objects.values_list("push_state", flat=True))
    assert states <= {"", "saved"}
    assert ContactChange.objects.filter(source="sendblue").exists()
    assert Label.objects.filter(name="vip").exists()
    took = time.monotonic() - started
    print(f"{PEOPLE} contacts: pulled in {pulled:.1f} s, all of it in {took:.1f} s")
