"""What is done beside writing, seen in two browsers: dots both ways, a place, a FaceTime call."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from playwright.sync_api import expect

from inbox.models import Line, Thread
from inbox.models.thread import TYPING_LASTS
from sendblue_inbox.clock import now

from .screen import answer, bubble, composer, meet
from .site import OUR_LINE, wait_until
from .watch import axe

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

    from .conftest import Agent, OpenPage
    from .screen import Person
    from .site import Site

TYPING = "/api/send-typing-indicator"


def types(person: Person, *, is_typing: bool = True, ago: float | None = None) -> None:
    """Dots of a person, or their end; a report that was `ago` seconds on its way ends sooner."""
    simulator, line = person.site.simulator, {"to": OUR_LINE, "from": person.number}
    if ago is None:
        simulator.control("POST", "typing", line | {"is_typing": is_typing})
        return
    told = now() - timedelta(seconds=ago)
    payload = {
        "number": person.number,
        "from_number": OUR_LINE,
        "is_typing": is_typing,
        "timestamp": told.isoformat(),
    }
    simulator.control("POST", "event", {"kind": "typing_indicator", "payload": payload})


def dots(page: Page, person: Person) -> tuple[Locator, Locator]:
    """Where a page says that a person types: below the bubbles and in the list."""
    return page.locator("#thread-foot .typing"), person.row(page).locator(".row-typing")


def test_two_agents_see_that_somebody_types_until_they_no_longer_do(
    live_site: Site, agents: tuple[Agent, Agent], open_page: OpenPage
) -> None:
    person = meet(live_site, first_name="Nora", last_name="Lind")
    reading, listing = open_page(agents[0], person.path), open_page(agents[1])
    below, _ = dots(reading, person)
    _, listed = dots(listing, person)
    types(person)
    expect(below).to_contain_text("Nora Lind is typing")
    expect(listed).to_have_text("typing…")
    expect(person.row(listing).locator(".row-words")).to_be_hidden()
    axe(reading)
    types(person, is_typing=False)
    expect(below).to_have_count(0)
    expect(listed).to_have_count(0)
    types(person)
    expect(below).to_be_visible()
    person.writes("Here I am")
    expect(bubble(reading, "Here I am")).to_be_visible()
    expect(below).to_have_count(0)


def test_dots_go_away_although_nothing_more_is_heard(
    live_site: Site, agents: tuple[Agent, Agent], open_page: OpenPage
) -> None:
    person = meet(live_site, "Wait")
    Thread.objects.filter(pk=person.thread).update(last_inbound_at=now() - timedelta(minutes=5))
    page = open_page(agents[0], person.path)
    below, listed = dots(page, person)
    types(person, ago=TYPING_LASTS.total_seconds() - 6)
    expect(below).to_be_visible()
    expect(listed).to_be_visible()
    expect(below).to_have_count(0)
    expect(listed).to_have_count(0)


def test_they_see_that_we_type_until_it_is_sent(
    live_site: Site, agents: tuple[Agent, Agent], open_page: OpenPage
) -> None:
    person = meet(live_site, "Is anybody there?")
    page = open_page(agents[0], person.path)

    def said() -> list[str]:
        told = [entry["body"] for entry in live_site.simulator.ledger(TYPING)]
        return [body["state"] for body in told if body["number"] == person.number]

    composer(page).press_sequentially("Yes, I am")
    wait_until(lambda: said() == ["start"], "they see that we type")
    composer(page).press("Enter")
    expect(bubble(page, "Yes, I am")).to_be_visible()
    wait_until(lambda: said() == ["start", "stop"], "they see that we no longer do")
    page.locator("button[popovertarget=user-menu]").click()
    with page.expect_response("**/preferences/"):
        page.locator("#shows-typing").uncheck()
    page.keyboard.press("Escape")
    answer(page, "One more thing")
    expect(bubble(page, "One more thing")).to_be_visible()
    assert said() == ["start", "stop"]


def test_a_place_is_asked_for_by_keyboard_and_stands_on_a_card(
    live_site: Site, agents: tuple[Agent, Agent], open_page: OpenPage
) -> None:
    person = meet(live_site, "I am nearly there", first_name="Omar")
    page = open_page(agents[0], person.path)
    page.locator("#more-button").focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Ask where they are")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#confirm-text")).to_contain_text("Omar")
    page.get_by_role("button", name="Ask", exact=True).press("Enter")
    card = page.locator(".message.is-in .place-card")
    expect(card).to_contain_text("° N")
    expect(card.get_by_role("link")).to_have_attribute("rel", "noopener noreferrer nofollow")
    page.locator(".message.is-in").get_by_role("button", name="Refresh place").click()
    expect(card).to_contain_text("Valencia Street")
    axe(page)


def test_a_facetime_call_that_cannot_be_made_is_explained(
    live_site: Site, agents: tuple[Agent, Agent], open_page: OpenPage
) -> None:
    live_site.simulator.control("POST", "options", {"facetime_enabled": False})
    person = meet(live_site, "Can we talk?")
    page = open_page(agents[0], person.path)
    page.locator("#more-button").click()
    page.get_by_role("button", name="FaceTime call").click()
    page.get_by_role("button", name="Call", exact=True).click()
    expect(page.locator(".message.is-event")).to_contain_text("not enabled for FaceTime")
    page.locator("#more-button").click()
    expect(page.locator("#more-menu")).to_contain_text("has no FaceTime")
    live_site.simulator.control("POST", "options", {"facetime_enabled": True})
    page.get_by_role("button", name="Try FaceTime again").click()
    page.get_by_role("button", name="Call", exact=True).click()
    expect(page.locator(".message.is-event").last).to_contain_text("Accepted by Sendblue")


def test_receipts_are_switched_on_for_a_line_and_a_refusal_is_explained(
    live_site: Site, agents: tuple[Agent, Agent], open_page: OpenPage
) -> None:
    person = meet(live_site, "Did you get my letter?")
    page = open_page(agents[0], person.path)
    switch, label = page.locator("#sends-receipts"), page.locator("#thread-foot .receipt")

    def turn_on() -> None:
        page.locator("#line-button").click()
        with page.expect_response("**/read-receipts/"):
            switch.check()
        page.keyboard.press("Escape")

    turn_on()
    person.writes("Hello?")
    expect(label).to_contain_text("Read receipt requested")
    answer(page, "Yes, today")
    expect(label).to_have_count(0)
    live_site.simulator.control("POST", "options", {"mark_read_enabled": False})
    person.writes("Thank you")
    expect(bubble(page, "Thank you")).to_be_visible()
    wait_until(lambda: Line.objects.exclude(read_receipts_refused=""), "the refusal is kept")
    page.locator("#line-button").click()
    expect(page.locator("#line-receipts")).to_contain_text("not enabled for this account")
    expect(switch).not_to_be_checked()
    live_site.simulator.control("POST", "options", {"mark_read_enabled": True})
