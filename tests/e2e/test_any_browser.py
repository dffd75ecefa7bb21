"""The inbox without scripts, on a small screen, in the dark, and under the eyes of axe."""

from __future__ import annotations

import secrets
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from inbox.models import Message, Thread
from sendblue_inbox.clock import now

from .screen import answer, bubble, composer, meet, without_page_load, words
from .watch import axe

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import BrowserContext, Page

    from .conftest import Agent, OpenPage
    from .site import Site

FINGER = 44  # px
# What can be touched and is too small for a finger; a link inside a sentence may be.
SMALL = """(least) => [...document.querySelectorAll("a, button, input, select, textarea, summary")]
  .filter((one) => one.checkVisibility({ visibilityProperty: true, opacityProperty: true })
    && one.type !== "hidden" && !one.closest(".words, .visually-hidden, .skip-link"))
  .map((one) => [one.closest("label") ?? one, one])
  .filter(([area]) => {
    const { width, height, right, left } = area.getBoundingClientRect();
    return right > 0 && left < innerWidth && (width < least - 0.5 || height < least - 0.5);
  })
  .map(([area, one]) => {
    const { width, height } = area.getBoundingClientRect();
    return `${Math.round(width)}×${Math.round(height)} ${one.outerHTML.slice(0, 110)}`;
  })"""
SIDEWAYS = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


def test_without_scripts(live_site: Site, new_context: Callable[..., BrowserContext]) -> None:
    person = meet(live_site, "No scripts here", first_name="Noah", last_name="Skript")
    thread = Thread.objects.get(pk=person.thread)
    Message.objects.bulk_create(
        Message(
            thread=thread,
            line_id=thread.line_id,
            message_handle=f"plain-{thread.pk}-{n}",
            is_outbound=False,
            status="RECEIVED",
            number=person.number,
            content=f"Old {n:02}",
            date_sent=now() - timedelta(days=1, minutes=60 - n),
            first_revision=0,
            revision=0,
        )
        for n in range(60)
    )
    page = new_context(java_script_enabled=False).new_page()
    page.goto("/")
    page.get_by_label("E-mail address").fill("ben@example.com")
    page.get_by_label("Password").fill("correct horse battery")
    page.get_by_role("button", name="Log in").click()
    page.locator("#search").fill("skript")
    page.get_by_role("button", name="Search").click()
    expect(page.locator("#thread-rows > li")).to_have_count(1)
    person.row(page).get_by_role("link").click()
    expect(bubble(page, "No scripts here")).to_be_visible()
    expect(bubble(page, "Old 59")).to_be_attached()
    page.get_by_role("link", name="Older messages").click()
    assert words(page) == [f"Old {n:02}" for n in range(11)]
    page.get_by_role("link", name="Newer messages").click()
    expect(bubble(page, "No scripts here")).to_be_attached()

    composer(page).fill("Sent by a form")
    page.get_by_role("button", name="Send", exact=True).click()
    expect(bubble(page, "Sent by a form")).to_be_attached()
    page.goto("/threads/new/")
    page.get_by_label("To", exact=True).fill("nobody at all")
    page.get_by_label("Message", exact=True).fill("A first message")
    page.get_by_role("button", name="Send", exact=True).click()
    expect(page.get_by_role("alert")).to_contain_text("is not a phone number")
    page.get_by_label("To", exact=True).fill(f"+1415556{secrets.randbelow(9000) + 1000}")
    page.get_by_role("button", name="Send", exact=True).click()
    expect(bubble(page, "A first message")).to_be_attached()
    page.goto("/threads/?view=closed")
    expect(person.row(page)).to_have_count(0)


def test_with_a_finger_at_360_px(live_site: Site, new_agent: Callable[..., Agent]) -> None:
    person = meet(live_site, "On the train", first_name="Thumb", last_name="Elina")
    agent = new_agent("Ana", viewport={"width": 360, "height": 740}, has_touch=True, is_mobile=True)
    page = agent.context.new_page()
    page.goto("/threads/")
    page.locator("html[data-live=on]").wait_for()
    small = {"list": page.evaluate(SMALL, FINGER)}
    assert page.evaluate(SIDEWAYS) <= 0
    with without_page_load(page):
        person.row(page).get_by_role("link").tap()
        expect(bubble(page, "On the train")).to_be_in_viewport()
        expect(page.locator("#list-pane")).to_be_hidden()
        composer(page).tap()
        page.keyboard.type("First line\nsecond line")
        assert "\n" in composer(page).input_value(), "Enter sends on a telephone"
        small["thread"] = page.evaluate(SMALL, FINGER)
        page.get_by_role("button", name="Send", exact=True).tap()
        expect(bubble(page, "second line")).to_have_attribute("data-stage", "delivered")
        expect(bubble(page, "second line")).to_be_in_viewport()
        person.writes("w" * 300 + " https://example.test/" + "long" * 60)
        expect(bubble(page, "wwww")).to_be_visible()
        assert page.evaluate(SIDEWAYS) <= 0
        box = page.locator(".composer-frame").bounding_box()
        assert box and box["y"] + box["height"] <= 740
    page.get_by_role("link", name="Back to the list").tap()
    expect(person.row(page)).to_be_in_viewport()
    expect(page.locator("#pane")).to_be_hidden()
    page.locator("#compose").tap()
    expect(page.locator("#number")).to_be_visible()
    small["new"] = page.evaluate(SMALL, FINGER)
    assert page.evaluate(SIDEWAYS) <= 0
    assert not any(small.values()), small


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_axe_finds_nothing_serious(
    live_site: Site,
    agents: tuple[Agent, Agent],
    new_context: Callable[..., BrowserContext],
    open_page: OpenPage,
    dark: bool,
) -> None:
    person = meet(live_site, "See https://example.test for more")
    live_site.simulator.fault(method="POST", path="/api/send-message", mode={"status": 400})
    page: Page = open_page(agents[0], person.path, dark=dark)
    answer(page, "Refused")
    expect(bubble(page, "Refused")).to_have_attribute("data-stage", "failed")
    answer(page, "Arrives")
    expect(bubble(page, "Arrives")).to_have_attribute("data-stage", "delivered")
    assert page.evaluate("matchMedia('(prefers-color-scheme: dark)').matches") is dark
    axe(page)
    page.locator("#assignee").click()
    axe(page)
    page.set_viewport_size({"width": 360, "height": 740})
    axe(page)
    for path in ("/threads/", "/threads/new/", "/webhooks/"):
        for width in (1280, 360):
            page.set_viewport_size({"width": width, "height": 740})
            page.goto(path)
            axe(page)
            assert page.evaluate(SIDEWAYS) <= 0
    login = new_context(color_scheme="dark" if dark else "light").new_page()
    login.goto("/accounts/login/")
    axe(login)
    login.get_by_label("E-mail address").fill("ana@example.com")
    login.get_by_label("Password").fill("wrong by one")
    login.get_by_role("button", name="Log in").click()
    expect(login.get_by_role("alert")).to_be_visible()
    axe(login)
