"""Two contacts that become one and two again; both sides compared, and what differs settled."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect

from contacts.actions.saving import record_contacts
from contacts.models import Contact, DriftReport
from inbox.models import Message, SyncState, Thread
from sendblue_inbox.clock import now
from sendblue_inbox.sendblue.payloads import ContactPayload
from tests.conftest import ROOT

from .screen import focused, meet, without_page_load
from .site import Site, wait_until
from .watch import axe

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Page

    from .conftest import Agent, OpenPage

PICTURES = ROOT / "test-results" / "screens"
HOME, WORK, FAR = "+14155550143", "+14155550144", "+442071838750"
SIDEWAYS = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


def sendblue(site: Site, method: str, path: str = "", body: Any = None) -> Any:
    """What somebody else does to the contacts at Sendblue."""
    simulator = site.simulator
    keys = {"sb-api-key-id": simulator.key_id, "sb-api-secret-key": simulator.secret_key}
    address = f"/api/v2/contacts{path}"
    return simulator.http.request(method, address, json=body, headers=keys).raise_for_status()


def there(site: Site, number: str) -> dict[str, Any]:
    rows = site.simulator.state()["contacts"]
    return next((row for row in rows if row["phone"] == number), {})


def look(page: Page, name: str) -> None:
    """By night in a hand, by day on a desk: nothing serious, nothing beyond the edge."""
    PICTURES.mkdir(parents=True, exist_ok=True)
    for theme, width in (("dark", 360), ("light", 1280)):
        page.emulate_media(color_scheme=theme, reduced_motion="reduce")
        page.set_viewport_size({"width": width, "height": 800})
        axe(page)
        assert page.evaluate(SIDEWAYS) <= 0
        page.screenshot(path=PICTURES / f"{name}-{width}-{theme}.png", full_page=True)


@pytest.fixture
def nobody(live_site: Site) -> Iterator[None]:
    """Neither side knows anybody, and nothing of what other tests wrote is read again meanwhile."""
    polls = SyncState.objects.filter(kind__in=[SyncState.Kind.MESSAGES, SyncState.Kind.HISTORY])
    polls.update(next_run_at=now() + timedelta(hours=1))
    for model in (Message, Thread, Contact, DriftReport):
        model.objects.all().delete()
    numbers = [row["phone"] for row in live_site.simulator.state()["contacts"]]
    sendblue(live_site, "DELETE", body={"contact_ids": numbers})
    yield
    live_site.simulator.control("POST", "deliveries", {"paused": False})
    polls.update(next_run_at=now())


def know(site: Site, number: str, **fields: Any) -> Contact:
    """Somebody whom both sides know, with the same words."""
    sendblue(site, "POST", body={"number": number, "update_if_exists": True} | fields)
    if "company_name" in fields:
        sendblue(site, "PUT", f"/{number}", {"company_name": fields["company_name"]})
    record_contacts([ContactPayload.parse(there(site, number))])
    return Contact.objects.get(number=number)


def test_two_contacts_become_one_and_two_again(
    live_site: Site, agents: tuple[Agent, Agent], open_page: OpenPage, nobody: None
) -> None:
    home = know(live_site, HOME, first_name="Maya", last_name="Lind", tags=["vip"])
    plan = {"plan": "gold"}
    far = know(
        live_site, FAR, first_name="Maya", company_name="Glaze", tags=["uk"], custom_variables=plan
    )
    far_thread = meet(live_site, "It is me, on the other phone", number=FAR)
    other_screen = open_page(agents[1], far_thread.path)
    page = open_page(agents[0], f"/contacts/{home.pk}/")
    page.get_by_role("button", name="More").focus()
    page.keyboard.press("Enter")
    page.get_by_role("link", name="Merge with").focus()
    page.keyboard.press("Enter")
    page.locator("html[data-live=on]").wait_for()

    assert focused(page) == "unite-q"
    look(page, "merge-find")
    page.keyboard.type("7183")
    found = page.get_by_role("link", name="Maya", exact=False)
    expect(found).to_have_count(1)
    found.focus()
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="Merge two contacts").wait_for()

    # The fuller name and the company are chosen already; a tag goes, the name is the other's.
    result = page.locator("#unite-result")
    expect(result).to_contain_text("Glaze")
    expect(result).to_contain_text("vip, uk")
    page.get_by_label("uk", exact=True).focus()
    page.keyboard.press("Space")
    expect(result).not_to_contain_text("vip, uk")
    page.get_by_role("group", name="Last name").get_by_label("Lind").focus()
    page.keyboard.press("ArrowRight")
    expect(result.locator(".unite-name")).to_have_text("Maya")
    page.keyboard.press("ArrowLeft")
    expect(result.locator(".unite-name")).to_have_text("Maya Lind")
    expect(result).to_contain_text("will both say this")
    look(page, "merge-fields")
    page.get_by_role("button", name="Merge", exact=True).focus()
    page.keyboard.press("Enter")

    numbers = page.get_by_role("region", name="Other numbers")
    expect(numbers).to_contain_text("020 7183 8750")
    expect(numbers).to_contain_text("Merged by Ana just now")
    expect(page.locator(f"#person-thread-{far_thread.thread}")).to_be_visible()
    expect(other_screen.get_by_role("heading", name="Maya Lind").first).to_be_visible()
    look(page, "merged-card")
    for number in (HOME, FAR):
        wait_until(
            lambda number=number: there(live_site, number).get("company_name") == "Glaze",
            "both numbers say the same at Sendblue",
        )
    assert (there(live_site, FAR)["last_name"], there(live_site, HOME)["tags"]) == ("Lind", ["vip"])
    page.goto("/contacts/?q=7183")
    expect(page.locator(".people-row")).to_have_count(1)
    expect(page.locator(".people-row")).to_contain_text("Maya Lind")
    page.goto(f"/contacts/{far.pk}/")
    expect(page.get_by_role("heading", level=1)).to_have_text("Maya Lind")

    page.get_by_role("region", name="Other numbers").get_by_role("button", name="Undo").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#toasts")).to_contain_text("Taken apart: two contacts again")
    expect(numbers).to_have_count(0)
    wait_until(
        lambda: (there(live_site, FAR)["last_name"], there(live_site, FAR)["tags"]) == ("", ["uk"]),
        "the other number is as it was at Sendblue",
    )
    page.goto(f"/contacts/{far.pk}/")
    expect(page.get_by_role("heading", level=1)).to_have_text("Maya")


def test_what_differs_is_settled_one_by_one_and_all_at_once(
    live_site: Site, agents: tuple[Agent, Agent], open_page: OpenPage, nobody: None
) -> None:
    # Nobody tells of new contacts, which would have them read again before they are compared.
    live_site.simulator.control("POST", "deliveries", {"paused": True})
    page = open_page(agents[0], "/contacts/drift/")
    expect(page.locator("#drift")).to_contain_text("Nothing has been compared yet")
    numbers = [f"+1415555{place}" for place in range(2101, 2106)]
    for number in numbers:
        know(live_site, number, first_name=f"First {number[-1]}")
    for number in numbers[:3]:
        sendblue(live_site, "PUT", f"/{number}", {"company_name": f"There {number[-1]}"})
    Contact.objects.filter(number=numbers[3]).update(
        company_name="Ours", conflicts={"company_name": "Theirs"}
    )
    sendblue(live_site, "PUT", f"/{numbers[3]}", {"company_name": "Theirs"})
    sendblue(live_site, "DELETE", f"/{numbers[4]}")

    with without_page_load(page):
        page.locator("#compare").click()
        expect(page.locator("#drift-verdict-title")).to_have_text("5 contacts are not the same")
        expect(page.locator("#drift-verdict")).to_contain_text("5 here, 4 at Sendblue")
        changed = page.get_by_role("region", name="Changed at Sendblue")
        row = changed.get_by_role("listitem").filter(has_text="First 1")
        expect(row).to_contain_text("There 1")
        look(page, "drift")
        row.get_by_role("button", name="Take Sendblue").focus()
        page.keyboard.press("Enter")
        expect(row).to_contain_text("Sendblue’s taken over")
        assert Contact.objects.get(number=numbers[0]).company_name == "There 1"

        # All that are left of them, our way; nothing happens before the question is answered.
        changed.get_by_role("button", name="Save ours there: all 2").click()
        question = page.get_by_role("dialog")
        expect(question).to_contain_text("Save ours there for 2 contacts?")
        page.keyboard.press("Escape")
        expect(question).to_be_hidden()
        assert there(live_site, numbers[1])["company_name"] == "There 2"
        changed.get_by_role("button", name="Save ours there: all 2").click()
        question.get_by_role("button", name="Save ours there").click()
        expect(changed.get_by_text("Saved at Sendblue")).to_have_count(2)
        assert there(live_site, numbers[2])["company_name"] == ""

        conflict = page.get_by_role("region", name="Changed on both sides", exact=False).first
        conflict.get_by_role("button", name="Save ours there").click()
        gone = page.get_by_role("region", name="Deleted at Sendblue")
        gone.get_by_role("button", name="Delete here").click()
        expect(question).to_contain_text("Delete First 5")
        question.get_by_role("button", name="Delete here").click()
        expect(gone).to_contain_text("Deleted here")
        expect(conflict).to_contain_text("Saved at Sendblue")
        expect(page.locator("#drift-verdict-title")).to_have_text("All that differed is settled")

        page.locator("#compare").click()
        expect(page.locator("#drift-verdict-title")).to_have_text("The same on both sides")
        basis = page.locator("#drift-verdict")
        expect(basis).to_contain_text("4 here, 4 at Sendblue, its own count says 4, compared")
        expect(page.locator(".drift-reports tbody tr")).to_have_count(2)
        look(page, "drift-even")
    assert there(live_site, numbers[3])["company_name"] == "Ours"
    assert Contact.objects.get(number=numbers[3]).conflicts == {}
