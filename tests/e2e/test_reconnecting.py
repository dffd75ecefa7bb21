"""Whatever cuts a page off, it catches up by itself: complete, in order, without a reload."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from playwright.sync_api import expect

from inbox.models import Message

from .screen import answer, bubble, composer, meet, without_page_load, words
from .site import Site, wait_until

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Page

    from .conftest import Agent, OpenPage
    from .watch import Watch

TABS = 8


def test_the_server_is_killed(
    live_site: Site, agents: tuple[Agent, Agent], open_page: OpenPage, watch: Watch
) -> None:
    watch.expect("Failed to fetch|network error")
    person = meet(live_site, "Before")
    pages = [open_page(agent, person.path) for agent in agents]
    with without_page_load(*pages):
        composer(pages[0]).fill("Kept in mind")
        live_site.kill_web()
        person.writes("m{n}", count=30)
        for page in pages:
            expect(page.locator("html")).to_have_attribute("data-live", "off")
            expect(page.locator(".banner.is-offline")).to_be_visible()
        began = time.monotonic()
        live_site.start_web()
        for page in pages:
            expect(bubble(page, "m30")).to_be_visible()
            expect(page.locator("#messages > .message")).to_have_count(31, timeout=30_000)
            expect(page.locator("html")).to_have_attribute("data-live", "on")
            expect(page.locator(".banner.is-offline")).to_be_hidden()
        print(f"\nweb server started to both pages complete: {time.monotonic() - began:.1f} s")
        assert words(pages[0]) == words(pages[1])
        assert sorted(words(pages[0])) == sorted(["Before", *(f"m{n}" for n in range(1, 31))])
        assert words(pages[0]) == list(
            Message.objects.filter(thread=person.thread)
            .order_by("date_sent", "message_handle", "pk")
            .values_list("content", flat=True)
        )
        composer(pages[0]).press("Enter")
        expect(bubble(pages[1], "Kept in mind")).to_have_attribute("data-stage", "delivered")


def test_a_page_without_network_for_long(
    live_site: Site, agents: tuple[Agent, Agent], open_page: OpenPage, watch: Watch
) -> None:
    watch.expect("Failed to fetch|network error")
    ana, ben = agents
    person = meet(live_site, "Before")
    anas, bens = open_page(ana, person.path), open_page(ben, person.path)
    with without_page_load(anas, bens):
        ana.context.set_offline(True)
        # More than a change request carries: the page takes the newest messages as a whole.
        person.writes("m{n}", count=120)
        recorded = Message.objects.filter(thread=person.thread)
        wait_until(lambda: recorded.count() == 121, "all messages are recorded")
        answer(anas, "Written without network")
        expect(anas.locator("#toasts")).to_contain_text("cannot be reached")
        expect(composer(anas)).to_have_value("Written without network")
        ana.context.set_offline(False)
        expect(bubble(anas, "m120")).to_be_visible()
        newest = recorded.order_by("-date_sent", "-message_handle").values_list(
            "content", flat=True
        )
        expect(bubble(anas, newest[0])).to_be_visible()
        assert words(anas)[-50:] == list(newest[:50])[::-1]
        answer(anas, "Written without network")
        expect(bubble(bens, "Written without network")).to_be_visible()


def test_a_change_request_that_failed_is_repeated(
    live_site: Site, agents: tuple[Agent, Agent], open_page: OpenPage, watch: Watch
) -> None:
    watch.expect("Failed to fetch|network error")
    person = meet(live_site)
    page = open_page(agents[0], person.path)
    with without_page_load(page):
        page.route("**/changes/*", lambda route: route.abort())
        with page.expect_event("requestfailed"):
            person.writes("Behind a bad moment")
        page.unroute("**/changes/*")
        expect(bubble(page, "Behind a bad moment")).to_be_visible()


def test_eight_tabs_share_one_stream(
    live_site: Site, agents: tuple[Agent, Agent], open_page: OpenPage
) -> None:
    person = meet(live_site)
    streams: list[str] = []
    agents[0].context.on(
        "response",
        lambda response: streams.append(response.url) if "/events/" in response.url else None,
    )
    tabs: list[Page] = [open_page(agents[0], person.path) for _ in range(TABS)]
    with without_page_load(*tabs[1:]):
        person.writes("To every tab")
        for tab in tabs:
            expect(bubble(tab, "To every tab")).to_be_visible()
        assert len(streams) == 1
        # The tab that held the stream goes; another takes over.
        tabs.pop(0).close()
        wait_until_in(tabs[0], lambda: len(streams) == 2)
        person.writes("Still here")
        for tab in tabs:
            expect(bubble(tab, "Still here")).to_be_visible()
        assert len(streams) == 2


def test_back_brings_the_page_as_it_was_left_and_live(
    live_site: Site, agents: tuple[Agent, Agent], open_page: OpenPage
) -> None:
    person = meet(live_site)
    page = open_page(agents[0], person.path)
    with without_page_load(page):
        composer(page).fill("A draft")
        page.get_by_role("link", name="Webhooks").click()
        expect(page.get_by_role("heading", name="Webhooks")).to_be_visible()
        person.writes("While you were away")
        page.evaluate("history.back()")
        expect(bubble(page, "While you were away")).to_be_visible()
        expect(composer(page)).to_have_value("A draft")
        person.writes("And live")
        expect(bubble(page, "And live")).to_be_visible()


def test_a_login_that_ended_is_told_and_asks_no_storm(
    live_site: Site, agents: tuple[Agent, Agent], open_page: OpenPage
) -> None:
    _ana, ben = agents
    person = meet(live_site)
    first, second = open_page(ben, person.path), open_page(ben, person.path)
    refused: list[str] = []
    second.on(
        "response",
        lambda answer: refused.append(answer.url) if answer.status == 401 else None,
    )
    with without_page_load(second):
        composer(second).fill("Unsent")
        first.locator(".rail-user").click()
        first.get_by_role("button", name="Log out").click()
        expect(first.get_by_label("Password")).to_be_visible()
        # The second tab takes the stream over and is refused.
        expect(second.locator(".banner.is-ended")).to_be_visible()
        composer(second).press("Enter")
        expect(composer(second)).to_have_value("Unsent")
        expect(person.row(second)).to_be_visible()
        expect(second.get_by_label("Password")).to_have_count(0)
        streams = [url for url in refused if url.endswith("/events/")]
        assert len(streams) <= 2, "a refused stream is asked for again and again"
    live_site.log_in("Ben")


def wait_until_in(page: Page, true: Callable[[], bool]) -> None:
    """Wait for a condition that the events of the browser bring about."""
    deadline = time.monotonic() + 20
    while not true():
        assert time.monotonic() < deadline
        page.evaluate("new Promise(requestAnimationFrame)")
