"""Many contacts saved at Sendblue, and read back from there, whatever goes wrong on the way."""

from __future__ import annotations

import time
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from django.db import transaction

from contacts.actions import push_pacing, sweeping
from contacts.actions.consenting import record_consent
from contacts.actions.editing import edit_contact, remove_contact
from contacts.actions.merging import values_of
from contacts.actions.push_pacing import push_forecast
from contacts.actions.pushing import drain_pushing
from contacts.actions.writing import insert_contacts
from contacts.models import Contact
from sendblue_inbox.clock import now
from sendblue_inbox.sendblue.client import client_from_settings
from tests.factories import ANNA, BEN, make_agent, moment

from .both_sides import here, number, push_all, quick, sweep, there, waiting

if TYPE_CHECKING:
    from sendblue_inbox.models import User
    from tests.conftest import Simulator

__all__ = ["quick"]
pytestmark = pytest.mark.django_db(transaction=True)
BULK = "/api/v2/contacts/bulk"
LISTED = "/api/v2/contacts"


@pytest.fixture
def agent() -> User:
    return make_agent()


@pytest.mark.parametrize(
    "trouble",
    [
        {"options": {}},
        {"options": {"bulk_drops": "7"}},
        {"options": {"bulk_hides": "7"}},
        *({"mode": mode, "times": 2} for mode in ("reset_after", "error_after", "html_200")),
        {"mode": "timeout_after", "delay_s": 0.2, "times": 1},
        {"status": 429, "body": {"status": "ERROR"}, "headers": {"retry-after": "1"}, "times": 2},
        {"status": 400, "body": {"status": "ERROR", "message": "No"}, "times": 3},
    ],
    ids=str,
)
@pytest.mark.usefixtures("quick")
def test_many_are_saved_whatever_becomes_of_the_bulk_calls(
    simulator: Simulator, trouble: dict[str, Any]
) -> None:
    # One is there already, and was changed by somebody of whom we do not know.
    known = {"phone": number(5), "company_name": "Birch", "tags": ["old"]}
    options = {"requests_per_10_s": 0} | trouble.get("options", {})
    simulator.reset(contacts=[known], messages=[], options=options)
    if "options" not in trouble:
        simulator.fault(method="POST", path=BULK, **trouble)
    waiting(120)
    insert_contacts([Contact(number="12", push_state="waiting", push_after=moment(-90))])
    push_all()
    refused = Contact.objects.get(number="12")
    assert (refused.push_state, bool(refused.push_error)) == ("refused", True)
    assert set(Contact.objects.exclude(number="12").values_list("push_state", "conflicts__n")) == {
        ("saved", None)
    }
    ours = here()
    del ours["12"]
    assert ours == there(simulator)
    assert ours[number(5)] == ("P5", "", "Birch", "", ["new", "old"], {"n": "5"})


@pytest.mark.usefixtures("quick")
def test_many_cost_few_requests_and_an_edit_does_not_wait_for_them(
    simulator: Simulator, agent: User
) -> None:
    simulator.reset(contacts=[], messages=[], options={"requests_per_10_s": 0})
    people = waiting(450)
    edited = edit_contact(people[400], author=agent, company_name="Alder")
    while Contact.objects.filter(push_state="waiting").exists():
        drain_pushing()
    posts = [entry for entry in simulator.ledger(BULK) if entry["method"] == "POST"]
    assert len(posts) == 10, "five batches, each read before it is written"
    first = {row["phone"] for row in posts[0]["body"]["contacts"]}
    assert edited.number in first
    assert len(simulator.ledger("/api/v2/contacts*")) == 10
    assert here() == there(simulator)
    for person in people[:40]:
        remove_contact(person, author=agent)
    # Somebody else was faster: fewer go than were asked for, and each is asked about.
    client_from_settings().delete_contact(number=people[0].number)
    push_all()
    assert len(there(simulator)) == 410
    assert here() == there(simulator)
    # Those of whom Sendblue has never heard cost one request, not one each.
    before = len(simulator.ledger("/api/v2/contacts*"))
    gone: dict[str, Any] = {"push_state": "waiting", "removed_at": now()}
    insert_contacts(
        [Contact(number=number(900 + n), push_after=moment(-9), **gone) for n in range(60)]
    )
    push_all()
    assert len(simulator.ledger("/api/v2/contacts*")) == before + 1


def test_all_workers_together_take_half_of_what_the_account_may_ask(simulator: Simulator) -> None:
    started = time.monotonic()
    for _ in range(14):  # ten at once, then four a second
        push_pacing.take_place()
    assert time.monotonic() - started > 0.9
    assert push_forecast(bulk=100_000) == timedelta(seconds=497.5)
    assert push_forecast(single=5) == timedelta(0)
    simulator.reset(contacts=[], messages=[])
    simulator.fault(path=LISTED, method="POST", status=429, body={}, headers={"retry-after": "30"})
    waiting(2)
    drain_pushing()
    with pytest.raises(push_pacing.NoPlace):
        push_pacing.take_place()


def test_what_was_deleted_there_is_believed_after_two_whole_sweeps(
    simulator: Simulator, agent: User
) -> None:
    options = {"requests_per_10_s": 0}
    rows = [{"phone": number(n), "first_name": f"P{n}", "tags": ["vip"]} for n in range(6)]
    simulator.reset(contacts=rows, messages=[], options=options)
    sweep()
    gone, edited, removed, kept = (Contact.objects.get(number=number(n)) for n in range(4))
    client = client_from_settings()
    client.delete_contacts(numbers=[number(n) for n in range(3)])
    assert (sweep().missed, Contact.objects.filter(missed_sweeps=1).count()) == (3, 3)
    # A sweep that shows fewer than Sendblue counts proves nothing, and undoes nothing.
    answer = {"status": 200, "body": {"count": 9}}
    simulator.fault(method="GET", path="/api/v2/contacts/count", times=9, **answer)
    short = sweep()
    simulator.control("DELETE", "faults")
    assert (short.is_whole, short.seen, short.counted) == (False, 3, 9)
    assert Contact.objects.filter(missed_sweeps=1).count() == 3
    edit_contact(edited, author=agent, company_name="Alder")
    remove_contact(removed, author=agent)
    assert sweep().missed == 3
    for contact in (gone, edited, removed, kept):
        contact.refresh_from_db()
    assert (gone.first_name, gone.tags, bool(gone.removed_at)) == ("", [], True)
    history = gone.changes.filter(source="sendblue").values_list("field", "before")
    assert dict(history) == {"first_name": "P0", "tags": ["vip"]}
    assert (edited.push_state, edited.at_sendblue) == ("waiting", None)
    assert "saved there again" in edited.push_error
    assert (removed.push_state, bool(removed.removed_at)) == ("saved", True)
    assert kept.first_name == "P3"
    push_all()
    assert there(simulator) == here()
    assert there(simulator)[number(1)][:3] == ("P1", "", "Alder")
    # Somebody makes the contact there once more: it comes back.
    client.create_contact(number=number(0), first_name="Again")
    sweep()
    gone.refresh_from_db()
    assert (gone.first_name, gone.removed_at) == ("Again", None)


def test_a_push_makes_whole_again_what_was_deleted_there(simulator: Simulator, agent: User) -> None:
    rows = [{"phone": number(n), "first_name": "Ada", "last_name": "Quill"} for n in range(9)]
    simulator.reset(contacts=rows, messages=[])
    sweep()
    client_from_settings().delete_contacts(numbers=[number(n) for n in range(9)])
    for person in Contact.objects.all():
        edit_contact(person, author=agent, company_name="Alder")
    push_all()
    assert {person[:3] for person in there(simulator).values()} == {("Ada", "Quill", "Alder")}
    assert here() == there(simulator)


def test_an_old_page_does_not_undo_a_push(simulator: Simulator, agent: User) -> None:
    simulator.reset(contacts=[{"phone": ANNA, "first_name": "Anna"}], messages=[])
    sweep()
    contact = Contact.objects.get(number=ANNA)
    reader = sweeping.Reader(client_from_settings())
    page = next(reader.pages(None))
    edit_contact(contact, author=agent, first_name="Annie")
    push_all()
    reader.record(page)
    contact.refresh_from_db()
    assert (contact.first_name, contact.conflicts) == ("Annie", {})


def test_what_is_too_long_for_us_stops_nobody(simulator: Simulator) -> None:
    long = {"phone": ANNA, "first_name": "A" * 999, "tags": ["t" * 999], "company_name": "Birch"}
    simulator.reset(contacts=[long, {"phone": BEN, "first_name": "Ben"}], messages=[])
    assert sweep().is_whole
    anna = Contact.objects.get(number=ANNA)
    assert (len(anna.first_name), len(anna.tags[0]), anna.company_name) == (200, 100, "Birch")
    assert Contact.objects.get(number=BEN).first_name == "Ben"


def test_our_own_lost_push_is_no_change_of_theirs(simulator: Simulator, agent: User) -> None:
    simulator.reset(contacts=[{"phone": ANNA, "first_name": "Anna", "tags": ["a"]}], messages=[])
    sweep()
    contact = Contact.objects.get(number=ANNA)
    edit_contact(contact, author=agent, first_name="Annie", custom_variables={"plan": "a"})
    simulator.fault(method="PUT", path=f"{LISTED}/{ANNA}", mode="reset_after")
    drain_pushing()
    edit_contact(contact, author=agent, first_name="Anne", custom_variables={"plan": "b"})
    sweep()
    contact.refresh_from_db()
    assert (contact.first_name, contact.conflicts) == ("Anne", {})
    push_all()
    assert there(simulator)[ANNA] == ("Anne", "", "", "", ["a"], {"plan": "b"})
    edit_contact(contact, author=agent, custom_variables={})
    push_all()
    contact.refresh_from_db()
    assert (contact.leftovers, contact.push_state) == (["plan"], "saved"), "and the card says so"


def test_what_agents_note_of_consent_reaches_sendblue(simulator: Simulator, agent: User) -> None:
    people = [{"phone": phone, "first_name": "A"} for phone in (ANNA, BEN)]
    simulator.reset(contacts=people, messages=[])
    sweep()
    words = {ANNA: "agent", BEN: "word"}
    for who, source in words.items():
        contact = Contact.objects.get(number=who)
        with transaction.atomic():
            record_consent(contact, opted_out=True, as_of=now(), source=source)
            edit_contact(contact, author=agent, last_name="B")
    push_all()
    asked = simulator.ledger("/api/v2/contacts/opt-out")
    assert [entry["body"] for entry in asked] == [{"number": ANNA, "opted_out": True}]
    anna = Contact.objects.get(number=ANNA)
    assert (anna.push_state, (anna.at_sendblue or {})["opt_out"]) == ("saved", True)
    assert values_of(anna)["last_name"] == "B"
    drain_pushing()
    assert len(simulator.ledger("/api/v2/contacts/opt-out")) == 1
