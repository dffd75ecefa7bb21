"""A file of people: read right, checked, saved on both sides, put right, undone; two look on."""

from __future__ import annotations

import csv
import re
from typing import TYPE_CHECKING, Any

from playwright.sync_api import expect

from contacts.models import Contact, ContactImport
from sendblue_inbox.roles import Role
from tests.factories import make_contact

from .screen import focused, without_page_load
from .site import Site, new_number, wait_until
from .watch import axe

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Locator, Page

    from .conftest import Agent, OpenPage

ONE = re.compile(r"/contacts/imports/\d+/$")


def at_sendblue(site: Site, number: str) -> dict[str, Any]:
    """What the simulated account holds of a number; empty where it has no such contact."""
    rows = site.simulator.state()["contacts"]
    return next((row for row in rows if row["phone"] == number), {})


def choose(page: Page, path: Path) -> None:
    """Choose a file, and wait until its import is shown."""
    page.locator("#import-file").set_input_files(path)
    expect(page).to_have_url(ONE)
    page.locator("html[data-live=on]").wait_for()


def drop(page: Page, name: str, content: bytes) -> None:
    """Let a file fall somewhere onto the page."""
    page.evaluate(
        """([name, text]) => {
          const dataTransfer = new DataTransfer();
          dataTransfer.items.add(new File([text], name, { type: "text/csv" }));
          for (const kind of ["dragover", "drop"])
            document.querySelector("h1").dispatchEvent(
              new DragEvent(kind, { dataTransfer, bubbles: true, cancelable: true }));
        }""",
        [name, content.decode()],
    )


def stage(page: Page, name: str) -> Locator:
    """The part of the page that shows this stage."""
    return page.locator(f".import[data-stage={name}]")


def tab(page: Page, verdict: str) -> Locator:
    """The count of a verdict."""
    return page.locator(f"#import-tab-{verdict}")


def judge(page: Page, *schemes: str) -> None:
    """No barrier in either theme, or in this one, and nothing beside a phone's screen."""
    for scheme in schemes or ("dark", "light"):
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        axe(page)
    page.set_viewport_size({"width": 360, "height": 740})
    wider = "document.getElementById('main').scrollWidth - document.documentElement.clientWidth"
    assert page.evaluate(wider) <= 0, page.url
    page.set_viewport_size({"width": 1280, "height": 800})


def whole(bar: Locator) -> None:
    """The bar reaches its end."""
    expect(bar).to_have_js_property("position", 1, timeout=30_000)


def test_a_file_comes_in_is_put_right_and_goes_again(
    live_site: Site, agents: tuple[Agent, Agent], open_page: OpenPage, tmp_path: Path
) -> None:
    known, new, other = (f"+49151{new_number()[-8:]}" for _ in range(3))
    national = [f"0151 {number[6:]}" for number in (known, new, other)]
    make_contact(known, first_name="Renate", tags=["old"])
    people = tmp_path / "kunden.csv"
    with people.open("w", encoding="cp1252", newline="") as file:
        table = csv.writer(file, delimiter=";")
        table.writerow(["Telefon", "Vorname", "Kundennummer", "Notiz"])
        table.writerow([national[0], "Renée", "K-1", "a, b, c"])
        table.writerow([national[1], "Jürgen", "K-2", "d, e, f"])
        table.writerow(["keine Ahnung", "Zoë", "K-3", "g, h, i"])
        table.writerow([national[1], "Jörg", "K-2", "j, k, l"])

    page = open_page(agents[0], "/contacts/imports/")
    judge(page, "dark")
    choose(page, people)
    bens = open_page(agents[1], page.url)
    expect(bens.locator(".note")).to_contain_text("has to say where the columns go")

    # What was recognised can be corrected, and the first rows follow at once.
    columns = page.locator("#import-columns tbody tr")
    with without_page_load(page, bens):
        expect(page.locator(".import-sentence")).to_contain_text(
            "Read as Windows-1252, separated by semicolons: 4 columns"
        )
        page.locator("#import-delimiter").select_option(",")
        expect(columns).to_have_count(3)
        page.locator("#import-encoding").select_option("utf-16")
        expect(page.locator("#import-reading-error")).to_contain_text("Choose another encoding")
        page.locator("#import-encoding").select_option("cp1252")
        page.locator("#import-delimiter").select_option(";")
        expect(columns).to_have_count(4)
        expect(columns.nth(1)).to_contain_text("Renée")
        expect(columns.first.locator(".is-wrong")).to_have_count(3)
        page.locator("#import-country").select_option("DE")
        expect(columns.first.locator(".is-wrong")).to_have_count(1)
        expect(columns.first).to_contain_text(f"+49 1515 {known[6:][1:]}"[:8])

        page.locator("#import-target-3").focus()
        page.locator("#import-target-3").select_option("first_name")
        expect(columns.nth(1)).to_contain_text("Another column goes to “First name” too")
        expect(columns.nth(3)).to_contain_text("Another column goes to “First name” too")
        assert focused(page) == "import-target-3"
        page.locator("#import-target-3").select_option("")
        expect(page.locator("#import-columns .field-error")).to_have_count(0)
        page.locator("#import-label-2").fill("Customer")
        page.locator("#import-existing-overwrite").check()
        wait_until(
            lambda: ContactImport.objects.latest("pk").columns[2]["label"] == "Customer",
            "what was chosen is kept",
        )
    judge(page)

    # The dry run writes nothing and says it all.
    with without_page_load(bens):
        page.get_by_role("button", name="Check the file").click()
        for screen in (page, bens):
            stage(screen, "report").wait_for()
            expect(tab(screen, "new")).to_contain_text("1")
            expect(tab(screen, "refused")).to_contain_text("1")
            expect(tab(screen, "duplicate")).to_contain_text("1")
        expect(bens.get_by_role("button", name=re.compile("Save"))).to_have_count(0)
        changed = page.locator("#import-rows tbody tr")
        expect(changed).to_have_count(1)
        expect(changed.locator("del")).to_have_text("Renate")
        expect(changed.locator("ins")).to_have_text(["Renée", "K-1"])
        expect(page.locator(".import-report")).to_contain_text("Nothing has been written yet")
    assert Contact.objects.get(number=known).first_name == "Renate"
    assert not Contact.objects.filter(number=new).exists()
    with without_page_load(page):
        tab(page, "duplicate").click()
        expect(changed).to_contain_text("line 5")
        assert focused(page) == "import-tab-duplicate"
        tab(page, "refused").click()
        expect(page.locator("mark")).to_have_text("keine Ahnung")
        with page.expect_download() as download:
            page.get_by_role("link", name="Download these as CSV").click()
    page.reload()
    expect(page.locator("mark")).to_have_text("keine Ahnung")
    judge(page)

    # Both halves reach their end, also before the eyes of somebody else.
    with without_page_load(bens):
        page.get_by_role("button", name="Save 2 contacts").dblclick()
        for screen in (page, bens):
            stage(screen, "done").wait_for()
            for half in ("here", "there"):
                whole(screen.locator(f"#import-share-{half}"))
    # Who goes back to the report finds the truth there.
    page.go_back(wait_until="commit")
    stage(page, "done").wait_for()
    page.reload()
    stage(page, "done").wait_for()
    assert at_sendblue(live_site, known)["first_name"] == "Renée"
    assert at_sendblue(live_site, new)["custom_variables"] == {"Customer": "K-2"}
    assert at_sendblue(live_site, new)["first_name"] == "Jörg"
    judge(page)
    first = page.url

    # What was refused comes back put right, with its columns remembered.
    refused = download.value.path().read_text(encoding="utf-8-sig")
    assert refused.splitlines()[0] == '"Telefon","Vorname","Kundennummer","Notiz","reason"'
    page.goto("/contacts/imports/")
    row = page.locator(".import-list tbody tr").first
    expect(row).to_contain_text("Saved here")
    drop(page, "refused.csv", refused.replace("keine Ahnung", other).encode())
    expect(page).to_have_url(ONE)
    expect(page.locator("#import-label-2")).to_have_value("Customer")
    expect(page.locator("#import-target-4")).to_have_value("")
    page.get_by_role("button", name="Check the file").press("Enter")
    page.get_by_role("button", name="Save 1 contact").press("Enter")
    stage(page, "done").wait_for()
    whole(page.locator("#import-share-there"))
    assert at_sendblue(live_site, other)["first_name"] == "Zoë"

    # Undone as a whole, but for what somebody has edited since.
    Contact.objects.filter(number=known).update(custom_variables={"Customer": "by hand"})
    page.goto(first)
    page.locator("#import-undo summary").press("Enter")
    expect(page.locator("#import-undo")).to_contain_text("1 contact that it made: removed")
    with without_page_load(bens):
        page.get_by_role("button", name="Undo it").press("Enter")
        for screen in (page, bens):
            stage(screen, "undone").wait_for()
            expect(screen.locator(".import-progress")).to_contain_text("1 field edited since")
            whole(screen.locator("#import-share-there"))
    assert at_sendblue(live_site, new) == {}
    assert at_sendblue(live_site, known)["first_name"] == "Renate"
    assert at_sendblue(live_site, other)["first_name"] == "Zoë"
    judge(page, "light")


def test_what_cannot_be_read_and_what_is_stopped_says_so(
    live_site: Site, agents: tuple[Agent, Agent], open_page: OpenPage, tmp_path: Path
) -> None:
    page = open_page(agents[0], "/contacts/imports/")
    book = tmp_path / "people.csv"
    book.write_bytes(b"PK\x03\x04" + b"x" * 1000)
    choose(page, book)
    expect(stage(page, "refused")).to_contain_text("save it as “CSV UTF-8”")
    expect(stage(page, "refused")).to_contain_text("Nothing has been written")
    judge(page, "dark")

    page.get_by_role("link", name="Choose another file").click()
    book.write_text("Shoe size,Colour\n38,red\n39,green\n")
    choose(page, book)
    expect(page.locator("#import-columns .note")).to_contain_text("Choose the column that holds")
    page.get_by_role("button", name="Check the file").click()
    expect(page.locator("#import-columns .note")).to_contain_text("Choose the column that holds")
    page.get_by_role("button", name="Discard").click()
    expect(stage(page, "discarded")).to_contain_text("Nothing has been written")

    bens = open_page(agents[1], "/contacts/imports/")
    assert not live_site.users["Ben"].may(Role.MANAGER)
    expect(bens.locator("#import-upload")).to_have_count(0)
    expect(bens.locator(".import-list tbody tr").first).to_contain_text("Cancelled")
