"""The drawer of facts, and the list of what failed, as people use them."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from inbox.models import Message, SendState
from sendblue_inbox.clock import now

from .screen import Person, answer, bubble, focused, meet, without_page_load
from .site import wait_until
from .watch import axe

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Page

    from .conftest import Agent, OpenPage
    from .site import Site

SEND = "/api/send-message"
REFUSAL = {"status": "ERROR", "error_code": 4002, "error_message": "Blacklisted number"}


@pytest.fixture(autouse=True)
def straight_again(live_site: Site) -> Iterator[None]:
    """Whatever a test did to the simulator is over when it ends."""
    yield
    live_site.simulator.control("DELETE", "faults")
    live_site.simulator.control("POST", "deliveries", {"paused": False})


def test_the_drawer_by_keyboard_and_live(
    live_site: Site, agents: tuple[Agent, Agent], open_page: OpenPage
) -> None:
    person = meet(live_site)
    page = open_page(agents[0], person.path)
    live_site.simulator.control("POST", "deliveries", {"paused": True})
    with without_page_load(page):
        answer(page, "Prove it")
        expect(bubble(page, "Prove it")).to_have_attribute("data-stage", "accepted")
        opener = bubble(page, "Prove it").locator("a[data-evidence]").first
        opener.focus()
        page.keyboard.press("Enter")
        drawer = page.locator("#evidence-drawer")
        expect(drawer.locator(".fact-title").first).to_have_text("Written by Ana")
        expect(drawer.locator(".ladder .is-proved")).to_have_count(4)
        raw = drawer.locator("details.raw").last
        raw.locator("summary").focus()
        page.keyboard.press("Enter")
        expect(raw.locator("pre")).to_contain_text('"content": "Prove it"')
        opened = raw.get_attribute("id")
        live_site.simulator.control("POST", "deliveries", {"paused": False})
        expect(drawer.locator(".ladder li", has_text="Delivered")).to_have_class("is-proved")
        expect(drawer.locator(".fact-title", has_text="Status DELIVERED").first).to_be_visible()
        expect(drawer.locator(f"#{opened} pre")).to_be_visible()
        axe(page)
        page.keyboard.press("Escape")
        expect(drawer).to_be_hidden()
        assert focused(page) != ""
        expect(page.locator("a[data-evidence]:focus")).to_have_count(1)


def test_deleting_at_sendblue_asks_with_the_words(
    live_site: Site, agents: tuple[Agent, Agent], open_page: OpenPage
) -> None:
    person = meet(live_site, number="+14155550987")
    page = open_page(agents[0], person.path, width=360, dark=True)
    with without_page_load(page):
        answer(page, "Forget this")
        sent = bubble(page, "Forget this")
        expect(sent).to_have_attribute("data-stage", "delivered")
        sent.locator("a[data-evidence]").first.click()
        drawer = page.locator("#evidence-drawer")
        drawer.get_by_role("button", name="Delete from Sendblue’s store").click()
        question = page.locator("#confirm")
        for words in ("(415) 555-0987", "Forget this", "stays on their phone and here"):
            expect(question).to_contain_text(words)
        question.get_by_role("button", name="Delete at Sendblue").click()
        expect(drawer).to_contain_text("Deleted from Sendblue’s store. It stays")
        assert page.evaluate("document.documentElement.scrollWidth") <= 360
        page.keyboard.press("Escape")
        expect(sent).to_be_visible()
    deletes = [one for one in live_site.simulator.ledger() if one["method"] == "DELETE"]
    assert deletes[-1]["path"].startswith("/api/message/")


def fail(site: Site, page: Page, person: Person, *texts: str) -> None:
    """Have Sendblue refuse some messages."""
    for text in texts:
        site.simulator.fault(method="POST", path=SEND, mode={"status": 400, "body": REFUSAL})
        answer(page, text)
        expect(bubble(page, text)).to_have_attribute("data-stage", "failed")


def test_many_are_sent_again_and_nothing_unasked(
    live_site: Site, agents: tuple[Agent, Agent], open_page: OpenPage
) -> None:
    Message.objects.filter(is_outbound=True).update(trouble_settled_at="2020-01-01T00:00Z")
    person, other = meet(live_site), meet(live_site)
    page = open_page(agents[0], person.path)
    fail(live_site, page, person, "First refused", "Second refused")
    page.goto(other.path)
    fail(live_site, page, other, "Third refused")
    live_site.simulator.fault(method="POST", path=SEND, mode="reset_before")
    answer(page, "Nobody knows")
    expect(bubble(page, "Nobody knows")).to_have_attribute("data-stage", "unknown")
    unknown = Message.objects.filter(content="Nobody knows")
    unknown.update(resolve_after=None, attempted_at=now() - timedelta(minutes=20))

    listed = open_page(agents[1], "/trouble/")
    rows = listed.locator(".trouble-row")
    expect(rows).to_have_count(4)
    expect(listed.locator("#trouble-badge")).to_contain_text("4")
    axe(listed)
    began = live_site.simulator.ledger()[-1]["n"]
    # One, by its own button, although another is ticked.
    rows.filter(has_text="First refused").get_by_role("checkbox").check()
    rows.filter(has_text="Second refused").get_by_role("button", name="Send again").click()
    expect(rows).to_have_count(3)
    # All of the page, by keyboard; the unknown one is asked about.
    listed.locator("#choose-all").focus()
    listed.keyboard.press("Space")
    expect(listed.locator("#chosen-count")).to_have_text("3 chosen")
    listed.locator(".trouble-acts").get_by_role("button", name="Send again").press("Enter")
    expect(listed.locator("h1")).to_have_text("These may arrive twice")
    expect(listed.locator(".difference li")).to_have_count(1)
    expect(listed.locator(".difference")).to_contain_text("Nobody knows")
    assert unknown.get().trouble_settled_at is None
    listed.get_by_role("button", name="Send again").click()
    expect(listed.locator(".trouble-none")).to_be_visible()
    expect(listed.locator("#trouble-badge .badge")).to_have_count(0)
    texts = ["First refused", "Second refused", "Third refused", "Nobody knows"]
    again = Message.objects.filter(content__in=texts, again_of__isnull=False)
    wait_until(lambda: again.filter(send_state=SendState.ACCEPTED).count() == 4, "all left again")
    posts = live_site.simulator.ledger(SEND, since=began)
    assert sorted(post["body"]["content"] for post in posts) == sorted(texts)


def test_the_list_of_troubles_is_live_and_can_be_dismissed(
    live_site: Site, agents: tuple[Agent, Agent], open_page: OpenPage
) -> None:
    Message.objects.filter(is_outbound=True).update(trouble_settled_at="2020-01-01T00:00Z")
    person = meet(live_site)
    listed = open_page(agents[1], "/trouble/", width=360)
    page = open_page(agents[0], person.path)
    with without_page_load(listed):
        fail(live_site, page, person, "Appears there")
        row = listed.locator(".trouble-row", has_text="Appears there")
        expect(row).to_contain_text("Sendblue does not deliver to this number")
        row.get_by_role("checkbox").check()
        fail(live_site, page, person, "And this")
        expect(listed.locator(".trouble-row")).to_have_count(2)
        expect(row.get_by_role("checkbox")).to_be_checked()
        assert listed.evaluate("document.documentElement.scrollWidth") <= 360
    listed.get_by_role("button", name="Dismiss").click()
    expect(listed.locator(".trouble-row")).to_have_count(1)
    expect(bubble(page, "Appears there").locator(".state")).to_have_text(
        re.compile(r"Not sent\. Dismissed")
    )
    listed.locator(".trouble-words").click()
    expect(listed.locator("#evidence-drawer .fact-title").first).to_have_text("Written by Ana")
