"""Tapbacks, replies and the bar beside a message: by pointer, by keys, by a long press."""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING

from playwright.sync_api import expect

from inbox.models import Message, SendState
from tests.factories import report

from .screen import Person, answer, bubble, composer, focused, meet, without_page_load
from .site import OUR_LINE, wait_until
from .watch import axe

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Locator, Page

    from .conftest import Agent, OpenPage
    from .site import Site
    from .watch import Watch


def bar(page: Page) -> Locator:
    return page.locator("#message-tools:popover-open")


def mark(page: Page, words: str, name: str) -> Locator:
    """The tapback on the message with these words, by the sentence that says whose it is."""
    return bubble(page, words).locator(f".mark[title='{name}']")


def handle_of(words: str) -> str:
    return Message.objects.get(content=words).message_handle


def posted(site: Site, handle: str) -> list[str]:
    """The tapbacks on a message that Sendblue was asked for."""
    posts = site.simulator.ledger("/api/send-reaction")
    return [post["body"]["reaction"] for post in posts if post["body"]["message_handle"] == handle]


def reacts(person: Person, handle: str, kind: str) -> None:
    """The person puts a tapback on a message of theirs or ours."""
    person.writes("", reaction={"to": handle, "kind": kind})


def test_by_pointer_and_on_the_other_screen_within_a_second(
    live_site: Site, agents: tuple[Agent, Agent], open_page: OpenPage
) -> None:
    asked = f"Is the studio open {time.time()}"
    person = meet(live_site, asked)
    anas, bens = (open_page(agent, person.path) for agent in agents)
    with without_page_load(anas, bens):
        composer(bens).press_sequentially("Half a thought")
        bubble(anas, asked).locator(".bubble").hover()
        expect(bar(anas)).to_contain_text("A tapback cannot be taken back.")
        axe(anas)
        began = time.monotonic()
        bar(anas).get_by_role("button", name="Love").click()
        expect(bubble(bens, asked).locator(".mark.is-love")).to_be_visible(timeout=1000)
        print(f"\nour tapback to the other screen: {time.monotonic() - began:.2f} s")
        for page, name in ((anas, "Loved by you"), (bens, "Loved by Ana")):
            expect(mark(page, asked, name)).to_be_visible()
            expect(bubble(page, asked).locator(".mark")).to_have_count(1)
        expect(bar(anas)).to_have_count(0)

        answer(anas, f"It is: {asked}")
        ours = f"It is: {asked}"
        expect(bubble(anas, ours)).to_have_attribute("data-stage", "delivered")
        began = time.monotonic()
        reacts(person, handle_of(ours), "like")
        for page in (anas, bens):
            expect(bubble(page, ours).locator(".mark.is-like")).to_be_visible(timeout=2000)
        print(f"their tapback to both screens: {time.monotonic() - began:.2f} s")
        reacts(person, handle_of(ours), "laugh")
        for page in (anas, bens):
            expect(bubble(page, ours).locator(".mark.is-laugh")).to_be_visible()
            expect(bubble(page, ours).locator(".mark")).to_have_count(1)
        # Each is a mark, none a bubble of its own.
        expect(anas.locator("#messages > .message")).to_have_count(2)
        assert composer(bens).input_value() == "Half a thought"
        assert focused(bens) == "content"
    # It went to the list as readable words, and nothing is unread on the screens that looked.
    expect(person.row(bens).locator(".row-words")).to_contain_text("Laughed at “It is:")
    assert posted(live_site, handle_of(asked)) == ["love"]


def test_by_keys_alone(live_site: Site, agents: tuple[Agent, Agent], open_page: OpenPage) -> None:
    first = f"First question {time.time()}"
    person = meet(live_site, first)
    person.writes("Second question")
    page = open_page(agents[0], person.path)
    with without_page_load(page):
        expect(bubble(page, "Second question")).to_be_visible()
        page.locator("#scroller").focus()
        page.keyboard.press("ArrowUp")
        expect(bubble(page, "Second question")).to_be_focused()
        page.keyboard.press("ArrowUp")
        expect(bubble(page, first)).to_be_focused()
        page.keyboard.press("Enter")
        expect(bar(page).get_by_role("button", name="Love")).to_be_focused()
        page.keyboard.press("ArrowRight")
        page.keyboard.press("ArrowRight")
        expect(bar(page).get_by_role("button", name="Dislike")).to_be_focused()
        page.keyboard.press("Escape")
        expect(bar(page)).to_have_count(0)
        expect(bubble(page, first)).to_be_focused()
        page.keyboard.press("t")
        page.keyboard.press("5")
        expect(mark(page, first, "Emphasized by you")).to_be_visible()
        # The bubble was drawn anew and has the focus all the same.
        expect(bubble(page, first)).to_be_focused()
        page.keyboard.press("ArrowDown")
        page.keyboard.press("t")
        page.keyboard.press("ArrowRight")
        page.keyboard.press("Enter")
        expect(mark(page, "Second question", "Liked by you")).to_be_visible()

        page.keyboard.press("r")
        expect(page.locator("#composer-reply")).to_contain_text("Second question")
        expect(composer(page)).to_be_focused()
        page.keyboard.press("Escape")
        expect(page.locator("#composer-reply")).to_be_hidden()
        expect(composer(page)).to_be_focused()
    assert posted(live_site, handle_of(first)) == ["emphasize"]


def test_by_a_long_press(
    live_site: Site, new_agent: Callable[..., Agent], open_page: OpenPage
) -> None:
    asked = f"On the phone {time.time()}"
    person = meet(live_site, asked)
    page = open_page(new_agent("Ana", has_touch=True, is_mobile=True), person.path, width=360)
    finger = page.context.new_cdp_session(page)

    def touch(kind: str, *points: tuple[float, float]) -> None:
        spots = [{"x": x, "y": y} for x, y in points]
        finger.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": spots})

    words = bubble(page, asked).locator(".words")
    words.wait_for()
    box = words.bounding_box()
    assert box
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    with without_page_load(page):
        # A finger that moves on scrolls, and nothing else.
        touch("touchStart", (x, y))
        touch("touchMove", (x, y - 40))
        touch("touchEnd")
        expect(bar(page)).to_have_count(0)
        touch("touchStart", (x, y))
        bar(page).wait_for()
        touch("touchEnd")
        expect(bar(page)).to_be_visible()
        within = page.evaluate(
            "(() => { const at = document.getElementById('message-tools').getBoundingClientRect();"
            " return at.left >= 0 && at.right <= innerWidth && at.top >= 0; })()"
        )
        assert within
        bar(page).get_by_role("button", name="Like", exact=True).tap()
        expect(mark(page, asked, "Liked by you")).to_be_visible()
    assert posted(live_site, handle_of(asked)) == ["like"]


def test_what_came_by_sms_says_why_it_takes_nothing(
    live_site: Site, agents: tuple[Agent, Agent], open_page: OpenPage
) -> None:
    person = meet(live_site)
    person.writes("From an old phone", service="SMS")
    page = open_page(agents[0], person.path)
    bubble(page, "From an old phone").locator(".bubble").hover()
    expect(bar(page)).to_contain_text("need iMessage. This message came as SMS.")
    for name in ("Love", "Question", "Reply"):
        expect(bar(page).get_by_role("button", name=name)).to_be_disabled()
    expect(bar(page).get_by_role("button", name="Copy")).to_be_enabled()


def test_a_refused_tapback_can_be_sent_again_or_let_be(
    live_site: Site, agents: tuple[Agent, Agent], open_page: OpenPage
) -> None:
    asked = f"Refuse this {time.time()}"
    person = meet(live_site, asked)
    page = open_page(agents[0], person.path)
    trouble = bubble(page, asked).locator(".mark-trouble")
    with without_page_load(page):
        for settled in ("Dismiss", "Send again"):
            refusal = {"status": "ERROR", "error_message": "Not now"}
            live_site.simulator.fault(
                method="POST", path="/api/send-reaction", mode={"status": 400, "body": refusal}
            )
            bubble(page, asked).locator(".bubble").hover()
            bar(page).get_by_role("button", name="Question").click()
            expect(trouble).to_contain_text("Not now")
            trouble.get_by_role("button", name=settled).click()
            expect(trouble).to_have_count(0)
        expect(mark(page, asked, "Questioned by you")).to_be_visible()
    settled_states = Message.objects.filter(reaction="question", thread=person.thread)
    assert set(settled_states.values_list("send_state", flat=True)) == {
        SendState.REJECTED,
        SendState.ACCEPTED,
    }


def test_replying_and_the_way_to_what_is_quoted(
    live_site: Site, agents: tuple[Agent, Agent], open_page: OpenPage, watch: Watch
) -> None:
    watch.expect("Failed to fetch")
    asked = f"The blue or the green vase {time.time()}"
    person = meet(live_site, asked)
    anas, bens = (open_page(agent, person.path) for agent in agents)
    with without_page_load(anas, bens):
        bubble(anas, asked).locator(".bubble").hover()
        bar(anas).get_by_role("button", name="Reply").click()
        strip = anas.locator("#composer-reply")
        expect(strip).to_contain_text("Replying to (415) ")
        expect(strip).to_contain_text(asked)
        # A refused send brings back what it answered, as it brings back the words.
        anas.context.route("**/messages/", lambda route: route.abort())
        answer(anas, "The green one")
        expect(composer(anas)).to_have_value("The green one")
        expect(strip).to_contain_text(asked)
        anas.context.unroute("**/messages/")
        anas.keyboard.press("Enter")
        expect(strip).to_be_hidden()
        for page in (anas, bens):
            expect(bubble(page, "The green one").locator(".quote")).to_contain_text(asked)
        answer(anas, "And this answers nothing")
        expect(bubble(anas, "answers nothing").locator(".quote")).to_have_count(0)
        person.writes("{n} of many", count=60)
        person.writes("Back to it", reply_to=handle_of(asked))
        expect(bubble(bens, "Back to it")).to_be_visible()
        everything = Message.objects.filter(thread=person.thread)
        wait_until(lambda: everything.count() == 64, "all of it is recorded")
    # The original is far up and not loaded on a fresh page.
    anas.reload()
    expect(bubble(anas, asked).filter(has_not=anas.locator(".quote"))).to_have_count(0)
    with without_page_load(anas):
        composer(anas).fill("A draft")
        bubble(anas, "Back to it").locator(".quote a").click()
        original = bubble(anas, asked).filter(has_not=anas.locator(".quote"))
        expect(original).to_be_in_viewport()
        expect(original).to_be_focused()
        assert composer(anas).input_value() == "A draft"
        anas.locator("#to-newest").click()
        expect(bubble(anas, "Back to it")).to_be_in_viewport()
    posts = live_site.simulator.ledger("/api/send-message")
    replies = [
        post["body"].get("reply_to") for post in posts if post["body"]["number"] == person.number
    ]
    assert replies == [{"message_handle": handle_of(asked), "part_index": 0}, None]


def test_a_tapback_that_comes_before_its_message(
    live_site: Site, agents: tuple[Agent, Agent], open_page: OpenPage
) -> None:
    person = meet(live_site)
    page = open_page(agents[0], person.path)
    late = f"Said before {time.time()}"
    person.writes(f"Loved “{late}”")
    with without_page_load(page):
        expect(bubble(page, f"Loved “{late}”")).to_be_visible()
        payload = report(
            number=person.number,
            line=OUR_LINE,
            content=late,
            message_handle=f"before-{person.thread}",
            date_sent=Message.objects.get(thread=person.thread, content="Hello there").date_sent,
        )
        live_site.simulator.control("POST", "event", {"kind": "receive", "payload": payload})
        expect(bubble(page, late).locator(".mark.is-love")).to_be_visible()
        expect(bubble(page, "Loved “")).to_have_count(0)
    marked = Message.objects.filter(thread=person.thread, reacts_to__isnull=False)
    wait_until(marked.exists, "the tapback found its message")
    assert re.fullmatch(r"before-\d+", marked.get().reacts_to.message_handle)
