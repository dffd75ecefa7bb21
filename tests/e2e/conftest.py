"""Fixtures for the browser tests: a whole running inbox, Chromium, and two agents at work."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import pytest
from django.conf import settings
from playwright.sync_api import sync_playwright

from tests.conftest import simulator_process

from .site import Site
from .watch import Watch

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from playwright.sync_api import Browser, BrowserContext, Page
    from pytest_django.plugin import DjangoDbBlocker

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
CHROMIUM = next(filter(None, map(shutil.which, BROWSERS)), None)
NO_CHROMIUM = "There is no Chromium here: apt install chromium."
# Without the first a page that was left is never kept alive, as it is for people.
KEPT_OUT = ["--disable-back-forward-cache"]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "tests/e2e/" in item.path.as_posix():
            item.add_marker(pytest.mark.e2e)
            if not CHROMIUM and not os.environ.get("CI"):
                item.add_marker(pytest.mark.skip(NO_CHROMIUM))


@dataclass(frozen=True)
class Agent:
    """Somebody at work: a browser of their own, logged in."""

    name: str
    pk: int
    context: BrowserContext


class OpenPage(Protocol):
    """Opens a page of the inbox in an agent's browser."""

    def __call__(
        self, agent: Agent, path: str = "/threads/", *, width: int = 1280, dark: bool = False
    ) -> Page: ...


@pytest.fixture(scope="session")
def chromium() -> str:
    """Where the browser lies."""
    return CHROMIUM or pytest.fail(NO_CHROMIUM)


@pytest.fixture(scope="session")
def live_site(chromium: str, django_db_blocker: DjangoDbBlocker, broker: str) -> Iterator[Site]:
    """One running inbox for all browser tests of this pytest process."""
    assert chromium and broker
    number = 1 + int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    with simulator_process() as simulator, django_db_blocker.unblock():
        site = Site(simulator, number=number)
        try:
            site.start()
            yield site
        finally:
            site.stop()


@pytest.fixture(scope="module")
def browser(live_site: Site, chromium: str) -> Iterator[Browser]:
    """Chromium; ends with the file, because its event loop would forbid others the database."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium, args=["--no-sandbox"], ignore_default_args=KEPT_OUT
        )
        yield browser
        browser.close()


@pytest.fixture(autouse=True)
def rows(
    live_site: Site, django_db_blocker: DjangoDbBlocker, monkeypatch: pytest.MonkeyPatch
) -> Iterator[None]:
    """The test itself may read and write the site's database."""
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")  # Playwright runs an event loop around us
    with django_db_blocker.unblock(), live_site.rows():
        yield


@pytest.fixture
def watch() -> Iterator[Watch]:
    """Fails the test for whatever no page may do."""
    watch = Watch()
    yield watch
    assert not watch.troubles, "\n".join(watch.troubles)


@pytest.fixture
def new_context(
    browser: Browser, live_site: Site, watch: Watch
) -> Iterator[Callable[..., BrowserContext]]:
    """Makes watched browsers that nobody is logged in to; options are Playwright's."""
    contexts: list[BrowserContext] = []

    def make(**options: object) -> BrowserContext:
        context = browser.new_context(base_url=live_site.url, **options)
        context.set_default_timeout(15_000)
        watch.follow(context)
        contexts.append(context)
        return context

    yield make
    for context in contexts:
        context.close()


@pytest.fixture
def new_agent(live_site: Site, new_context: Callable[..., BrowserContext]) -> Callable[..., Agent]:
    """Logs `Ana` or `Ben` in to a browser of their own; options are Playwright's."""

    def make(name: str, **options: object) -> Agent:
        context = new_context(**options)
        cookie = {
            "name": settings.SESSION_COOKIE_NAME,
            "value": live_site.sessions[name],
            "url": live_site.url,
        }
        context.add_cookies([cookie])  # type: ignore[list-item]
        return Agent(name, live_site.users[name].pk, context)

    return make


@pytest.fixture
def agents(new_agent: Callable[..., Agent]) -> tuple[Agent, Agent]:
    """Ana and Ben, each in a browser of their own."""
    return new_agent("Ana"), new_agent("Ben")


@pytest.fixture
def open_page() -> OpenPage:
    """Opens a page of the inbox in an agent's browser and waits until it is live."""

    def open_page(
        agent: Agent, path: str = "/threads/", *, width: int = 1280, dark: bool = False
    ) -> Page:
        page = agent.context.new_page()
        page.set_viewport_size({"width": width, "height": 800})
        page.emulate_media(color_scheme="dark" if dark else "light")
        page.goto(path)
        page.locator("html[data-live=on]").wait_for()
        return page

    return open_page
