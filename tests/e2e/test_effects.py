"""The effect studio by keyboard alone: thirteen effects on one's own words, and none of them
where motion is unwanted or the service would lose it."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from inbox.models import Line, Thread
from sendblue_inbox.clock import now
from sendblue_inbox.sendblue.terms import MAX_CONTENT_LENGTH, SEND_STYLES

from .screen import Person, answer, bubble, composer, meet
from .site import OUR_LINE, new_number, wait_until
from .watch import axe

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Page

    from .conftest import Agent, OpenPage
    from .site import Site

# These move the bubble and draw nothing.
UNDRAWN = {"loud", "gentle"}
# How many different frames an effect shows, at least four, and whether it painted any of them.
MOVES = """async ([style, isDrawn]) => {
  const stage = document.querySelector("#effect-studio .studio-stage");
  const seen = new Set();
  let painted = false;
  for (let frame = 0; frame < 240; frame += 1) {
    if (seen.size >= 4 && painted === isDrawn) break;
    await new Promise(requestAnimationFrame);
    const canvas = stage.querySelector("canvas");
    if (stage.dataset.effect !== style) continue;
    const { width, height } = canvas;
    const points = canvas.getContext("2d").getImageData(0, 0, width, height).data;
    let sum = 0;
    for (let at = 3; at < points.length; at += 4 * 13) {
      if (points[at]) painted = true;
      sum = (sum * 31 + points[at - 1] + points[at]) | 0;
    }
    const box = stage.querySelector(".messages > :last-child .bubble").getBoundingClientRect();
    seen.add(`${sum} ${box.width.toFixed(2)} ${box.x.toFixed(2)}`);
  }
  return [seen.size, painted];
}"""
LEFT_OVERS = """() => [
  document.querySelectorAll("canvas").length,
  document.querySelectorAll("[data-effect]").length,
  document.querySelectorAll(".studio-stage .message").length,
  document.getAnimations().filter((one) => one.constructor === Animation).length,
]"""
COUNT_FRAMES = """
window.framesOfEffects = 0;
const ask = window.requestAnimationFrame.bind(window);
window.requestAnimationFrame = (step) => {
  if (new Error().stack.includes("/effects/")) window.framesOfEffects += 1;
  return ask(step);
};
"""


def open_studio(page: Page) -> None:
    """From the words, by keyboard."""
    composer(page).focus()
    page.keyboard.press("Shift+Tab")
    while "Effects" not in page.evaluate("document.activeElement.title"):
        page.keyboard.press("Shift+Tab")
    page.keyboard.press("Enter")
    expect(page.locator("#effect-studio")).to_be_visible()


def picked(page: Page) -> str:
    """The effect that has the focus."""
    return page.evaluate("document.activeElement.value")


def sent_styles(site: Site, person: Person) -> list[str | None]:
    """What Sendblue was asked to send to somebody."""
    posts = site.simulator.ledger("/api/send-message")
    bodies = [post["body"] for post in posts if post["body"]["number"] == person.number]
    return [body.get("send_style") for body in bodies]


def test_all_thirteen_by_keyboard_and_one_is_sent(
    live_site: Site, agents: tuple[Agent, Agent], open_page: OpenPage
) -> None:
    person = meet(live_site)
    page = open_page(agents[0], person.path)
    composer(page).fill("Happy birthday to you")
    open_studio(page)
    played = []
    for _ in SEND_STYLES:
        style = picked(page)
        frames, painted = page.evaluate(MOVES, [style, style not in UNDRAWN])
        assert frames >= 4, f"{style} does not move"
        assert painted == (style not in UNDRAWN), f"{style} is drawn: {painted}"
        played.append(style)
        page.keyboard.press("ArrowDown")
    assert sorted(played) == sorted(SEND_STYLES)
    stage = page.locator(".studio-stage")
    expect(stage.locator(".message").last).to_have_text("Happy birthday to you")
    axe(page)
    page.keyboard.press("Escape")
    assert page.evaluate(LEFT_OVERS) == [0, 0, 0, 0]
    expect(page.locator("#effect-chosen")).to_be_hidden()

    open_studio(page)
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowUp")
    assert picked(page) == "slam"
    page.keyboard.press("Enter")
    expect(page.locator("#effect-chosen")).to_contain_text("With Slam")
    expect(composer(page)).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator(".messages-frame[data-effect=slam]")).to_be_attached()
    expect(page.locator("#effect-chosen")).to_be_hidden()
    wait_until(lambda: sent_styles(live_site, person), "the message is posted")
    assert sent_styles(live_site, person) == ["slam"]
    expect(page.locator("canvas")).to_have_count(0)
    assert page.evaluate(LEFT_OVERS) == [0, 0, 0, 0]

    replay = bubble(page, "Happy birthday").locator(".replay")
    replay.press("Enter")
    expect(page.locator(".messages-frame[data-effect=slam]")).to_be_attached()
    expect(page.locator("canvas")).to_have_count(0)
    assert page.evaluate(LEFT_OVERS) == [0, 0, 0, 0]
    answer(page, "And without one")
    wait_until(lambda: len(sent_styles(live_site, person)) == 2, "the second message is posted")
    assert not sent_styles(live_site, person)[1]


def test_ink_clears_where_it_is_rubbed(
    live_site: Site, agents: tuple[Agent, Agent], open_page: OpenPage
) -> None:
    person = meet(live_site)
    page = open_page(agents[0], person.path)
    composer(page).fill("A secret that is long enough to be rubbed on one side only")
    open_studio(page)
    for _ in range(3):
        page.keyboard.press("ArrowDown")
    stage = page.locator(".studio-stage[data-effect=invisible]")
    box = stage.locator(".messages > :last-child .bubble").bounding_box()
    assert box
    opacity = """([x, y]) => new Promise((done) => requestAnimationFrame(() => {
      const canvas = document.querySelector(".studio-stage canvas");
      const edge = canvas.getBoundingClientRect();
      const ratio = canvas.width / edge.width;
      const place = [(x - edge.x) * ratio, (y - edge.y) * ratio];
      done(canvas.getContext("2d").getImageData(...place, 1, 1).data[3]);
    }))"""
    left, right = (
        [box["x"] + share * box["width"], box["y"] + box["height"] / 2] for share in (0.2, 0.8)
    )
    assert page.evaluate(opacity, left) == page.evaluate(opacity, right) == 255
    page.mouse.move(left[0] - 5, left[1])
    page.mouse.move(*left)
    assert page.evaluate(opacity, left) < 100
    assert page.evaluate(opacity, right) == 255
    page.get_by_role("button", name="Play again").press("Enter")
    # A second press while it plays clears all of it, and soon.
    expect(stage).to_have_count(0, timeout=1_500)


def test_words_that_come_back_bring_their_effect(
    live_site: Site, agents: tuple[Agent, Agent], open_page: OpenPage
) -> None:
    person = meet(live_site)
    page = open_page(agents[0], person.path)
    composer(page).fill("x" * (MAX_CONTENT_LENGTH + 1))
    open_studio(page)
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Enter")
    expect(page.locator("#effect-chosen")).to_contain_text("With Celebration")
    page.keyboard.press("Enter")
    expect(page.locator("#composer-error")).not_to_be_empty()
    expect(page.locator("#effect-chosen")).to_contain_text("With Celebration")
    page.get_by_role("button", name="Send without the effect").press("Enter")
    expect(page.locator("#effect-chosen")).to_be_hidden()
    expect(composer(page)).to_be_focused()

    line = Line.objects.filter(number=OUR_LINE)
    line.update(busy_until=now() + timedelta(minutes=5))
    try:
        composer(page).fill("On second thoughts")
        open_studio(page)
        page.keyboard.press("Enter")
        page.keyboard.press("Enter")
        bubble(page, "On second thoughts").get_by_role("button", name="Take back").press("Enter")
        expect(bubble(page, "On second thoughts")).to_have_count(0)
    finally:
        line.update(busy_until=now())
    expect(composer(page)).to_have_value("On second thoughts")
    expect(page.locator("#effect-chosen")).to_contain_text("With Slam")


def test_nothing_moves_where_motion_is_unwanted(
    live_site: Site, new_agent: Callable[..., Agent], open_page: OpenPage
) -> None:
    person = meet(live_site)
    ana = new_agent("Ana", reduced_motion="reduce")
    ana.context.add_init_script(COUNT_FRAMES)
    page = open_page(ana, person.path)
    composer(page).fill("Quietly")
    open_studio(page)
    for _ in SEND_STYLES:
        style = picked(page)
        expect(page.locator(f".studio-stage[data-effect={style}]")).to_be_attached()
        expect(page.locator("#studio-says")).to_contain_text("Shown still")
        running = "document.getAnimations().filter((one) => one.playState === 'running').length"
        assert page.evaluate(running) == 0, f"{style} moves"
        page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.keyboard.press("Enter")
    expect(bubble(page, "Quietly").locator(".sent-with")).to_have_text("With Slam")
    expect(bubble(page, "Quietly").locator(".replay")).to_be_hidden()
    expect(bubble(page, "Quietly")).to_have_attribute("data-stage", "delivered")
    assert page.evaluate(LEFT_OVERS) == [0, 0, 0, 0]
    assert page.evaluate("framesOfEffects") == 0


@pytest.mark.parametrize("width", [1280, 360])
def test_greyed_with_the_reason(
    live_site: Site, agents: tuple[Agent, Agent], open_page: OpenPage, width: int
) -> None:
    person = meet(live_site)
    page = open_page(agents[0], person.path, width=width, dark=width == 360)
    open_studio(page)
    page.keyboard.press("Enter")
    expect(page.locator("#effect-chosen")).to_contain_text("With Slam")
    person.writes("From another phone", service="SMS")
    expect(page.locator("#effect-chosen")).to_contain_text("would go as SMS")

    number = new_number()
    live_site.simulator.inbound(
        from_=number,
        to=OUR_LINE,
        content="Hello all",
        group_id=f"group-{number}",
        participants=[number, new_number()],
    )
    groups = Thread.objects.filter(group_id=f"group-{number}")
    wait_until(groups.exists, "the group has a thread")
    for path, reason in (
        (person.path, "would go as SMS"),
        (f"/threads/{groups.get().pk}/", "in groups"),
    ):
        page.goto(path)
        expect(page.locator("#effects-button")).to_have_class("icon-button needs-script is-refused")
        open_studio(page)
        expect(page.locator("#effect-studio #effects-refused")).to_contain_text(reason)
        choices = page.locator("#effect-studio input")
        expect(choices).to_have_count(len(SEND_STYLES))
        expect(page.locator("#effect-studio input:disabled")).to_have_count(len(SEND_STYLES))
        expect(page.get_by_role("button", name="Use this effect")).to_be_disabled()
        axe(page)
        page.keyboard.press("Escape")
        expect(page.locator("#effect-studio")).to_be_hidden()
