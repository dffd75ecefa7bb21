"""One-time codes in a browser: shown for a while, copied by Enter, right with a wrong clock."""

from __future__ import annotations

import base64
import time
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from allauth.account.authentication import AUTHENTICATION_METHODS_SESSION_KEY as PROOFS
from django.contrib.sessions.backends.db import SessionStore
from playwright.sync_api import expect

from sendblue_inbox.models import AuditEntry
from sendblue_inbox.sendblue.client import client_from_settings
from webhooks_admin.models import TotpAccess

from .site import wait_until
from .test_any_browser import FINGER, SIDEWAYS, SMALL
from .watch import axe

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from playwright.sync_api import BrowserContext, Locator, Page
    from pytest_django import Settings

    from .conftest import Agent
    from .site import Site

CODES, SECRETS = "/api/v2/totp/code/*", "/api/v2/totp/secrets"
# otpauth://totp/Shop:ads@example.com with 8 digits, drawn by another program than ours.
PICTURE = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAACsAAAArAQAAAADJJkxtAAABIklEQVR42m3QzSuDcQAH8O/z7bE9qGGZ0HNYVma7"
    "cEAZVissJy8xESd/gNKclNrR3T+wUi6KCw4cEAcO9MiBML+npnlpLw+P2dp4nNycPvePZAGATgAA/tA9D6EYWBOL"
    "lIJg0ZbtSIIo33sBovlxCqA9DZcKGisXm8eAlZ8btgRT4dOIBqnw/rr2vczcuDhMgOWKrjEFsnIWaB0B7ZOGRwON"
    "Pm3gHFQ2zEIO+Iy3ZJyCki86dAsI1bETFigXF14Mwa/VD7MH8k9oxrFnycrN0V2mjqVLzVoEzCb3VqOQ008Fvw9U"
    "d2vXg2CpP3DdC74NVtWHASvbcJIS1EeTPICU3XdezebxHHcnqgXh2p5vA2HrnvaDdmOiXQWNpcpOL6T/Xn4Bnrxr"
    "10STdhoAAAAASUVORK5CYII="
)
HERS = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
# As on a page that came without https, and what a paste brings.
WITHOUT_HTTPS = """
Object.defineProperty(window, "isSecureContext", { value: false });
Object.defineProperty(navigator, "clipboard", { value: undefined });
"""
LISTEN = """document.addEventListener("paste", (event) => {
  window.pasted = event.clipboardData.getData("text/plain");
});"""
HIDE_PAGE = """Object.defineProperty(document, "hidden", { value: true, configurable: true });
document.dispatchEvent(new Event("visibilitychange"));
delete document.hidden;"""
PASTE_PICTURE = """(base64) => {
  const bytes = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
  const clipboardData = new DataTransfer();
  clipboardData.items.add(new File([bytes], "qr.png", { type: "image/png" }));
  document.dispatchEvent(new ClipboardEvent("paste", { clipboardData, bubbles: true }));
}"""


@pytest.fixture
def bank(live_site: Site, settings: Settings) -> Iterator[TotpAccess]:
    """A secret that agents may use; the simulator's own time afterwards."""
    simulator = live_site.simulator
    settings.SENDBLUE_API_BASE_URL = simulator.url
    settings.SENDBLUE_API_KEY_ID = simulator.key_id
    settings.SENDBLUE_API_SECRET_KEY = simulator.secret_key
    made = client_from_settings().create_totp_secret(label="bank@example.com", issuer="Bank")
    access = TotpAccess.objects.create(
        secret_id=made.id, label=made.label, issuer=made.issuer, roles=["agent"]
    )
    yield access
    simulator.control("POST", "clock", {"set": time.time()})
    for secret in client_from_settings().list_totp_secrets():
        client_from_settings().delete_totp_secret(secret_id=secret.id)
    TotpAccess.objects.all().delete()


def proved(site: Site, name: str, *, minutes_ago: float = 0) -> None:
    """Somebody has entered their password so long ago."""
    session = SessionStore(site.sessions[name])
    session[PROOFS] = [{"method": "password", "at": time.time() - 60 * minutes_ago}]
    session["account_authentication_methods_user"] = str(site.users[name].pk)
    session.save()


def next_window(site: Site) -> float:
    """Bring the simulator to the beginning of the next thirty seconds; its time."""
    clock = site.simulator.state()["clock"]["now"]
    site.simulator.control("POST", "clock", {"set": clock - clock % 30 + 30.2})
    return clock - clock % 30 + 30.2


def shower(page: Page) -> Locator:
    return page.get_by_role("button", name="Show code of bank@example.com")


def shown(page: Page) -> str:
    """The digits on the screen, which stand in two groups."""
    expect(page.locator(".totp-digits span")).to_have_count(2)
    return "".join(page.locator(".totp-digits span").all_inner_texts())


def pasted(page: Page) -> str:
    """What Ctrl V brings."""
    page.evaluate(LISTEN)
    page.keyboard.press("Control+v")
    return page.evaluate("window.pasted")


def left(page: Page) -> int:
    """The seconds in the ring."""
    return int(page.locator(".totp-left").inner_text())


def left_there(site: Site) -> float:
    """The seconds that a code is good for at Sendblue."""
    return 30 - site.simulator.state()["clock"]["now"] % 30


def test_a_code_by_keyboard_with_a_wrong_clock(
    live_site: Site, new_agent: Callable[..., Agent], bank: TotpAccess
) -> None:
    ben = new_agent("Ben", permissions=["clipboard-read", "clipboard-write"])
    proved(live_site, "Ben", minutes_ago=11)
    page = ben.context.new_page()
    page.clock.install(time=datetime.now() + timedelta(hours=2))
    page.goto("/totp/")
    expect(page.get_by_role("link", name="Add a secret")).to_have_count(0)
    shower(page).focus()
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="Your password again").wait_for()
    axe(page)
    page.keyboard.type("correct horse battery")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/totp/#secret-{bank.secret_id}")
    expect(shower(page)).to_be_focused()
    assert not AuditEntry.objects.filter(target=bank.secret_id).exists()

    asked = len(live_site.simulator.ledger(CODES))
    next_window(live_site)
    page.keyboard.press("Enter")
    first = shown(page)
    copier = page.locator(".totp-copy")
    expect(copier).to_be_focused()
    expect(page.locator("#totp-news")).to_contain_text(" ".join(first))
    wait_until(lambda: abs(left(page) - left_there(live_site)) < 2, "the ring is right")
    axe(page)
    # Nor does it matter when somebody puts the clock right meanwhile.
    page.clock.set_system_time(datetime.now())
    wait_until(lambda: abs(left(page) - left_there(live_site)) < 2, "the ring is still right")

    # The last three seconds give nothing away that would be of no use.
    page.clock.pause_at(datetime.now() + timedelta(seconds=1))
    page.clock.fast_forward((left(page) - 2) * 1000)
    expect(copier).to_contain_text("Next one comes")
    page.keyboard.press("Enter")
    next_window(live_site)
    page.clock.fast_forward(2500)
    expect(copier).to_contain_text("Copy")
    second = shown(page)
    assert second != first
    page.keyboard.press("Enter")
    expect(copier).to_contain_text("Copied")
    assert pasted(page) == second
    page.clock.fast_forward(8000)
    expect(page.locator(".totp-code")).to_be_hidden()
    expect(page.locator(".totp-digits")).to_be_empty()
    expect(shower(page)).to_be_focused()

    # Whoever does not copy gets three codes, and has to ask again.
    page.keyboard.press("Enter")
    for _ in range(3):
        shown(page)
        next_window(live_site)
        with page.expect_response("**/code/") if _ < 2 else pytest.MonkeyPatch.context():
            page.clock.fast_forward(31_000)
    expect(page.locator(".totp-code")).to_be_hidden()
    assert len(live_site.simulator.ledger(CODES)) - asked == 5
    entries = AuditEntry.objects.filter(act="totp.code", target=bank.secret_id)
    assert [entry.actor for entry in entries] == ["ben@example.com"] * 5

    shower(page).click()
    shown(page)
    page.evaluate(HIDE_PAGE)
    expect(page.locator(".totp-code")).to_be_hidden()
    shower(page).click()
    shown(page)
    page.keyboard.press("Escape")
    expect(page.locator(".totp-digits")).to_be_empty()
    bank.delete()
    shower(page).click()
    expect(page.locator(".totp-error")).to_contain_text("no longer shared with you")


def test_copying_without_https_and_a_code_without_scripts(
    live_site: Site,
    new_agent: Callable[..., Agent],
    new_context: Callable[..., BrowserContext],
    bank: TotpAccess,
) -> None:
    proved(live_site, "Ben")
    ben = new_agent("Ben", has_touch=True)
    ben.context.add_init_script(WITHOUT_HTTPS)
    page = ben.context.new_page()
    page.set_viewport_size({"width": 360, "height": 740})
    page.goto("/totp/")
    next_window(live_site)
    shower(page).click()
    code = shown(page)
    page.locator(".totp-copy").press("Enter")
    expect(page.locator(".totp-copy")).to_contain_text("Copied")
    assert pasted(page) == code
    assert page.evaluate(SIDEWAYS) == 0
    assert page.evaluate(SMALL, FINGER) == []
    axe(page)
    page.get_by_role("button", name="Ben").click()
    page.get_by_role("link", name="Codes").click()

    plain = new_context(java_script_enabled=False)
    plain.add_cookies(ben.context.cookies())
    page = plain.new_page()
    page.goto("/totp/")
    next_window(live_site)
    shower(page).click()
    expect(page.locator(".totp-digits")).to_have_text(code_of(bank))
    expect(page.get_by_text("Good for")).to_be_visible()
    page.go_back()
    page.get_by_role("link", name="last used by Ben").click()
    expect(page.locator("tbody tr")).to_have_count(2)


def code_of(access: TotpAccess) -> str:
    """What Sendblue says now."""
    return client_from_settings().get_totp_code(secret_id=access.secret_id).code


def judge(page: Page) -> None:
    """Fail on barriers, wide and light as well as narrow and dark."""
    for width, scheme in ((1280, "light"), (360, "dark")):
        page.set_viewport_size({"width": width, "height": 800})
        page.emulate_media(color_scheme=scheme)
        axe(page)
        assert page.evaluate(SIDEWAYS) == 0
    assert page.evaluate(SMALL, FINGER) == []


def test_a_secret_from_a_picture_to_its_end(
    live_site: Site, new_agent: Callable[..., Agent], bank: TotpAccess
) -> None:
    proved(live_site, "Ana")
    ana = new_agent("Ana", has_touch=True, reduced_motion="reduce")
    page = ana.context.new_page()
    page.goto("/totp/")
    judge(page)
    page.get_by_role("link", name="Add a secret").click()
    empty = page.screenshot()  # of a page without any code
    picker = page.locator("input[data-qr]").first
    picker.set_input_files({"name": "page.png", "mimeType": "image/png", "buffer": empty})
    expect(page.locator("#uri-error")).to_contain_text("no QR code in this picture")
    picker.set_input_files({"name": "x.png", "mimeType": "image/png", "buffer": b"no picture"})
    expect(page.locator("#uri-error")).to_contain_text("cannot open the picture")
    judge(page)
    picker.set_input_files({"name": "qr.png", "mimeType": "image/png", "buffer": PICTURE})

    parts = {"Name of the account": "ads@example.com", "Where it belongs to": "Shop"}
    for name, value in (parts | {"Secret": HERS, "Digits": "8", "Seconds": "30"}).items():
        expect(page.get_by_label(name)).to_have_value(value)
    judge(page)
    assert "ads@example.com" not in live_site.simulator.state()["totp_secrets"]
    page.get_by_role("button", name="Add it at Sendblue").dblclick()
    expect(page.locator("#created-secret")).to_have_text(HERS)
    page.get_by_role("button", name="Show as QR code").click()
    drawn = page.locator("#created-qr").screenshot(caret="initial")
    judge(page)
    assert live_site.simulator.state()["totp_secrets"].count("ads@example.com") == 1

    page.goto("/totp/new/")
    page.evaluate(PASTE_PICTURE, base64.b64encode(drawn).decode())
    expect(page.get_by_label("Secret")).to_have_value(HERS)
    expect(page.get_by_label("Digits")).to_have_value("8")

    page.goto("/totp/")
    row = page.locator(".totp-secret", has_text="ads@example.com")
    row.get_by_role("link", name="Administrators only").click()
    page.get_by_label("Every agent").check()
    page.get_by_label("Ben").check()
    judge(page)
    page.get_by_role("button", name="Save").click()
    row.get_by_role("link", name="Administrators, every agent, 1 person").wait_for()
    row.get_by_role("link", name="Delete").click()
    expect(page.get_by_text("Its codes stop for everyone")).to_be_visible()
    expect(page.locator(".totp-facts")).to_contain_text("Shop")
    judge(page)
    page.get_by_role("button", name="Delete at Sendblue").click()
    expect(page.locator(".toast")).to_contain_text("is deleted")
    expect(row).to_have_count(0)
    assert live_site.simulator.state()["totp_secrets"] == ["bank@example.com"]
