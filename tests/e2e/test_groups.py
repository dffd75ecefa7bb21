"""Groups on two screens: begun by keyboard, answered, named, changed, and followed."""

from __future__ import annotations

import io
import re
from typing import TYPE_CHECKING

from PIL import Image
from playwright.sync_api import expect

from inbox.models import Thread
from tests.factories import make_contact

from .screen import answer, bubble, composer, focused, without_page_load
from .site import OUR_LINE, Site, new_number, wait_until
from .watch import axe

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from .conftest import Agent, OpenPage

THREAD = re.compile(r"/threads/\d+/$")


def begin(page: Page, numbers: list[str], words: str) -> None:
    """Write to several people, without a mouse."""
    page.keyboard.press("n")
    page.locator("#number").wait_for()
    assert focused(page) == "number"
    for place, number in enumerate(numbers, 1):
        page.keyboard.type(number)
        page.keyboard.press("Enter" if place % 2 else ",")
        expect(page.locator(".chip")).to_have_count(place)
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.type(words)
    page.keyboard.press("Control+Enter")
    page.wait_for_url(THREAD)


def event(page: Page, words: str, state: str) -> None:
    """A line between the bubbles says this, and what is proved of it."""
    line = page.locator("#messages > .is-event", has_text=words)
    expect(line.locator(".state")).to_contain_text(state)


def test_a_group_from_its_first_message_on(
    live_site: Site, agents: tuple[Agent, Agent], open_page: OpenPage
) -> None:
    simulator = live_site.simulator
    numbers = [new_number(), new_number()]
    make_contact(numbers[0], first_name="Anna", last_name="Berg")
    make_contact(numbers[1], first_name="Ben", last_name="Oz")
    anas = open_page(agents[0])
    begin(anas, numbers, "Lunch on Friday?")
    expect(bubble(anas, "Lunch on Friday?")).to_have_attribute("data-stage", "delivered")
    expect(anas.locator("#thread-header h2")).to_have_text("Anna and Ben")
    thread = Thread.objects.get(participants__number=numbers[0])
    bens = open_page(agents[1], f"/threads/{thread.pk}/")
    with without_page_load(anas, bens):
        for number, words in zip(numbers, ("Gladly", "Not me"), strict=True):
            simulator.inbound(from_=number, group_id=thread.group_id, content=words)
        for page in (anas, bens):
            speakers = page.locator("#messages .speaker")
            expect(speakers).to_have_text(["Anna Berg", "Ben Oz"])
            colours = {speakers.nth(n).get_attribute("class") for n in range(2)}
            assert len(colours) == 2

        out = anas.get_by_role("button", name="Remove Anna Berg")
        expect(out).to_be_disabled()
        expect(anas.locator("#group-no-removal")).to_contain_text("this one has three, with you")

        anas.locator("#group-name").fill("Friday lunch")
        anas.keyboard.press("Escape")
        expect(anas.locator("#group-name")).to_have_value("")
        anas.locator("#group-name").fill("Friday lunch")
        anas.keyboard.press("Enter")
        anas.locator("#group-add").fill("12")
        anas.keyboard.press("Enter")
        expect(anas.locator("#group-error")).to_contain_text("“12” is not a phone number")
        third = new_number()
        anas.locator("#group-add").fill(third)
        anas.keyboard.press("Enter")
        for page in (anas, bens):
            event(page, "Named the group “Friday lunch”", "Confirmed by the phone")
            event(page, "Added", "Confirmed by the phone")
            expect(page.locator("#thread-header h2")).to_have_text("Friday lunch")
            expect(page.locator(f"#thread-row-{thread.pk} .row-name")).to_have_text("Friday lunch")
            expect(page.locator(".group-people > li")).to_have_count(3)
        expect(anas.locator("#group-error")).to_be_empty()

        picture = io.BytesIO()
        Image.new("RGB", (90, 60), "teal").save(picture, "PNG")
        anas.locator("#group-photo-button").press("Enter")
        file = {"name": "team.png", "mimeType": "image/png", "buffer": picture.getvalue()}
        anas.locator("#group-photo-file").set_input_files(file)
        anas.get_by_role("button", name="Use this picture").press("Enter")
        for page in (anas, bens):
            expect(page.locator("#thread-header .avatar img")).to_be_visible()

        out.press("Enter")
        expect(anas.locator("#confirm")).to_contain_text("Remove Anna Berg")
        anas.locator("#confirm [value=yes]").press("Enter")
        for page in (anas, bens):
            event(page, "Removed Anna Berg", "Confirmed by the phone")
            expect(page.locator(".group-people .has-left")).to_contain_text("Anna Berg")
    axe(anas)

    narrow = open_page(agents[1], f"/threads/{thread.pk}/", width=360)
    narrow.locator("#panel-toggle").click()
    expect(narrow.locator("#group-name")).to_have_value("Friday lunch")
    axe(narrow)
    wide = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    assert narrow.evaluate(wide) == 0


def test_a_screen_follows_a_group_that_was_there(
    live_site: Site, agents: tuple[Agent, Agent], open_page: OpenPage
) -> None:
    simulator = live_site.simulator
    numbers = [new_number(), new_number()]
    said = {"from_": numbers[0], "participants": numbers[1:], "to": OUR_LINE}
    simulator.inbound(content="We know each other", **said)
    there = Thread.objects.filter(participants__number=numbers[0])
    wait_until(there.exists, "the group is here")
    page = open_page(agents[0], "/threads/new/?number=" + ",".join(n[1:] for n in numbers))
    expect(page.locator(".group-choice")).to_contain_text("exactly these people")
    axe(page)
    page.locator("[name=group][value=new]").check()
    page.locator("#first-content").fill("A fresh start")
    simulator.fault(method="POST", path="/api/send-group-message", mode="slow", delay_s=3, times=1)
    page.get_by_role("button", name="Send").last.click()
    page.wait_for_url(THREAD)
    begun = page.url
    composer(page).fill("Half a thought")
    with without_page_load(page):
        page.wait_for_url(lambda url: url != begun)
        expect(bubble(page, "We know each other")).to_be_visible()
        expect(bubble(page, "A fresh start")).to_be_visible()
        expect(composer(page)).to_have_value("Half a thought")
    assert page.url.endswith(f"/threads/{there.get().pk}/")
    answer(page, "A whole one")
    expect(bubble(page, "A whole one")).to_have_attribute("data-stage", "delivered")
    page.goto(begun)
    expect(bubble(page, "A whole one")).to_be_visible()
