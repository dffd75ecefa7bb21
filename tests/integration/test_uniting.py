"""Two contacts that are one person: merged, followed, found, and taken apart again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from contacts.access import contact_for
from contacts.actions.consenting import record_consent
from contacts.actions.editing import bring_back, edit_contact, remove_contact
from contacts.actions.merging import values_of
from contacts.actions.pushing import drain_pushing
from contacts.actions.saving import ensure_contact, record_contacts
from contacts.actions.uniting import CannotUnite, chosen, part, unite
from contacts.filtering import ContactFilter
from contacts.models import Contact, ContactChange
from contacts.resembling import resembling
from sendblue_inbox.clock import now
from sendblue_inbox.sendblue.client import client_from_settings
from tests.factories import ANNA, BEN, make_agent, make_contact

if TYPE_CHECKING:
    from sendblue_inbox.models import User
    from tests.conftest import Simulator

pytestmark = pytest.mark.django_db(transaction=True)
WORK, THIRD = BEN, "+442071838750"
PRIVATE = {
    "phone": ANNA,
    "first_name": "Anna",
    "last_name": "Alt",
    "tags": ["vip"],
    "custom_variables": {"plan": "gold", "city": "Bern"},
}
AT_WORK = {
    "phone": WORK,
    "first_name": "Ann",
    "company_name": "Alder",
    "tags": ["vip", "work"],
    "custom_variables": {"plan": "silver plus"},
}


@pytest.fixture
def agent() -> User:
    return make_agent()


@pytest.fixture
def two(simulator: Simulator) -> tuple[Contact, Contact]:
    """Anna's private number and the one at work, as Sendblue has them."""
    simulator.reset(contacts=[PRIVATE, AT_WORK], messages=[])
    pull()
    return fresh(ANNA), fresh(WORK)


def pull() -> None:
    record_contacts(client_from_settings().list_contacts())


def fresh(number: str) -> Contact:
    return Contact.objects.get(number=number)


def there(number: str) -> dict[str, Any]:
    told = client_from_settings().get_contact(number=number)
    variables = {name: value for name, value in told.custom_variables.items() if value}
    return {
        "first_name": told.first_name,
        "company_name": told.company_name,
        "tags": list(told.tags),
        "custom_variables": variables,
    }


def found(words: str) -> list[str]:
    return [contact.number for contact in ContactFilter(q=words).contacts()]


def test_both_numbers_say_what_was_chosen_and_go_on_doing_so(
    two: tuple[Contact, Contact], agent: User
) -> None:
    private, work = two
    assert chosen(private, work, {})["custom_variables"]["plan"] == "silver plus", "the fuller one"
    choices = {"custom_variables.plan": "contact", "tags.work": "neither"}
    unite(private, work, author=agent, choices=choices)
    one = {
        "first_name": "Anna",
        "company_name": "Alder",
        "tags": ["vip"],
        "custom_variables": {"plan": "gold", "city": "Bern"},
    }
    assert values_of(fresh(WORK)) == values_of(fresh(ANNA))
    assert found("0124") == found("anna") == [ANNA], "by either number, and as one row"
    assert contact_for(agent, work.pk) == private
    drain_pushing()
    assert there(ANNA) == there(WORK) == one
    assert fresh(WORK).push_state == "saved"
    assert not Contact.objects.filter(push_state="waiting").exists()

    edit_contact(private, author=agent, first_name="Annie", tags=["vip", "new"])
    assert values_of(fresh(WORK)) == values_of(fresh(ANNA)), "in the same moment"
    assert found("0124") == [ANNA]
    drain_pushing()
    assert there(WORK) == there(ANNA) | {"first_name": "Annie"}

    sendblue = client_from_settings()
    sendblue.update_contact(number=ANNA, company_name="Birch")
    sendblue.update_contact(number=WORK, first_name="Wrong")
    pull()
    assert fresh(ANNA).company_name == "Birch"
    assert found("0124") == [ANNA], "what a pull has written is found by every number too"
    assert (fresh(WORK).conflicts, fresh(WORK).first_name) == ({}, "Annie")
    drain_pushing()
    assert (there(WORK)["company_name"], there(WORK)["first_name"]) == ("Birch", "Annie")
    assert values_of(fresh(WORK)) == values_of(fresh(ANNA))
    assert found("0124") == [ANNA]


def test_nothing_is_pushed_twice(
    two: tuple[Contact, Contact], agent: User, simulator: Simulator
) -> None:
    unite(*two, author=agent, choices={})
    for _ in range(3):
        drain_pushing()
        pull()
    # One write each; a row that follows is at rest when both sides are like the person.
    writes = [entry for entry in simulator.ledger() if entry["method"] == "PUT"]
    assert len(writes) == 2


def test_who_may_be_the_same_person_is_offered(agent: User) -> None:
    address = {"mail": "maya.lind@example.com"}
    maya = make_contact(ANNA, first_name="Maya", last_name="Lind", custom_variables=address)
    likely = {
        THIRD: {"custom_variables": {"e-mail": "Maya.Lind@example.com"}},
        "+445550123": {},
        BEN: {"first_name": "maya", "last_name": "lind"},
    }
    for number, fields in likely.items():
        make_contact(number, **fields)
    make_contact("+14155550188", custom_variables={"mail": "lind@maya.example.com"})
    found = resembling(maya, Contact.objects.filter(merged_into=None))
    assert {one.contact.number: one.why for one in found} == {
        THIRD: "The same e-mail address",
        "+445550123": "The same last digits",
        BEN: "The same name",
    }


def test_consent_stays_with_the_number(two: tuple[Contact, Contact], agent: User) -> None:
    private, work = two
    record_consent(work, opted_out=True, as_of=now(), source="word")
    unite(private, work, author=agent, choices={})
    assert (fresh(ANNA).opted_out, fresh(WORK).opted_out) == (False, True)
    assert fresh(WORK).consent_changes.count() == 1


def test_undo_gives_back_what_nobody_edited(two: tuple[Contact, Contact], agent: User) -> None:
    private, work = two
    before = [values_of(private), values_of(work)]
    merge = unite(private, work, author=agent, choices={})
    drain_pushing()
    edit_contact(private, author=agent, company_name="Birch", tags=["vip", "work", "later"])
    assert set(part(merge, author=agent)) == {"company_name", "tags"}
    assert values_of(fresh(WORK)) == before[1]
    assert values_of(fresh(ANNA)) == before[0] | {"company_name": "Birch", "tags": ["vip", "later"]}
    assert (found("0124"), found("birch")) == ([WORK], [ANNA])
    drain_pushing()
    assert there(WORK)["custom_variables"] == {"plan": "silver plus"}
    assert there(ANNA)["custom_variables"] == {"plan": "gold", "city": "Bern"}
    history = ContactChange.objects.filter(contact=private, source="merge", author=agent)
    assert {"company_name", "other_numbers"} <= set(history.values_list("field", flat=True))
    with pytest.raises(CannotUnite, match="undone already"):
        part(merge, author=agent)


def test_chains_lead_to_the_person(two: tuple[Contact, Contact], agent: User) -> None:
    private, work = two
    third = ensure_contact(THIRD)
    first = unite(work, third, author=agent, choices={})
    second = unite(private, third, author=agent, choices={})
    assert second.other == work, "whose number it is"
    assert {row.merged_into for row in (fresh(WORK), fresh(THIRD))} == {private}
    assert found("7183") == [ANNA]
    for pair in ((private, private), (third, work), (work, private)):
        with pytest.raises(CannotUnite, match="one contact already"):
            unite(*pair, author=agent, choices={})
    with pytest.raises(CannotUnite, match="Undo that first"):
        part(first, author=agent)
    part(second, author=agent)
    assert (fresh(THIRD).merged_into, fresh(WORK).merged_into) == (work, None)
    assert values_of(fresh(THIRD)) == values_of(fresh(WORK))
    part(first, author=agent)
    assert (fresh(THIRD).merged_into, fresh(THIRD).name) == (None, "")


def test_deleting_the_person_deletes_all_numbers(
    two: tuple[Contact, Contact], agent: User, simulator: Simulator
) -> None:
    private, work = two
    merge = unite(private, work, author=agent, choices={})
    drain_pushing()
    before = values_of(fresh(ANNA))
    remove_contact(private, author=agent)
    assert (fresh(WORK).first_name, fresh(WORK).removed_at) == ("", fresh(ANNA).removed_at)
    drain_pushing()
    assert client_from_settings().count_contacts() == 0
    with pytest.raises(CannotUnite, match="deleted"):
        part(merge, author=agent)
    bring_back(fresh(ANNA), author=agent)
    assert values_of(fresh(WORK)) == values_of(fresh(ANNA)) == before
    drain_pushing()
    assert client_from_settings().count_contacts() == 2
    # Deleted again, one of the numbers writes: somebody of whom nothing is known.
    remove_contact(fresh(ANNA), author=agent)
    ensure_contact(WORK)
    drain_pushing()
    assert (fresh(WORK).merged_into, fresh(WORK).removed_at, fresh(WORK).name) == (None, None, "")


def test_a_number_that_sendblue_lost_alone_takes_nobody_along(
    two: tuple[Contact, Contact], agent: User
) -> None:
    private, work = two
    unite(private, work, author=agent, choices={})
    drain_pushing()
    # As a sweep writes it down when the contact is missing there for good.
    Contact.objects.filter(pk=private.pk).update(removed_at=now(), push_state="", at_sendblue=None)
    drain_pushing()
    assert (fresh(WORK).merged_into, fresh(WORK).removed_at) == (None, None)
    assert there(WORK)["first_name"] == "Anna"
