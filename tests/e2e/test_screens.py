"""A picture of every page in four forms, each without an error and without a barrier."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.conftest import ROOT

from .scene import set_scene
from .site import OTHER_LINE, OUR_LINE
from .watch import axe

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import BrowserContext, Page

    from .conftest import Agent, OpenPage
    from .site import Site

PICTURES = ROOT / "test-results" / "screens"
README_PICTURE = ROOT / "docs" / "img" / "inbox.png"
FORMS = [(1280, False), (1280, True), (360, False), (360, True)]
TALL = {1280: 800, 360: 740}
ZONE = "America/Los_Angeles"


@pytest.mark.parametrize(("width", "dark"), FORMS)
def test_screenshots(
    live_site: Site,
    new_agent: Callable[..., Agent],
    new_context: Callable[..., BrowserContext],
    open_page: OpenPage,
    width: int,
    dark: bool,
) -> None:
    # What other tests said there would be pulled in again.
    live_site.simulator.reset(lines=[OUR_LINE, OTHER_LINE], contacts=[], messages=[])
    threads = set_scene(live_site.users["Ana"], live_site.users["Ben"])
    scale = 2 if (width, dark) == FORMS[0] else 1
    ana = new_agent("Ana", timezone_id=ZONE, has_touch=width < 760, device_scale_factor=scale)
    form = f"{width}-{'dark' if dark else 'light'}"

    def picture(name: str, page: Page) -> None:
        PICTURES.mkdir(parents=True, exist_ok=True)
        # Hiding the caret would write a style into the page, which its policy refuses.
        page.screenshot(path=PICTURES / f"{name}-{form}.png", caret="initial")
        axe(page)

    def show(path: str) -> Page:
        page = open_page(ana, path, width=width, dark=dark)
        page.set_viewport_size({"width": width, "height": TALL[width]})
        return page

    page = show("/threads/")
    expect(page.locator(".thread-row")).to_have_count(len(threads))
    picture("list", page)
    for name in ("Maya", "Chloé", "Leila"):
        page.goto(f"/threads/{threads[name].pk}/")
        page.locator("html[data-live=on]").wait_for()
        expect(page.locator(".message").last).to_be_in_viewport()
        picture(f"thread-{name}", page)
    page.locator("#assignee").click()
    picture("assign", page)
    page.goto("/threads/new/")
    picture("new", page)
    page.goto("/threads/?q=nobody-is-called-so")
    expect(page.locator(".empty-list")).to_be_visible()
    picture("nothing-found", page)
    page.locator("body").press("?")
    expect(page.locator("#keys")).to_be_visible()
    picture("keys", page)
    page.goto("/webhooks/")
    picture("webhooks", page)
    page.goto("/nothing-is-here/")
    picture("not-found", page)

    stranger = new_context(color_scheme="dark" if dark else "light").new_page()
    stranger.set_viewport_size({"width": width, "height": TALL[width]})
    stranger.goto("/accounts/login/")
    picture("login", stranger)


def test_screenshot_of_the_readme(pytestconfig: pytest.Config) -> None:
    """Taken over where pictures were asked for (`make screenshots`), not at each test run."""
    newest = PICTURES / "thread-Maya-1280-light.png"
    assert newest.exists()
    if pytestconfig.getoption("keyword") == "screenshot":
        README_PICTURE.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(newest, README_PICTURE)
