"""Two agents and one person: the main job, on every screen at once and without a reload."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from playwright.sync_api import expect

from inbox.models import Message
from tests.factories import report

from .screen import answer, bubble, composer, focused, meet, without_page_load, words
from .site import OUR_LINE, Site, wait_until

if TYPE_CHECKING:
    from collections.abc import Callable

    from .conftest import Agent, OpenPage


def test_text_both_ways_and_the_tick(
    live_site: Site, agents: tuple[Agent, Agent], open_page: OpenPage
) -> None:
    person = meet(live_site)
    anas, bens = (open_page(agent, person.path) for agent in agents)
    with without_page_load(anas, bens):
        composer(bens).press_sequentially("Half a thought")
        asked = "Where is <b>my</b> parcel?"
        began = time.monotonic()
        person.writes(asked)
        expect(bubble(anas, asked)).to_be_visible()
        expect(bubble(bens, asked)).to_be_visible()
        print(f"\nperson to both screens: {time.monotonic() - began:.2f} s")

        answer(anas, "It is at your neighbour’s.")
        assert composer(anas).input_value() == ""
        for page in (anas, bens):
            ours = bubble(page, "neighbour’s")
            expect(ours).to_have_attribute("data-stage", "delivered")
            expect(ours.locator(".state")).to_contain_text("Delivered")
            assert words(page) == ["Hello there", asked, "It is at your neighbour’s."]
        expect(bubble(bens, "neighbour’s").locator(".author")).to_have_text("Ana")

        assert composer(bens).input_value() == "Half a thought"
        assert focused(bens) == "content"
        composer(bens).press_sequentially(" is whole")
        answered = "Half a thought is whole"
        composer(bens).press("Enter")
        expect(bubble(anas, answered)).to_have_attribute("data-stage", "delivered")

    message = Message.objects.get(thread=person.thread, content__endswith="neighbour’s.")
    travelled = live_site.simulator.control("GET", "deliveries")["entries"]
    assert [
        entry
        for entry in travelled
        if entry["kind"] == "status_callback"
        and entry["message_handle"] == message.message_handle
        and entry["status"] == 200
    ], "no status callback brought the tick"
    posts = live_site.simulator.ledger("/api/send-message")
    sent = [
        post["body"]["content"] for post in posts if post["body"].get("number") == person.number
    ]
    assert sent == ["It is at your neighbour’s.", answered]


def test_enter_and_shift_enter_and_the_switch(
    live_site: Site, agents: tuple[Agent, Agent], open_page: OpenPage
) -> None:
    person = meet(live_site)
    page = open_page(agents[0], person.path)
    with without_page_load(page):
        composer(page).press_sequentially("One")
        composer(page).press("Shift+Enter")
        composer(page).press_sequentially("Two")
        composer(page).press("Enter")
        expect(bubble(page, "One")).to_contain_text("Two")
        # Typing goes on while the first is under way, and both arrive in order.
        for text in ("A", "B", "C"):
            answer(page, text)
        expect(page.locator("#messages .words")).to_have_text(["Hello there", "One\nTwo", *"ABC"])

        page.locator(".rail-user").click()
        with page.expect_response("**/preferences/"):
            page.locator("#enter-sends").click()
        page.keyboard.press("Escape")
        answer(page, "No longer sent")
        assert composer(page).input_value() == "No longer sent\n"
        page.keyboard.press("Control+Enter")
        expect(bubble(page, "No longer sent")).to_be_visible()
        page.locator(".rail-user").click()
        with page.expect_response("**/preferences/"):
            page.locator("#enter-sends").click()


def test_unread_and_order_on_other_screens(
    live_site: Site, agents: tuple[Agent, Agent], open_page: OpenPage
) -> None:
    ana, ben = agents
    first, second = meet(live_site, "First"), meet(live_site, "Second")
    lists = [open_page(ana), open_page(ben)]
    with without_page_load(*lists):
        for page in lists:
            expect(page.locator("#thread-rows > li").first).to_contain_text("Second")
        first.writes("Me again")
        first.writes("And again")
        for page in lists:
            expect(page.locator("#thread-rows > li").first).to_contain_text("And again")
            expect(first.row(page).locator(".badge")).to_contain_text("3 unread")
            expect(second.row(page).locator(".badge")).to_contain_text("1 unread")
        # Reading is per agent, and their other screens follow.
        open_page(ana, first.path)
        expect(first.row(lists[0]).locator(".badge")).to_have_count(0)
        expect(second.row(lists[0]).locator(".badge")).to_contain_text("1 unread")
        expect(first.row(lists[1]).locator(".badge")).to_contain_text("3 unread")


def test_late_and_twice(live_site: Site, agents: tuple[Agent, Agent], open_page: OpenPage) -> None:
    person = meet(live_site, "Newest")
    page = open_page(agents[0], person.path)

    def told(content: str, minutes_ago: float, handle: str) -> None:
        sent = datetime.now(UTC) - timedelta(minutes=minutes_ago)
        payload = report(
            number=person.number,
            line=OUR_LINE,
            content=content,
            date_sent=sent,
            message_handle=handle,
        )
        live_site.simulator.control("POST", "event", {"kind": "receive", "payload": payload})

    handle = f"late-{person.thread}"
    with without_page_load(page):
        told("Oldest", 50, f"{handle}-1")
        expect(bubble(page, "Oldest")).to_contain_text("Arrived late")
        for _ in range(3):
            told("Middle", 20, f"{handle}-2")
        expect(bubble(page, "Middle")).to_contain_text("Arrived late")
        person.writes("After all")
        expect(bubble(page, "After all")).to_be_visible()
        seen = Message.objects.filter(message_handle=f"{handle}-2")
        wait_until(seen.exists, "the late one is recorded")
        assert words(page) == ["Oldest", "Middle", "Newest", "After all"]
        expect(bubble(page, "Newest")).not_to_contain_text("Arrived late")
    page.reload()
    assert words(page) == ["Oldest", "Middle", "Newest", "After all"]


def test_days_begin_where_the_agent_is(
    live_site: Site, new_agent: Callable[..., Agent], open_page: OpenPage
) -> None:
    person = meet(live_site)
    day = (datetime.now(UTC) - timedelta(days=3)).replace(minute=0, second=0, microsecond=0)

    def told(content: str, hour: int) -> None:
        payload = report(
            number=person.number, line=OUR_LINE, content=content, date_sent=day.replace(hour=hour)
        )
        payload["message_handle"] = f"day-{person.thread}-{hour}"
        live_site.simulator.control("POST", "event", {"kind": "receive", "payload": payload})

    # 10:00 and 13:00 UTC are one day in Los Angeles and two in Auckland.
    told("Evening", 10)
    pages = []
    for zone in ("America/Los_Angeles", "Pacific/Auckland"):
        agent = new_agent("Ana", timezone_id=zone)
        page = open_page(agent, person.path)
        page.reload()  # the first page tells the server the zone
        expect(page.locator("#messages > .day")).to_have_count(2)
        pages.append(page)
    told("After midnight", 13)
    for page, days in zip(pages, (2, 3), strict=True):
        with without_page_load(page):
            expect(bubble(page, "After midnight")).to_be_visible()
        live = page.locator("#messages > li").all_inner_texts()
        expect(page.locator("#messages > .day")).to_have_count(days)
        page.reload()
        assert page.locator("#messages > li").all_inner_texts() == live
