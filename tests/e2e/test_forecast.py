"""What is said before a message is sent: how it will go, what gets lost, what the line may do."""

from __future__ import annotations

import os
import secrets
import time
from datetime import datetime, timedelta
from io import BytesIO
from typing import TYPE_CHECKING

from PIL import Image
from playwright.sync_api import expect

from inbox.models import Line, Message, ServiceCheck
from sendblue_inbox.clock import now

from .screen import answer, bubble, composer, focused, meet, without_page_load
from .site import OUR_LINE, new_number, wait_until
from .watch import axe

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from .conftest import Agent, OpenPage
    from .site import Site


def photo_of_8_mb() -> dict[str, object]:
    """A picture that no compression makes smaller."""
    width, height = 1630, 1635
    picture = Image.frombytes("RGB", (width, height), os.urandom(3 * width * height))
    file = BytesIO()
    picture.save(file, "PNG", compress_level=1)
    return {"name": "beach.png", "mimeType": "image/png", "buffer": file.getvalue()}


def choose_slam(page: Page) -> None:
    """Open the effects, take the first, and go back to the draft with it."""
    page.locator("#effects-button").click()
    expect(page.locator("#effect-studio")).to_be_visible()
    page.locator("#effect-studio [value=slam]").focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Enter")
    expect(page.locator("#effect-studio")).to_be_hidden()


def test_stop_locks_both_composers_with_its_proof_and_start_opens_them(
    live_site: Site, agents: tuple[Agent, Agent], open_page: OpenPage
) -> None:
    person = meet(live_site)
    pages = [open_page(agent, person.path) for agent in agents]
    with without_page_load(*pages):
        for page in pages:
            expect(composer(page)).to_be_enabled()
        began = time.monotonic()
        person.writes("STOP")
        for page in pages:
            expect(composer(page)).to_be_disabled()
        print(f"\nSTOP to both screens: {time.monotonic() - began:.2f} s")
        for page in pages:
            notice = page.locator("#composer-notice")
            expect(notice).to_contain_text("has opted out")
            expect(notice).to_contain_text("They wrote “STOP”")
            expect(notice.locator("time")).to_be_visible()
        pages[0].locator("#composer-notice a").click()
        expect(bubble(pages[0], "STOP")).to_be_focused()
        axe(pages[0])
        person.writes("START")
        for page in pages:
            expect(composer(page)).to_be_enabled()
            expect(page.locator("#composer-notice")).to_be_hidden()


def test_a_refused_send_locks_with_that_send_as_its_proof(
    live_site: Site, agents: tuple[Agent, Agent], open_page: OpenPage
) -> None:
    person = meet(live_site)
    pages = [open_page(agent, person.path) for agent in agents]
    refusal = {"status": "ERROR", "error_message": "OPTED_OUT", "error_reason": "SpamRule"}
    live_site.simulator.fault(
        method="POST", path="/api/send-message", mode={"status": 400, "body": refusal}, times=1
    )
    with without_page_load(*pages):
        answer(pages[0], "It ships today.")
        for page in pages:
            expect(composer(page)).to_be_disabled()
            expect(page.locator("#composer-notice")).to_contain_text("refused our message")
        pages[1].locator("#composer-notice a").click()
        expect(bubble(pages[1], "It ships today.")).to_be_focused()


def test_the_composer_says_what_sms_would_lose_and_takes_it_out(
    live_site: Site, agents: tuple[Agent, Agent], open_page: OpenPage
) -> None:
    person = meet(live_site)
    page = open_page(agents[0], person.path)
    loss = page.locator("#forecast-loss")
    with without_page_load(page):
        composer(page).fill("Happy birthday")
        choose_slam(page)
        expect(page.locator("#effect-chosen")).to_contain_text("Slam")
        expect(loss).to_be_hidden()
        person.writes("I am on the train", service="SMS")
        expect(loss).to_contain_text("Likely SMS: the Slam effect and tapbacks will be lost.")
        page.locator("#file-picker").set_input_files(photo_of_8_mb())
        expect(loss).to_contain_text("tapbacks will be lost; this 8 MB photo will not go.")
        expect(loss.locator("button")).to_have_text("Remove the effect and the photo")
        axe(page)
        loss.locator("button").focus()
        page.keyboard.press("Enter")
        expect(loss).to_be_hidden()
        expect(page.locator("#draft-files li")).to_have_count(0)
        assert page.locator("#send-style").input_value() == ""
        assert focused(page) == "content"
        assert composer(page).input_value() == "Happy birthday"
        composer(page).press("Enter")
        expect(bubble(page, "Happy birthday")).to_be_visible()
        # Back on iMessage nothing is lost any more.
        person.writes("Home again")
        expect(bubble(page, "Home again")).to_be_visible()
        choose_slam(page)
        expect(loss).to_be_hidden()
    sent = Message.objects.get(thread=person.thread, content="Happy birthday")
    assert sent.forecast_service == "SMS"
    assert sent.send_style == ""


def test_a_number_without_evidence_is_looked_up_by_itself(
    live_site: Site, agents: tuple[Agent, Agent], open_page: OpenPage
) -> None:
    number = f"+1{secrets.choice(range(201, 989))}5550194"  # the simulator gives these only SMS
    person = meet(live_site, number=number)
    Message.objects.filter(thread=person.thread).update(service="")
    page = open_page(agents[0], person.path)
    checks = ServiceCheck.objects.filter(number=number)
    wait_until(checks.filter(service="SMS").exists, "the number is looked up")
    page.locator("#line-button").click()
    figures = page.locator("#line-figures")
    expect(figures).to_contain_text("Likely SMS")
    expect(figures).to_contain_text("a lookup found SMS, just now")
    figures.get_by_role("button", name="Look up again").click()
    wait_until(lambda: checks.count() == 2, "it is looked up again")


def test_a_first_message_is_forecast_and_waits_for_its_window(
    live_site: Site, agents: tuple[Agent, Agent], open_page: OpenPage
) -> None:
    number = f"+1{secrets.choice(range(201, 989))}5550194"
    page = open_page(agents[0], "/threads/new/")
    page.locator("#number").fill(number)
    page.locator("#number").blur()
    expect(page.locator("#number-forecast")).to_contain_text("Likely SMS: a lookup found SMS")
    opens_at = now() + timedelta(hours=2)
    Line.objects.filter(number=OUR_LINE).update(new_contacts_after=opens_at)
    try:
        page.locator("#first-content").fill("Your order is here")
        page.get_by_role("button", name="Send").last.click()
        waiting = bubble(page, "Your order is here")
        expect(waiting.locator(".state")).to_contain_text("Waiting, goes at")
        told = waiting.locator(".state time").get_attribute("datetime") or ""
        assert abs(datetime.fromisoformat(told) - opens_at) < timedelta(minutes=1)
        page.locator("#line-button").click()
        expect(page.locator("#line-figures")).to_contain_text("1 message on this line")
        expect(page.locator("#line-figures")).to_contain_text("the next here will go at")
        page.keyboard.press("Escape")
        waiting.get_by_role("button", name="Take back").click()
        expect(composer(page)).to_have_value("Your order is here")
        expect(waiting).to_have_count(0)
    finally:
        Line.objects.update(new_contacts_after=None)
    answer(page, "Your order is here")
    expect(bubble(page, "Your order is here").locator(".state")).to_contain_text("Sent")
    message = Message.objects.get(number=number)
    assert (message.forecast_service, message.service) == ("SMS", "SMS")


def test_the_line_and_its_limits_by_keyboard(
    live_site: Site, agents: tuple[Agent, Agent], open_page: OpenPage
) -> None:
    person = meet(live_site)
    page = open_page(agents[0], person.path, width=360)
    button, menu = page.locator("#line-button"), page.locator("#line-menu")
    expect(button).to_contain_text("Online")
    button.focus()
    page.keyboard.press("Enter")
    expect(menu).to_be_visible()
    expect(menu).to_contain_text("left this hour")
    expect(menu).to_contain_text("Nothing")
    axe(page)
    page.keyboard.press("Escape")
    expect(menu).to_be_hidden()
    assert focused(page) == "line-button"
    with without_page_load(page):
        live_site.simulator.control("POST", f"lines/{OUR_LINE}", {"status": "DEGRADED"})
        try:
            live_site.simulator.control(
                "POST", "event", {"kind": "line_assigned", "payload": {"number": OUR_LINE}}
            )
            expect(button).to_contain_text("Degraded")
        finally:
            live_site.simulator.control("POST", f"lines/{OUR_LINE}", {"status": "ONLINE"})


def test_five_messages_before_a_reply_and_one_more_that_is_announced(
    live_site: Site, agents: tuple[Agent, Agent], open_page: OpenPage
) -> None:
    number = new_number()
    page = open_page(agents[0], f"/threads/new/?number={number}")
    page.locator("#first-content").fill("message 1")
    page.locator("#new-thread button[type=submit]").last.click()
    expect(bubble(page, "message 1")).to_be_visible()
    for count in range(2, 6):
        answer(page, f"message {count}")
        expect(bubble(page, f"message {count}")).to_be_visible()
    notice = page.locator("#composer-notice")
    expect(notice).to_contain_text("5 of 5 messages before they reply")
    answer(page, "message 6")
    expect(page.locator("#composer-error")).to_contain_text("without an answer")
    expect(composer(page)).to_have_value("message 6")
    notice.get_by_role("button", name="Send anyway").click()
    expect(bubble(page, "message 6")).to_have_attribute("data-stage", "delivered")
    expect(notice).to_contain_text("Today’s one message more is used up")
    posts = live_site.simulator.ledger("/api/send-message")
    ours = [post["body"] for post in posts if post["body"]["number"] == number]
    assert [bool(body.get("pre_reply_override")) for body in ours] == [False] * 5 + [True]
