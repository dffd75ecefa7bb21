"""The list of people in a browser: found, narrowed, paged, chosen, and changed by somebody else."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
from django.conf import settings
from playwright.sync_api import expect

from contacts.actions.editing import edit_contact
from contacts.actions.exporting import start_export
from contacts.actions.labelling import note_labels
from contacts.actions.writing import insert_contacts
from contacts.models import Contact, ContactExport

from .screen import focused, without_page_load
from .site import new_number, wait_until
from .watch import axe

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from playwright.sync_api import BrowserContext, Locator, Page

    from .conftest import Agent, OpenPage
    from .site import Site

MANY = 120  # three pages


@pytest.fixture
def mark() -> Iterator[str]:
    """A tag that only the people of this test have; they are gone afterwards."""
    mark = f"t{uuid4().hex[:8]}"
    note_labels(tags=[mark])
    yield mark
    Contact.objects.filter(tags__contains=[mark]).delete()


def people(mark: str, *names: str, **columns: object) -> list[Contact]:
    """People with these first names and the tag."""
    insert_contacts(
        [Contact(number=new_number(), first_name=name, tags=[mark], **columns) for name in names]
    )
    return list(Contact.objects.filter(tags__contains=[mark]).order_by("first_name"))


def row(page: Page, contact: Contact) -> Locator:
    return page.locator(f"#contact-row-{contact.pk}")


def chosen(page: Page) -> Locator:
    return page.locator("#chosen-count")


def test_people_are_searched_narrowed_sorted_and_the_address_says_so(
    agents: tuple[Agent, Agent], open_page: OpenPage, mark: str
) -> None:
    anna, *_ = people(mark, "Annika", "Bjarne", "Chantal")
    Contact.objects.filter(pk=anna.pk).update(opted_out=True, company_name="Zebra Works")
    page = open_page(agents[0], "/contacts/")
    expect(page.locator("#contact-count")).to_contain_text("contacts")
    with without_page_load(page):
        page.keyboard.press("/")
        page.keyboard.type(f"{mark} ", delay=20)
        expect(page.locator("#contact-rows > tr")).to_have_count(3)
        page.keyboard.type("chan", delay=20)
        expect(page.locator("#contact-rows > tr")).to_have_count(1)
        assert focused(page) == "search"
        expect(page).to_have_url(re.compile(rf"/contacts/\?q={mark}\+chan$"))
        expect(page.locator("#contact-count")).to_have_text(re.compile("1 matches"))
        page.locator("#search").fill(anna.number[-7:])
        expect(page.locator("#contact-rows > tr")).to_have_text(re.compile("Annika"))
        page.locator("#search").fill("")
        page.locator("#filter-tag").select_option(mark)
        expect(page.locator("#contact-rows > tr")).to_have_count(3)
        page.locator("#filter-sort").select_option("company")
        expect(page.locator("#contact-rows > tr").first).to_contain_text("Zebra Works")
        page.locator("#filter-opted-out").select_option("no")
        expect(page.locator("#contact-rows > tr")).to_have_count(2)
        page.go_back()
        expect(page.locator("#contact-rows > tr")).to_have_count(3)
        expect(page.locator("#filter-opted-out")).to_have_value("")
        page.locator("#search").fill("nobody is called so")
        expect(page.locator(".empty-list")).to_contain_text("There are no people that match")
    page.locator(".empty-list").get_by_role("link", name="Show everybody").click()
    expect(page.locator("#contact-rows > tr").first).to_be_visible()
    page.go_back(wait_until="commit")
    expect(page.locator(".empty-list")).to_be_visible()


def test_people_are_chosen_by_mouse_by_keys_and_all_that_match(
    agents: tuple[Agent, Agent], open_page: OpenPage, mark: str
) -> None:
    people(mark, *(f"Person {at:03d}" for at in range(MANY)))
    page = open_page(agents[0], f"/contacts/?tag={mark}")
    boxes = page.locator("#contact-rows [type=checkbox]")
    expect(page.locator("#chosen")).to_be_hidden()
    boxes.nth(1).click()
    boxes.nth(4).click(modifiers=["Shift"])
    expect(chosen(page)).to_have_text("4 chosen")
    page.keyboard.press("Escape")
    page.locator("#contact-rows a").nth(8).focus()
    page.keyboard.press("x")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("x")
    expect(chosen(page)).to_have_text("6 chosen")
    expect(boxes.nth(9)).to_be_checked()
    page.get_by_role("link", name="Next").click()
    expect(page).to_have_url(re.compile("after="))
    expect(page.locator("#contact-rows > tr").first).to_contain_text("Person 050")
    expect(chosen(page)).to_have_text("6 chosen, 6 on other pages")
    boxes.first.click()
    page.get_by_role("link", name="Next").click()
    expect(page.locator("#contact-rows > tr")).to_have_count(MANY - 100)
    page.get_by_role("link", name="Previous").click()
    page.get_by_role("link", name="Previous").click()
    expect(page.locator("#contact-rows > tr").first).to_contain_text("Person 000")
    expect(chosen(page)).to_have_text("7 chosen, 1 on other pages")
    page.locator("#choose-page").click()
    page.get_by_role("button", name=f"Choose all {MANY} that match").click()
    expect(chosen(page)).to_have_text(f"{MANY} chosen")
    expect(page.locator("#all-chosen")).to_contain_text(f"All people tagged “{mark}”.")
    axe(page)
    page.get_by_role("link", name="Next").click()
    expect(page).to_have_url(re.compile("after="))
    expect(chosen(page)).to_have_text(f"{MANY} chosen")
    page.locator("#chosen").get_by_role("button", name="Opt out").click()
    expect(page.locator("main")).to_contain_text(f"{MANY}")
    expect(page).to_have_url(re.compile("/contacts/jobs/$"))
    page.go_back(wait_until="commit")
    page.locator("#choose-none").click()
    expect(page.locator("#chosen")).to_be_hidden()


def test_what_somebody_else_changes_arrives_and_moves_nothing_under_the_pointer(
    agents: tuple[Agent, Agent], open_page: OpenPage, live_site: Site, mark: str
) -> None:
    _anna, ben, _cleo = people(mark, "Annika", "Bjarne", "Chantal")
    page = open_page(agents[0], f"/contacts/?tag={mark}")
    page.locator("#search").hover()
    edit_contact(ben, author=live_site.users["Ben"], first_name="Zacharias")
    expect(page.locator("#contact-rows > tr").last).to_contain_text("Zacharias")
    row(page, ben).hover()
    edit_contact(ben, author=live_site.users["Ben"], first_name="Aaron")
    news = page.locator("#contact-news")
    expect(news).to_be_visible()
    # What it says is new, where it stands is not.
    expect(page.locator("#contact-rows > tr").last).to_contain_text("Aaron")
    news.click()
    expect(page.locator("#contact-rows > tr").first).to_contain_text("Aaron")
    expect(news).to_be_hidden()


@pytest.mark.parametrize("dark", [False, True])
def test_on_a_phone(
    new_agent: Callable[..., Agent], open_page: OpenPage, mark: str, dark: bool
) -> None:
    people(mark, "Annika", "Bjarne", verified=True, company_name="Zebra Works")
    ana = new_agent("Ana", has_touch=True)
    page = open_page(ana, f"/contacts/?tag={mark}", width=360, dark=dark)
    expect(page.locator("#contact-count")).to_contain_text("2 match")
    label = page.locator("#contact-rows label").first.bounding_box()
    assert label
    assert min(label["width"], label["height"]) >= 44
    page.locator("#contact-rows [type=checkbox]").first.tap()
    expect(chosen(page)).to_have_text("1 chosen")
    width = page.evaluate("document.getElementById('main').scrollWidth")
    assert width <= 360
    axe(page)
    page.locator("#choose-none").tap()
    page.locator(".rail-user").tap()
    expect(page.locator("#user-menu").get_by_role("link", name="Files")).to_be_visible()
    axe(page)
    page.goto("/contacts/exports/")
    axe(page)


def test_a_list_goes_out_and_the_other_screen_sees_it(
    agents: tuple[Agent, Agent], open_page: OpenPage, live_site: Site, mark: str
) -> None:
    people(mark, "Annika", "Bjarne")
    page = open_page(agents[0], f"/contacts/?tag={mark}")
    watching = open_page(agents[0], "/contacts/exports/")
    page.locator("#contact-count").get_by_role("link", name="Export").click()
    expect(page.locator(".export-form")).to_contain_text("2 contacts")
    with page.expect_download() as waiting:
        page.get_by_role("button", name="Download CSV").click()
    content = waiting.value.path().read_text(encoding="utf-8-sig")
    assert [line.split(",")[1] for line in content.splitlines()[1:]] == ['"Annika"', '"Bjarne"']
    export = ContactExport.objects.latest("pk")
    wait_until(lambda: ContactExport.objects.get(pk=export.pk).finished_at, "it is whole")
    expect(watching.locator(f"#export-{export.pk}")).to_contain_text("Whole")
    other = start_export(author=live_site.users["Ben"], query="")
    expect(watching.locator(f"#export-{other.pk}")).to_contain_text("Being taken")


def test_without_scripts(
    new_context: Callable[..., BrowserContext], live_site: Site, mark: str
) -> None:
    people(mark, *(f"Person {at:03d}" for at in range(60)))
    context = new_context(java_script_enabled=False)
    name = settings.SESSION_COOKIE_NAME
    session = {"name": name, "value": live_site.sessions["Ana"], "url": live_site.url}
    context.add_cookies([session])  # type: ignore[list-item]
    page = context.new_page()
    page.goto("/contacts/")
    page.locator("#search").fill(mark)
    page.get_by_role("button", name="Show").click()
    expect(page.locator("#contact-rows > tr")).to_have_count(50)
    page.get_by_role("link", name="Next").click()
    expect(page.locator("#contact-rows > tr")).to_have_count(10)
    page.get_by_role("link", name="Choose all that match").click()
    expect(page.locator("#chosen")).to_contain_text("60 chosen")
    page.locator("#chosen").get_by_role("button", name="Save at Sendblue").click()
    expect(page.locator("main")).to_contain_text("60")
