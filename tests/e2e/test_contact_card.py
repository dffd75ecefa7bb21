"""A contact on two screens: made and edited by keyboard, picked, agreed to, removed and back."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from playwright.sync_api import expect

from contacts.actions.saving import record_contacts
from contacts.models import Contact
from sendblue_inbox.sendblue.payloads import ContactPayload
from tests.conftest import ROOT

from .screen import focused, meet, without_page_load
from .site import Site, new_number, wait_until
from .watch import axe

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

    from .conftest import Agent, OpenPage

PICTURES = ROOT / "test-results" / "screens"
CARD = re.compile(r"/contacts/\d+/$")


def field(page: Page, name: str) -> Locator:
    """Where a field of the contact is edited."""
    return page.get_by_label(name, exact=True)


def at_sendblue(site: Site, number: str) -> dict[str, Any]:
    """What the simulated account holds of a number."""
    rows = site.simulator.state()["contacts"]
    return next((row for row in rows if row["phone"] == number), {})


def type_into(page: Page, name: str, words: str) -> None:
    """Go to a field, replace what it says, press Enter."""
    field(page, name).focus()
    page.keyboard.press("Control+a")
    page.keyboard.type(words)
    page.keyboard.press("Enter")


def width_beyond(page: Page) -> int:
    """How far the page is wider than the screen."""
    return page.evaluate(
        "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    )


def picture(page: Page, name: str) -> None:
    PICTURES.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=PICTURES / f"{name}.png", caret="initial")


def test_somebody_new_by_keyboard_alone(
    live_site: Site, agents: tuple[Agent, Agent], open_page: OpenPage
) -> None:
    number = new_number()
    page = open_page(agents[0], "/contacts/new/")
    assert focused(page) == "number"
    page.keyboard.type(number[2:8])
    expect(page.locator("#new-number")).to_contain_text("No whole number yet")
    page.keyboard.type(number[8:])
    expect(page.locator("#new-number")).to_contain_text(f"kept as {number}")
    for words in ("Maya", "Lind", "Glaze Studio"):
        page.keyboard.press("Tab")
        page.keyboard.type(words)
    for _ in range(3):
        page.keyboard.press("Tab")
    page.keyboard.type("vip, ceramics")
    page.keyboard.press("Tab")
    page.keyboard.type("kiln")
    page.keyboard.press("Tab")
    page.keyboard.type("1240 °C")
    expect(page.locator(".new-variable")).to_have_count(2)
    axe(page)
    picture(page, "new-contact-1280-light")
    page.keyboard.press("Enter")
    page.wait_for_url(CARD)
    expect(page.locator("h1")).to_have_text("Maya Lind")
    expect(page.locator(".push-state")).to_contain_text("Saved at Sendblue just now")

    with without_page_load(page):
        # Enter saves and stays, Escape restores.
        type_into(page, "Company", "Kiln & Co")
        expect(page.locator(".history")).to_contain_text("Kiln & Co")
        assert focused(page).startswith("company_name-")
        page.keyboard.type(" wrong")
        page.keyboard.press("Escape")
        expect(field(page, "Company")).to_have_value("Kiln & Co")
        assert focused(page).startswith("company_name-")
        field(page, "Assignee").focus()
        page.keyboard.type("Ben")
        page.keyboard.press("Tab")
        field(page, "Tags").focus()
        page.keyboard.type("wholesale")
        page.keyboard.press("Enter")
        expect(page.locator(".card-tags .chip")).to_have_text(
            [re.compile("vip"), re.compile("ceramics"), re.compile("wholesale")]
        )
        assert focused(page).startswith("tags-")
        page.get_by_role("button", name="Remove the tag vip").press("Enter")
        expect(page.locator(".card-tags .chip")).to_have_count(2)
        field(page, "Name of a new custom variable").focus()
        expect(page.locator("datalist option[value=kiln]")).to_be_attached()
        page.keyboard.type("glaze")
        page.keyboard.press("Tab")
        page.keyboard.type("matte black")
        page.keyboard.press("Enter")
        expect(field(page, "glaze")).to_have_value("matte black")
        type_into(page, "glaze", "celadon")
        page.get_by_role("button", name="Remove kiln").press("Enter")
        expect(page.locator("#confirm")).to_contain_text("there it stays with an empty value")
        page.locator("#confirm [value=yes]").press("Enter")
        expect(field(page, "kiln")).to_have_count(0)
        # What is refused stays, with the reason beside it.
        type_into(page, "First name", "x" * 201)
        expect(page.locator(".field-error", has_text="200 is the most")).to_be_visible()
        expect(field(page, "First name")).to_have_value("x" * 201)
        page.keyboard.press("Escape")
        expect(field(page, "First name")).to_have_value("Maya")
    wait_until(
        lambda: at_sendblue(live_site, number).get("custom_variables", {}).get("kiln") == "",
        "all edits are at Sendblue",
    )
    expect(field(page, "Assignee")).to_have_value("ben@example.com")
    told = at_sendblue(live_site, number)
    assert (told["company_name"], told["assigned_to_email"]) == ("Kiln & Co", "ben@example.com")
    assert sorted(told["tags"]) == ["ceramics", "wholesale"]
    assert told["custom_variables"] == {"kiln": "", "glaze": "celadon"}
    expect(page.locator(".push-state")).to_contain_text("Saved at Sendblue")
    axe(page)
    picture(page, "contact-1280-light")
    narrow = open_page(agents[1], "/contacts/new/", width=360, dark=True)
    axe(narrow)
    picture(narrow, "new-contact-360-dark")
    assert width_beyond(narrow) == 0


def test_two_agents_and_sendblue_change_one_contact(
    live_site: Site,
    agents: tuple[Agent, Agent],
    open_page: OpenPage,
) -> None:
    person = meet(live_site, first_name="Otto", last_name="Berg", company_name="Alder")
    contact = Contact.objects.get(number=person.number)
    path = f"/contacts/{contact.pk}/"
    anas, bens = open_page(agents[0], path), open_page(agents[1], path, width=360, dark=True)
    with without_page_load(anas, bens):
        field(anas, "Company").focus()
        anas.keyboard.press("End")
        anas.keyboard.type(" & Sons")
        type_into(bens, "Company", "Birch")
        type_into(bens, "Last name", "Bergman")
        bens.locator("h1").click()  # who stays in a field is left alone
        # News arrives around what is being typed.
        expect(field(anas, "Last name")).to_have_value("Bergman")
        expect(anas.locator("h1")).to_have_text("Otto Bergman")
        expect(field(anas, "Company")).to_have_value("Alder & Sons")
        anas.keyboard.press("Enter")
        clash = anas.locator(".clash")
        expect(clash).to_contain_text("Ben changed it")
        expect(clash.locator("[data-pick=mine]")).to_contain_text("Alder & Sons")
        expect(clash.locator("[data-pick=theirs]")).to_contain_text("Birch")
        axe(anas)
        picture(anas, "contact-clash-1280-light")
        clash.locator("[data-pick=mine]").press("Enter")
        expect(field(bens, "Company")).to_have_value("Alder & Sons")
        expect(clash).to_have_count(0)
        type_into(anas, "Company", "Alder again")
        expect(field(bens, "Company")).to_have_value("Alder again")
        wait_until(
            lambda: at_sendblue(live_site, person.number).get("company_name") == "Alder again",
            "the last edit is at Sendblue",
        )
        saved = Contact.objects.filter(pk=contact.pk, push_state="saved")
        wait_until(saved.exists, "and is known to be")

        # Sendblue tells of another change before ours has got there.
        put = f"/api/v2/contacts/{person.number}"
        simulator = live_site.simulator
        keys = {"sb-api-key-id": simulator.key_id, "sb-api-secret-key": simulator.secret_key}
        simulator.fault(method="PUT", path=put, mode="error_before", times=99)
        type_into(anas, "Last name", "Berger")
        edited = Contact.objects.filter(pk=contact.pk, last_name="Berger")
        wait_until(edited.exists, "our change is kept")
        expect(anas.locator(".push-state")).to_contain_text("waiting")
        body = {"number": person.number, "last_name": "Bergström", "update_if_exists": True}
        answer = simulator.http.post("/api/v2/contacts", json=body, headers=keys)
        answer.raise_for_status()
        record_contacts([ContactPayload.parse(at_sendblue(live_site, person.number))])
        conflict = anas.locator(".conflict")
        expect(conflict).to_contain_text("Bergström")
        simulator.control("DELETE", "faults")
        expect(bens.locator(".conflict")).to_contain_text("Berger")
        expect(conflict).to_contain_text("by Ana")
        axe(bens)
        picture(bens, "contact-conflict-360-dark")
        assert width_beyond(bens) == 0
        conflict.locator("[value=theirs]").press("Enter")
        for page in (anas, bens):
            expect(page.locator(".conflict")).to_have_count(0)
            expect(field(page, "Last name")).to_have_value("Bergström")

        # A refusal is said, and tried again by hand.
        no = {"status": 400, "body": {"status": "ERROR", "message": "Not today"}}
        simulator.fault(method="PUT", path=put, mode=no, times=1)
        type_into(anas, "First name", "Ottilie")
        expect(bens.locator(".push-state")).to_contain_text("refused by Sendblue: Not today")
        bens.get_by_role("button", name="Try again").click()
        expect(anas.locator(".push-state")).to_contain_text("Saved at Sendblue just now")


def test_consent_and_removal_and_the_panel_beside_the_thread(
    live_site: Site, agents: tuple[Agent, Agent], open_page: OpenPage
) -> None:
    person = meet(live_site, first_name="Ines", company_name="Alder")
    contact = Contact.objects.get(number=person.number)
    thread = open_page(agents[1], person.path)
    card = open_page(agents[0], f"/contacts/{contact.pk}/")
    panel = thread.locator("#person")
    with without_page_load(thread, card):
        expect(card.locator(".person-threads")).to_contain_text("Hello there")
        type_into(thread, "First name", "Inés")
        expect(thread.locator("#thread-header h2")).to_have_text("Inés")
        expect(thread.locator(f"#thread-row-{person.thread} .row-name")).to_have_text("Inés")
        expect(card.locator("h1")).to_have_text("Inés")
        thread.locator("#person input[id^=tags-]").fill("vip")
        thread.keyboard.press("Enter")
        expect(card.locator(".card-tags .chip")).to_contain_text("vip")
        axe(thread)
        picture(thread, "thread-panel-1280-light")

        # Opted out from the card: the conversation is locked, and it says who noted it.
        card.get_by_role("button", name="More").press("Enter")
        card.get_by_role("button", name="Opt out").press("Enter")
        dialog = card.locator("dialog[open]")
        expect(dialog).to_contain_text("messages that wait are held back")
        dialog.get_by_role("button", name="Cancel").press("Enter")
        expect(dialog).to_have_count(0)
        card.get_by_role("button", name="More").press("Enter")
        card.get_by_role("button", name="Opt out").press("Enter")
        card.keyboard.type("asked in the shop")  # the dialog has the focus in its field
        axe(card)
        card.keyboard.press("Enter")
        expect(dialog).to_have_count(0)
        expect(panel).to_contain_text("Ana noted it: asked in the shop")
        expect(thread.locator("#content")).to_be_disabled()
        wait_until(
            lambda: at_sendblue(live_site, person.number).get("opt_out"), "Sendblue knows it"
        )
        card.get_by_role("button", name="More").press("Enter")
        card.get_by_role("button", name="Opt in again").press("Enter")
        card.keyboard.type("they called")
        card.keyboard.press("Enter")
        expect(thread.locator("#content")).to_be_enabled()
        # What they text is seen at once too, with the message that proves it.
        person.writes("STOP")
        expect(panel).to_contain_text("They texted it")
        expect(card.locator(".note")).to_contain_text("Opted out")
        person.writes("START")
        expect(panel.locator(".note")).to_have_count(0)
    assert contact.consent_changes.filter(source="agent").count() == 2, "Cancel did nothing"
    there = card.get_by_role("link", name="Show the message").first.get_attribute("href")
    thread.goto(there or "")
    expect(thread).to_have_url(re.compile(rf"/threads/{person.thread}/.*#message-"))

    card.get_by_role("button", name="More").press("Enter")
    card.get_by_role("button", name="Delete the contact").press("Enter")
    expect(card.locator("dialog[open]")).to_contain_text("is deleted from your account")
    card.locator("dialog[open]").get_by_role("button", name="Delete").press("Enter")
    expect(card.get_by_role("button", name="Bring back")).to_be_visible()
    axe(card)
    picture(card, "contact-removed-1280-light")
    wait_until(lambda: not at_sendblue(live_site, person.number), "it is gone at Sendblue")
    thread.set_viewport_size({"width": 360, "height": 740})
    thread.emulate_media(color_scheme="dark")
    thread.reload()
    thread.locator("#panel-toggle").click()
    axe(thread)
    assert width_beyond(thread) == 0
    expect(panel.get_by_role("link", name="Bring back")).to_be_visible()
    card.get_by_role("button", name="Bring back").press("Enter")
    expect(card.locator("h1")).to_have_text("Inés")
    wait_until(
        lambda: at_sendblue(live_site, person.number).get("first_name") == "Inés",
        "it is at Sendblue again",
    )
