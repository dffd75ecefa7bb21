"""Sends that fail, that nobody knows the fate of, and that are refused before they leave."""

from __future__ import annotations

import secrets
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from inbox.models import Message, SendState
from sendblue_inbox.clock import now

from .screen import Person, answer, bubble, composer, meet, without_page_load

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Page

    from .conftest import Agent, OpenPage
    from .site import Site

SEND = "/api/send-message"


@pytest.fixture(autouse=True)
def straight_again(live_site: Site) -> Iterator[None]:
    """Whatever a test did to the simulator is over when it ends."""
    yield
    live_site.simulator.control("DELETE", "faults")
    live_site.simulator.control("POST", "deliveries", {"paused": False})


@pytest.fixture
def screens(
    live_site: Site, agents: tuple[Agent, Agent], open_page: OpenPage
) -> tuple[Person, Page, Page]:
    """A person whose thread both agents look at."""
    person = meet(live_site)
    anas, bens = (open_page(agent, person.path) for agent in agents)
    return person, anas, bens


def test_refused_by_sendblue_and_sent_again(
    live_site: Site, screens: tuple[Person, Page, Page]
) -> None:
    person, anas, bens = screens
    refusal = {"status": "ERROR", "error_code": 4002, "error_message": "Blacklisted number"}
    live_site.simulator.fault(method="POST", path=SEND, mode={"status": 400, "body": refusal})
    with without_page_load(anas, bens):
        answer(anas, "Refused at first")
        for page in (anas, bens):
            expect(bubble(page, "Refused")).to_have_attribute("data-stage", "failed")
            state = bubble(page, "Refused").locator(".state")
            expect(state).to_contain_text("Not sent. Sendblue does not deliver to this number")
            expect(person.row(page).locator(".row-trouble")).to_contain_text("1 to check")
        bubble(bens, "Refused").get_by_role("button", name="Send again").click()
        for page in (anas, bens):
            old, new = bubble(page, "Refused").first, bubble(page, "Refused").last
            expect(new).to_have_attribute("data-stage", "delivered")
            expect(old.locator(".state")).to_contain_text("It was sent again")
            expect(old.get_by_role("button")).to_have_count(0)
            expect(person.row(page).locator(".row-trouble")).to_have_count(0)


def test_not_delivered_by_the_phone(
    live_site: Site, agents: tuple[Agent, Agent], open_page: OpenPage
) -> None:
    # The simulator lets every message to a number with this ending fail.
    failing = f"+1{secrets.randbelow(700) + 200}5550190"
    person = meet(live_site, number=failing)
    page = open_page(agents[0], person.path)
    with without_page_load(page):
        answer(page, "Never arrives")
        expect(bubble(page, "Never")).to_have_attribute("data-stage", "failed")
        expect(bubble(page, "Never")).to_contain_text("Not delivered. The phone could not send it")
        expect(bubble(page, "Never").get_by_role("button", name="Send again")).to_be_visible()


def test_a_lost_answer_is_settled_by_the_callback(
    live_site: Site, screens: tuple[Person, Page, Page]
) -> None:
    _person, anas, bens = screens
    simulator = live_site.simulator
    simulator.control("POST", "deliveries", {"paused": True})
    # Without the list of messages only the callback can tell.
    simulator.fault(method="GET", path="/api/v2/messages*", mode={"status": 500}, rate=1.0)
    simulator.fault(method="POST", path=SEND, mode="reset_after")
    with without_page_load(anas, bens):
        answer(anas, "Did it leave?")
        for page in (anas, bens):
            expect(bubble(page, "Did it leave?")).to_have_attribute("data-stage", "unknown")
            expect(bubble(page, "Did it leave?")).to_contain_text("Checking whether it was sent")
            expect(bubble(page, "Did it leave?").get_by_role("button")).to_have_count(0)
        simulator.control("POST", "deliveries", {"paused": False})
        for page in (anas, bens):
            expect(bubble(page, "Did it leave?")).to_have_attribute("data-stage", "delivered")
    assert simulator.ledger(SEND)[-1]["body"]["content"] == "Did it leave?"


def test_a_person_decides_what_nobody_can_find_out(
    live_site: Site, screens: tuple[Person, Page, Page]
) -> None:
    person, anas, bens = screens
    for text in ("Marked", "Repeated"):
        live_site.simulator.fault(method="POST", path=SEND, mode="reset_before")
        with without_page_load(anas, bens):
            answer(anas, text)
            expect(bubble(bens, text)).to_have_attribute("data-stage", "unknown")
        long_ago = now() - timedelta(minutes=20)
        Message.objects.filter(thread=person.thread, send_state=SendState.UNKNOWN).update(
            attempted_at=long_ago, resolve_after=now()
        )
    with without_page_load(anas, bens):
        for page in (anas, bens):
            for text in ("Marked", "Repeated"):
                expect(bubble(page, text)).to_contain_text("Check the phone")
            expect(person.row(page).locator(".row-trouble")).to_contain_text("2 to check")
        bubble(bens, "Marked").get_by_role("button", name="Mark as sent").click()

        repeat = bubble(anas, "Repeated").get_by_role("button", name="Send again")
        repeat.click()
        question = anas.get_by_role("dialog")
        expect(question).to_contain_text("may get it twice")
        anas.keyboard.press("Escape")
        expect(question).to_be_hidden()
        repeat.click()
        question.get_by_role("button", name="Send again").click()
        for page in (anas, bens):
            expect(bubble(page, "Marked").locator(".state")).to_contain_text("Marked as sent")
            expect(bubble(page, "Repeated")).to_have_count(2)
            expect(bubble(page, "Repeated").last).to_have_attribute("data-stage", "delivered")
            expect(bubble(page, "Repeated").first).to_contain_text("It was sent again")
            expect(person.row(page).locator(".row-trouble")).to_have_count(0)
    posts = live_site.simulator.ledger(SEND)
    assert [p["outcome"] for p in posts if p["body"].get("content") == "Repeated"] == [
        "not_accepted",
        "accepted",
    ]


def test_a_refusal_keeps_the_draft(live_site: Site, screens: tuple[Person, Page, Page]) -> None:
    person, anas, bens = screens
    with without_page_load(anas, bens):
        long = "x" * 18_996
        composer(anas).fill(long)
        composer(anas).press("Enter")
        error = anas.locator("#composer-error")
        expect(error).to_contain_text("18,996 characters; Sendblue takes at most 18,995")
        expect(composer(anas)).to_have_value(long)
        composer(anas).press("Backspace")
        expect(error).to_be_empty()
        composer(anas).fill("Waits for them")

        person.writes("STOP")
        notice = anas.locator("#composer-notice")
        expect(notice).to_contain_text("has opted out")
        expect(composer(anas)).to_be_disabled()
        expect(composer(anas)).to_have_value("Waits for them")
        expect(composer(bens)).to_be_disabled()
        person.writes("START")
        expect(composer(anas)).to_be_enabled()
        expect(composer(anas)).to_have_value("Waits for them")
        composer(anas).press("Enter")
        expect(bubble(bens, "Waits for them")).to_have_attribute("data-stage", "delivered")


def test_a_new_thread_to_a_wrong_number_and_to_a_right_one(
    live_site: Site, agents: tuple[Agent, Agent], open_page: OpenPage
) -> None:
    page = open_page(agents[0], "/threads/new/")
    page.locator("#first-content").fill("Hello from us")
    page.locator("#number").fill("12 apples")
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_role("alert")).to_contain_text("“12 apples” is not a phone number")
    expect(page.locator("#first-content")).to_have_value("Hello from us")
    expect(page.locator("#number")).to_have_value("12 apples")
    page.locator("#number").fill(f"(415) 555-{secrets.randbelow(9000) + 1000}")
    page.get_by_role("button", name="Send").click()
    expect(bubble(page, "Hello from us")).to_have_attribute("data-stage", "delivered")
