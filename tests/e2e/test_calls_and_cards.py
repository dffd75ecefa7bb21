"""What a phone does beside writing stands in the thread as a row that can be read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from playwright.sync_api import expect

from tests.factories import report

from .screen import meet
from .site import OUR_LINE
from .watch import axe

if TYPE_CHECKING:
    from .conftest import Agent, OpenPage
    from .site import Site


def test_a_call_and_an_app_card_are_rows_on_both_screens(
    live_site: Site, agents: tuple[Agent, Agent], open_page: OpenPage
) -> None:
    person = meet(live_site, "May I call you?")
    pages = [open_page(agent, person.path) for agent in agents]
    simulator = live_site.simulator
    call = {
        "call_id": f"call-{person.thread}",
        "from_number": person.number,
        "to_number": OUR_LINE,
        "number": person.number,
        "direction": "inbound",
        "disposition": "voicemail",
        "transcript": "Please call me back about the blue vase.",
    }
    simulator.control("POST", "event", {"kind": "call_log", "payload": call})
    simulator.control("POST", "event", {"kind": "call_completed", "payload": call})
    card = {
        "balloonBundleId": "com.example.pay",
        "extensionBundleId": "com.example.pay.messages",
        "teamId": "TEAM",
        "revision": 1,
        "url": "https://pay.example/request/7",
        "appName": "Example Pay",
        "layout": {"caption": "Request for 12 dollars"},
    }
    told = report(number=person.number, line=OUR_LINE, content="", app_card=card)
    simulator.control("POST", "event", {"kind": "receive", "payload": told})
    for page in pages:
        row = page.locator("#messages .is-event")
        expect(row).to_have_count(1)
        expect(row).to_contain_text("oicemail")
        row.locator("summary").press("Enter")
        expect(row).to_contain_text("Please call me back about the blue vase.")
        shown = page.locator("#messages .app-card")
        expect(shown).to_contain_text("Example Pay")
        expect(shown).to_contain_text("Request for 12 dollars")
        expect(shown.get_by_role("link")).to_have_text("pay.example")
    axe(pages[0])
