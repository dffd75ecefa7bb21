"""Contacts that are changed here and at Sendblue, at once and in any order."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contacts.actions.editing import create_contact, edit_contact, remove_contact, settle
from contacts.actions.merging import NOTHING, merged
from contacts.actions.pushing import difference, drain_pushing
from contacts.actions.saving import record_contacts
from contacts.models import Contact
from sendblue_inbox.sendblue.client import client_from_settings
from tests.factories import ANNA, make_agent

if TYPE_CHECKING:
    from tests.conftest import Simulator

pytestmark = pytest.mark.django_db(transaction=True)

words = st.sampled_from(["", "a", "b"])
sides = st.fixed_dictionaries(
    {
        **dict.fromkeys(NOTHING, words),
        "tags": st.lists(st.sampled_from("abc"), unique=True),
        "custom_variables": st.dictionaries(st.sampled_from("xy"), st.sampled_from("ab")),
    }
)


def pull(simulator: Simulator) -> None:
    record_contacts(client_from_settings().list_contacts())


def at_sendblue(number: str = ANNA) -> Any:
    return client_from_settings().get_contact(number=number)


@pytest.fixture
def agent() -> Any:
    return make_agent()


@given(sides, sides, sides)
def test_a_merge_loses_no_edit_of_either_side(
    ours: dict[str, Any], base: dict[str, Any], theirs: dict[str, Any]
) -> None:
    kept, conflicts = merged(ours, base, theirs)
    for name in ("first_name", "company_name"):
        if ours[name] == base[name]:
            assert kept[name] == theirs[name]
        elif theirs[name] == base[name] or theirs[name] == ours[name]:
            assert kept[name] == ours[name]
        else:
            assert (kept[name], conflicts[name]) == (ours[name], theirs[name])
    mine, first, other = set(ours["tags"]), set(base["tags"]), set(theirs["tags"])
    assert set(kept["tags"]) == (mine | (other - first)) - (first - other)
    again, none = merged(kept, kept, kept)
    assert (again, none) == (kept, {})


@given(sides, sides)
def test_a_difference_turns_theirs_into_ours(ours: dict[str, Any], theirs: dict[str, Any]) -> None:
    body = difference(ours, theirs)
    variables = theirs["custom_variables"] | body.get("custom_variables", {})
    after = theirs | body
    after["custom_variables"] = {label: value for label, value in variables.items() if value}
    assert after == ours


def test_an_edit_reaches_sendblue_and_says_so(simulator: Simulator, agent: Any) -> None:
    simulator.reset(contacts=[], messages=[])
    contact = create_contact(ANNA, author=agent, first_name="Anna", custom_variables={"plan": "a"})
    assert contact.push_state == "waiting"
    drain_pushing()
    assert (at_sendblue().first_name, at_sendblue().custom_variables) == ("Anna", {"plan": "a"})
    contact.refresh_from_db()
    assert (contact.push_state, contact.push_error, contact.conflicts) == ("saved", "", {})
    edit_contact(contact, author=agent, custom_variables={}, company_name="Alder", tags=["vip"])
    drain_pushing()
    told = at_sendblue()
    assert (told.company_name, told.tags) == ("Alder", ("vip",))
    contact.refresh_from_db()
    assert (contact.push_state, contact.custom_variables) == ("saved", {})
    pull(simulator)
    contact.refresh_from_db()
    assert contact.custom_variables == {}, "a variable that was removed here does not come back"
    history = contact.changes.order_by("pk").values_list("field", "source", "author")
    assert ("company_name", "agent", agent.pk) in history


def test_where_both_sides_changed_a_person_picks(simulator: Simulator, agent: Any) -> None:
    simulator.reset(contacts=[{"phone": ANNA, "first_name": "Anna", "last_name": "Alt"}])
    pull(simulator)
    contact = Contact.objects.get(number=ANNA)
    client_from_settings().update_contact(number=ANNA, first_name="Anne", company_name="Birch")
    edit_contact(contact, author=agent, first_name="Annie", tags=["vip"])
    pull(simulator)
    contact.refresh_from_db()
    assert (contact.first_name, contact.company_name) == ("Annie", "Birch")
    assert contact.conflicts == {"first_name": "Anne"}
    drain_pushing()
    told = at_sendblue()
    assert (told.first_name, told.tags) == ("Anne", ("vip",)), "nobody has picked yet"
    settle(contact, "first_name", author=agent, keep_ours=True)
    drain_pushing()
    assert at_sendblue().first_name == "Annie"
    contact.refresh_from_db()
    assert (contact.conflicts, contact.push_state) == ({}, "saved")


def test_what_sendblue_knew_before_is_met_not_overwritten(simulator: Simulator, agent: Any) -> None:
    simulator.reset(contacts=[{"phone": ANNA, "first_name": "Anna", "company_name": "Birch"}])
    contact = create_contact(ANNA, author=agent, first_name="Annie")
    drain_pushing()
    contact.refresh_from_db()
    assert (contact.first_name, contact.company_name) == ("Annie", "Birch")
    assert contact.conflicts == {"first_name": "Anna"}
    assert at_sendblue().first_name == "Anna"


def test_an_edit_during_a_push_is_pushed_too(simulator: Simulator, agent: Any) -> None:
    simulator.reset(contacts=[])
    contact = create_contact(ANNA, author=agent, first_name="Anna")
    simulator.fault(method="PUT", path=f"/api/v2/contacts/{ANNA}", mode="error_after", times=1)
    drain_pushing()
    contact.refresh_from_db()
    assert contact.push_state == "waiting"
    edit_contact(contact, author=agent, first_name="Annie")
    drain_pushing()
    contact.refresh_from_db()
    assert (at_sendblue().first_name, contact.push_state) == ("Annie", "saved")
    assert contact.conflicts == {}


def test_a_removed_contact_is_gone_there_and_nameless_here(
    simulator: Simulator, agent: Any
) -> None:
    simulator.reset(contacts=[{"phone": ANNA, "first_name": "Anna", "tags": ["vip"]}])
    pull(simulator)
    contact = remove_contact(Contact.objects.get(number=ANNA), author=agent)
    pull(simulator)
    drain_pushing()
    contact.refresh_from_db()
    assert (contact.first_name, contact.tags, contact.push_state) == ("", [], "saved")
    assert client_from_settings().count_contacts() == 0
