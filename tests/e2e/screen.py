"""What the tests look at on a page, by name; and people who write."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from playwright.sync_api import expect

from inbox.models import Thread
from tests.factories import make_contact

from .site import OUR_LINE, Site, new_number, wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Locator, Page

# A loaded machine is slow, a broken page never gets there.
expect.set_options(timeout=15_000)


@dataclass(frozen=True)
class Person:
    """Somebody outside who has a thread with us."""

    site: Site
    number: str
    thread: int

    @property
    def path(self) -> str:
        """The address of their thread."""
        return f"/threads/{self.thread}/"

    def writes(self, content: str, **message: object) -> list[str]:
        """They send us a message, or `count` of them; returns the handles."""
        body = {"from_": self.number, "to": OUR_LINE, "content": content} | message
        return self.site.simulator.inbound(**body)

    def row(self, page: Page) -> Locator:
        """Their thread in the list of a page."""
        return page.locator(f"#thread-row-{self.thread}")


def meet(site: Site, content: str = "Hello there", *, number: str = "", **names: str) -> Person:
    """Somebody writes to us for the first time."""
    number = number or new_number()
    if names:
        make_contact(number, **names)
    site.simulator.inbound(from_=number, to=OUR_LINE, content=content)
    threads = Thread.objects.filter(contact__number=number, messages__content=content)
    wait_until(threads.exists, "the first message of a person is recorded")
    return Person(site, number, threads.get().pk)


def bubble(page: Page, words: str) -> Locator:
    """The message with these words."""
    return page.locator("#messages > .message", has_text=words)


def words(page: Page) -> list[str]:
    """What the bubbles say, from top to bottom."""
    return page.locator("#messages .words").all_inner_texts()


def composer(page: Page) -> Locator:
    """Where an answer is typed."""
    return page.locator("#content")


def answer(page: Page, content: str) -> None:
    """Type an answer and press Enter."""
    composer(page).fill(content)
    composer(page).press("Enter")


def focused(page: Page) -> str:
    """The id of what has the focus; empty where nothing has, which no swap may bring about."""
    return page.evaluate(
        "document.activeElement === document.body ? '' : document.activeElement.id || '?'"
    )


@contextlib.contextmanager
def without_page_load(*pages: Page) -> Iterator[None]:
    """Inside, what happens on these pages happens without loading them again."""
    for page in pages:
        page.evaluate("window.stayed = true")
    yield
    for page in pages:
        assert page.evaluate("window.stayed"), f"{page.url} was loaded again"
