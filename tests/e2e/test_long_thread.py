"""A conversation of 1,200 messages: read far up, and nothing moves under the reader's eyes."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from playwright.sync_api import expect

from inbox.models import Message, Thread
from sendblue_inbox.clock import now

from .screen import Person, bubble, meet, without_page_load, words

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from .conftest import Agent, OpenPage
    from .site import Site

MESSAGES = 1_200
MOST_BUBBLES = 320
# What the reader's eyes are on, and where it stands.
READ = """() => {
  const top = document.getElementById("scroller").getBoundingClientRect().top;
  const seen = [...document.querySelectorAll("#messages > .message")]
    .find((bubble) => bubble.getBoundingClientRect().bottom > top + 40);
  return [seen.id, seen.getBoundingClientRect().top];
}"""
SCROLL = """(way) => {
  const scroller = document.getElementById("scroller");
  scroller.scrollTop += way * scroller.scrollHeight;
}"""
PLACE = "(id) => document.getElementById(id).getBoundingClientRect().top"
FRAME = "new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"


def long_thread(site: Site) -> Person:
    """A person with a long past: `Message 0001` and so on."""
    person = meet(site, "The newest of all")
    thread = Thread.objects.get(pk=person.thread)
    began = now() - timedelta(minutes=MESSAGES + 10)
    Message.objects.bulk_create(
        Message(
            thread=thread,
            line_id=thread.line_id,
            message_handle=f"long-{thread.pk}-{n}",
            is_outbound=n % 3 == 0,
            status="DELIVERED" if n % 3 == 0 else "RECEIVED",
            number=person.number,
            content=f"Message {n:04} " + "with words " * (n % 17),
            service="iMessage",
            date_sent=began + timedelta(minutes=n),
            first_revision=thread.revision + n,
            revision=thread.revision + n,
        )
        for n in range(1, MESSAGES + 1)
    )
    Thread.objects.filter(pk=thread.pk).update(revision=thread.revision + MESSAGES)
    return person


def numbers(page: Page) -> list[int]:
    """Which of the messages are loaded."""
    return [int(text.split()[1]) for text in words(page) if text.startswith("Message")]


def load_more(page: Page, side: str) -> None:
    """Scroll to one end, and hold that the bubble before the eyes stays where it is."""
    row = page.locator(f"#{side}")
    bound = row.get_attribute("data-bound")
    page.evaluate(SCROLL, -1 if side == "older" else 1)
    seen, before = page.evaluate(READ)
    expect(page.locator(f"#{side}[data-bound='{bound}']")).to_have_count(0)
    page.evaluate(FRAME)
    assert abs(page.evaluate(PLACE, seen) - before) <= 1, f"{seen} moved while {side} ones came"
    loaded = numbers(page)
    assert loaded == list(range(loaded[0], loaded[-1] + 1)), "a gap or a wrong order"
    assert page.locator("#messages > .message").count() <= MOST_BUBBLES


def test_reading_far_up(live_site: Site, agents: tuple[Agent, Agent], open_page: OpenPage) -> None:
    person = long_thread(live_site)
    page = open_page(agents[0], person.path)
    expect(bubble(page, "The newest of all")).to_be_in_viewport()
    with without_page_load(page):
        for _ in range(9):
            load_more(page, "older")
        assert numbers(page)[0] == MESSAGES - 9 * 50 - 48
        assert numbers(page)[-1] < MESSAGES - 100, "nothing was let go at the other end"

        # Somebody writes while the agent reads far up.
        page.evaluate(SCROLL, 0.1)
        page.evaluate(FRAME)
        seen, before = page.evaluate(READ)
        person.writes("Are you there?")
        pill = page.locator("#to-newest")
        expect(pill).to_contain_text("1 new message")
        page.evaluate(FRAME)
        assert abs(page.evaluate(PLACE, seen) - before) <= 1

        load_more(page, "newer")
        pill.click()
        expect(bubble(page, "Are you there?")).to_be_in_viewport()
        expect(pill).to_be_hidden()
        assert words(page)[-2:] == ["The newest of all", "Are you there?"]
        assert numbers(page)[-1] == MESSAGES
        person.writes("Good")
        expect(bubble(page, "Good")).to_be_in_viewport()
        load_more(page, "older")
