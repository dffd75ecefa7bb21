"""The list, team work on a thread, and the whole job by keyboard alone."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING

from playwright.sync_api import expect

from inbox.models import Line, Participant, Thread
from sendblue_inbox.clock import now
from tests.factories import make_contact

from .screen import bubble, composer, focused, meet, without_page_load
from .site import OTHER_LINE, OUR_LINE, Site, new_number

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import BrowserContext, Page

    from .conftest import Agent, OpenPage

CROWD = 90
# A ring or an underline of its own: what tells the eye where the focus is.
FOCUS_SHOWS = """() => {
  const { outlineStyle, outlineWidth, boxShadow } = getComputedStyle(document.activeElement);
  return (outlineStyle !== "none" && parseFloat(outlineWidth) > 0) || boxShadow !== "none"
    || document.activeElement.matches(":focus-within")
       && getComputedStyle(document.activeElement.parentElement).outlineStyle !== "none";
}"""


def crowd(word: str) -> list[str]:
    """Many people with a name in common, on two lines; their names, newest thread first."""
    lines = [Line.objects.get(number=number) for number in (OUR_LINE, OTHER_LINE)]
    names = []
    for n in range(CROWD):
        contact = make_contact(new_number(), first_name=word, last_name=f"No{n:02}")
        at = now() - timedelta(days=1, minutes=n)
        thread = Thread.objects.create(line=lines[n % 2], contact=contact, last_message_at=at)
        Participant.objects.create(thread=thread, contact=contact)
        names.append(contact.name)
    return names


def names_on(page: Page) -> list[str]:
    """Who is in the list, from top to bottom."""
    return page.locator("#thread-rows .row-name").all_text_contents()


def test_search_more_and_filters(
    live_site: Site, agents: tuple[Agent, Agent], open_page: OpenPage
) -> None:
    people = crowd("Quokka")
    page = open_page(agents[0])
    rows, search = page.locator("#thread-rows > li"), page.locator("#search")
    with without_page_load(page):
        search.press_sequentially("quok")
        expect(rows.first).to_contain_text(people[0])
        expect(rows).to_have_count(40)
        for loaded in (80, CROWD):
            rows.last.scroll_into_view_if_needed()
            expect(rows).to_have_count(loaded)
        assert names_on(page) == people

        # A refresh keeps what was loaded, and the search.
        newcomer = meet(live_site, "Not a quokka")
        newcomer.writes("Nor am I")
        search.fill("QUOKKA no77")
        expect(rows).to_have_count(1)
        expect(rows).to_contain_text("Quokka No77")
        number = Thread.objects.get(pk=newcomer.thread).contact.number
        for part in (number[5:], f"({number[2:5]}) {number[5:8]}-{number[8:]}", number[-6:]):
            search.fill(part)
            expect(newcomer.row(page)).to_be_visible()
        search.fill("nobody has this name")
        expect(page.locator(".empty-list")).to_contain_text("Nobody found")

    page.goto("/threads/?q=quokka")
    other = Line.objects.get(number=OTHER_LINE)
    page.locator("#line-filter").select_option(str(other.pk))
    expect(page).to_have_url(re.compile(r"q=quokka&line=\d"))
    expect(rows).to_have_count(40)
    rows.last.scroll_into_view_if_needed()
    expect(rows).to_have_count(CROWD // 2)
    assert names_on(page) == people[1::2]


def test_team_work_by_mouse(
    live_site: Site, agents: tuple[Agent, Agent], open_page: OpenPage
) -> None:
    person = meet(live_site)
    anas, bens = (open_page(agent, person.path) for agent in agents)
    with without_page_load(anas, bens):
        anas.locator("#assignee").click()
        anas.locator("#assign-menu").get_by_role("button", name="Ben").click()
        for page in (anas, bens):
            expect(page.locator("#assignee")).to_contain_text("Ben")
            expect(person.row(page)).to_contain_text("Assigned to Ben")
        anas.get_by_role("button", name="Close", exact=True).click()
        for page in (anas, bens):
            expect(page.get_by_role("button", name="Reopen")).to_be_visible()
            expect(person.row(page)).to_have_count(0)
        bens.get_by_role("button", name="Reopen").click()
        for page in (anas, bens):
            expect(person.row(page)).to_be_visible()
        bens.get_by_role("button", name="Close", exact=True).click()
        expect(person.row(anas)).to_have_count(0)
        # Whoever writes again is back among the open ones.
        person.writes("One more thing")
        expect(person.row(anas)).to_be_visible()
        expect(bubble(bens, "One more thing")).to_be_visible()
        expect(bens.get_by_role("button", name="Close", exact=True)).to_be_visible()

    bens.locator(".views").get_by_role("link", name="Mine").click()
    expect(person.row(bens)).to_be_visible()
    anas.locator(".views").get_by_role("link", name="Mine").click()
    expect(anas.locator(".views [aria-current]")).to_have_text("Mine")
    expect(person.row(anas)).to_have_count(0)
    bens.goto(person.path)
    bens.get_by_role("button", name="Mark unread").click()
    expect(person.row(bens).locator(".badge")).to_contain_text("1 unread")
    bens.locator(".views").get_by_role("link", name="Unread").click()
    expect(person.row(bens)).to_be_visible()


def test_the_whole_job_by_keyboard(
    live_site: Site, new_context: Callable[..., BrowserContext]
) -> None:
    person = meet(live_site, "Can you help?", first_name="Keya", last_name="Board")
    page = new_context().new_page()
    page.goto("/")
    page.keyboard.type("ana@example.com")
    page.keyboard.press("Tab")
    page.keyboard.type("correct horse battery")
    page.keyboard.press("Enter")
    page.locator("html[data-live=on]").wait_for()
    assert page.evaluate("document.cookie.includes('timezone=')")

    with without_page_load(page):
        page.keyboard.press("/")
        page.keyboard.type("keya")
        expect(page.locator("#thread-rows > li")).to_have_count(1)
        page.keyboard.press("ArrowDown")
        assert focused(page) == f"thread-link-{person.thread}"
        assert page.evaluate(FOCUS_SHOWS)
        # The row that has the focus is rewritten by what arrives, and keeps it.
        person.writes("Are you there?")
        expect(person.row(page)).to_contain_text("Are you there?")
        assert focused(page) == f"thread-link-{person.thread}"
        page.keyboard.press("Enter")
        expect(bubble(page, "Can you help?")).to_be_visible()
        expect(person.row(page).locator(".badge")).to_have_count(0)
        page.keyboard.press("r")
        assert focused(page) == "content"
        page.keyboard.type("Of course.")
        page.keyboard.press("Enter")
        expect(bubble(page, "Of course.")).to_have_attribute("data-stage", "delivered")
        assert focused(page) == "content"

        page.keyboard.press("Escape")
        page.keyboard.press("a")
        expect(page.locator("#assignee")).to_contain_text("Ana")
        page.locator("#close-thread").focus()
        page.keyboard.press("Enter")
        expect(page.locator("#close-thread")).to_contain_text("Reopen")
        assert focused(page) == "close-thread"
        page.keyboard.press("e")
        expect(page.locator("#close-thread")).to_contain_text("Close")
        assert focused(page) == "close-thread"

        # Every stop on the way through the page shows where it is.
        hidden = []
        page.locator("#search").focus()
        for _ in range(30):
            page.keyboard.press("Tab")
            at = focused(page)
            if at and not page.evaluate(FOCUS_SHOWS):
                hidden.append(page.evaluate("document.activeElement.outerHTML.slice(0, 120)"))
        assert not hidden

    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("u")
    expect(person.row(page).locator(".badge")).to_contain_text("1 unread")
    page.keyboard.press("n")
    expect(page.get_by_label("To", exact=True)).to_be_focused()
    number = new_number()
    page.keyboard.type(number)
    page.locator("#first-content").focus()
    page.keyboard.type("By hand")
    page.keyboard.press("Control+Enter")
    expect(bubble(page, "By hand")).to_have_attribute("data-stage", "delivered")
    expect(composer(page)).to_be_visible()
