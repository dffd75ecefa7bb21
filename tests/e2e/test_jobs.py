"""One act on many contacts, from choosing them to taking it back, watched by somebody else."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
from playwright.sync_api import expect

from contacts.actions.editing import remove_contact
from contacts.actions.writing import insert_contacts
from contacts.models import BulkJob, Contact

from .screen import focused, without_page_load
from .site import new_number, wait_until
from .watch import axe

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Locator, Page

    from .conftest import Agent, OpenPage
    from .site import Site

MANY = 60  # more than a page


@pytest.fixture
def mark() -> Iterator[str]:
    """A tag that only the people of this test have."""
    mark = f"t{uuid4().hex[:8]}"
    yield mark
    Contact.objects.filter(tags__contains=[mark]).update(tags=[])


def people(mark: str, *names: str) -> list[Contact]:
    """People with these first names and the tag."""
    insert_contacts([Contact(number=new_number(), first_name=name, tags=[mark]) for name in names])
    return list(Contact.objects.filter(tags__contains=[mark]).order_by("first_name"))


def row(page: Page, contact: Contact, words: str = "") -> Locator:
    """The contact in the list of outcomes."""
    return page.locator("#job .job-table tr", has_text=words or contact.first_name)


def test_a_selection_is_tagged_by_keys_and_the_tag_is_taken_back(
    agents: tuple[Agent, Agent], open_page: OpenPage, mark: str
) -> None:
    anna, _bert, cleo = people(mark, "Annalena", "Bertram", "Cleopatra")
    page = open_page(agents[0], f"/contacts/?tag={mark}")
    page.locator(f"#contact-row-{anna.pk} a").first.focus()
    page.keyboard.press("x")
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("x")
    expect(page.locator("#chosen-count")).to_have_text("2 chosen")
    page.get_by_role("button", name="Tag", exact=True).focus()
    page.keyboard.press("Enter")

    expect(page.get_by_role("heading", level=1)).to_have_text("Add a tag to 2 contacts")
    expect(page.locator(".job-facts")).to_contain_text("2 contacts: Annalena, Cleopatra")
    assert focused(page) == "job-argument"
    page.keyboard.type("x" * 101)
    page.keyboard.press("Enter")
    expect(page.locator("#job-argument-error")).to_have_text(
        "A tag has 101 characters; 100 is the most."
    )
    page.locator("#job-argument").fill(f"{mark}-spring")
    page.keyboard.press("Enter")

    expect(page.locator(".job-bars")).to_contain_text("2 of 2 saved")
    expect(page.locator(".job-state")).to_have_text("Done.")
    expect(row(page, cleo)).to_contain_text("Saved")
    for width, dark in ((1280, True), (360, False), (360, True)):
        page.set_viewport_size({"width": width, "height": 740})
        page.emulate_media(color_scheme="dark" if dark else "light", reduced_motion="reduce")
        axe(page)
        wide = "document.documentElement.scrollWidth > document.documentElement.clientWidth"
        assert not page.evaluate(wide)

    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(f"Undo: add the tag “{mark}-spring”")
    expect(page.locator(".job-bars")).to_contain_text("2 of 2 saved")
    assert [one.tags for one in people(mark)] == [[mark]] * 3
    page.get_by_role("link", name=re.compile("the job of")).click()
    expect(page.get_by_role("link", name="Undone")).to_be_visible()
    expect(page.get_by_role("button", name="Undo")).to_have_count(0)


def test_all_that_match_are_deleted_while_somebody_watches(
    live_site: Site, agents: tuple[Agent, Agent], open_page: OpenPage, mark: str
) -> None:
    names = [f"Person {at:02d}" for at in range(MANY)]
    found = people(mark, *names)
    simulator = live_site.simulator
    page = open_page(agents[0], f"/contacts/?tag={mark}")
    page.locator("#choose-page").check()
    page.get_by_role("button", name=re.compile("Choose all")).click()
    expect(page.locator("#chosen-count")).to_have_text(f"{MANY} chosen")
    page.get_by_role("button", name="Save at Sendblue").click()
    page.get_by_role("button", name=f"Save {MANY} contacts at Sendblue").click()
    expect(page.locator(".job-bars")).to_contain_text(f"{MANY} of {MANY} saved")

    page.goto(f"/contacts/?tag={mark}")
    expect(page.locator("#chosen-count")).to_have_text(f"{MANY} chosen")
    page.get_by_role("button", name="Delete").click()
    expect(page.get_by_role("alert")).to_have_count(0)
    expect(page.locator(".note.is-danger")).to_contain_text(
        f"{MANY} contacts are deleted, here and at Sendblue."
    )
    expect(page.locator(".job-facts")).to_contain_text(f"{MANY} contacts: people tagged “{mark}”")
    axe(page)

    # Somebody comes in between the question and the answer: it stops before it begins.
    people(mark, "Newcomer")
    bens = open_page(agents[1], "/contacts/jobs/")
    page.get_by_role("button", name=f"Delete {MANY} contacts").click()
    expect(page.locator(".job-progress")).to_contain_text(f"{MANY + 1} match by now, not {MANY}.")
    assert Contact.objects.filter(tags__contains=[mark], removed_at=None).count() == MANY + 1
    bens.locator("#job-list tr", has_text=mark).get_by_role("link", name="Delete").click()
    expect(bens.locator(".job-state")).to_have_text("Nothing has been done yet.")
    expect(bens.locator(".job-acts")).to_have_count(0)
    bens.locator("html[data-live=on]").wait_for()
    with without_page_load(bens):
        page.get_by_role("button", name=f"Go on with {MANY + 1}").click()
        for one in (page, bens):
            expect(one.locator(".job-bars")).to_contain_text(f"{MANY + 1} of {MANY + 1} deleted")
            expect(one.locator(".job-table")).to_contain_text("Deleted contact")
    there = {contact["phone"] for contact in simulator.state()["contacts"]}
    assert not there & {contact.number for contact in found}

    with without_page_load(bens):
        page.get_by_role("button", name="Undo").click()
        expect(page.locator(".job-bars")).to_contain_text(f"{MANY + 1} of {MANY + 1} saved")
        expect(bens.get_by_role("link", name="Undone")).to_be_visible()
        expect(bens.locator(".job-table")).to_contain_text("Person 07")
    wait_until(
        lambda: (
            {contact["phone"] for contact in simulator.state()["contacts"]}
            >= {contact.number for contact in found}
        ),
        "those who came back are at Sendblue again",
    )


def test_who_cannot_be_assigned_is_named_with_the_reason(
    live_site: Site, agents: tuple[Agent, Agent], open_page: OpenPage, mark: str
) -> None:
    anna, bert, cleo = people(mark, "Annalena", "Bertram", "Cleopatra")
    Contact.objects.filter(pk=cleo.pk).update(assigned_to_email="ben@example.com")
    page = open_page(agents[0], f"/contacts/?tag={mark}", width=360)
    for contact in (anna, bert, cleo):
        page.locator(f"#contact-row-{contact.pk} [type=checkbox]").check()
    page.get_by_role("button", name="Assign").click()
    remove_contact(bert, author=live_site.users["Ben"])
    page.locator("#job-argument").select_option("ben@example.com")
    page.get_by_role("button", name="Assign 3 contacts").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Assign 3 contacts to Ben")
    expect(page.locator(".job-bars")).to_contain_text("1 of 1 saved")
    page.get_by_role("link", name="Refused").click()
    expect(page.locator("#job .job-table tbody tr")).to_have_count(1)
    expect(row(page, bert, "Deleted contact")).to_contain_text("Deleted meanwhile")
    page.get_by_role("link", name="Already so").click()
    expect(row(page, cleo)).to_contain_text("Already so")
    assert BulkJob.objects.latest("pk").counts == {"done": 1, "unchanged": 1, "refused": 1}
