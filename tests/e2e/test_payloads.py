"""No text that a stranger can have Sendblue tell us runs, loads or asks for anything."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlsplit

import pytest

from contacts.models import Contact
from inbox.models import Account, Line, Message, Thread
from tests.security.payloads import PAYLOADS
from webhooks_admin.models import TotpAccess, WebhookEvent

from .planting import plant, planted, uncovered
from .planting_drift import plant_drift
from .planting_events import plant_events
from .planting_imports import SHOWN, plant_imports, plant_upload
from .planting_jobs import plant_jobs
from .planting_people import plant_people

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Page, Request

    from .conftest import Agent
    from .site import Site

HOOK = """
window.xss = (...which) => console.error(`XSS: ran ${which}`);
window.alert = window.confirm = window.prompt = window.xss;
"""
# What of a payload became an element or an attribute that could act. Text and titles are not asked.
FOUND = r"""
() => [...document.querySelectorAll("*")].flatMap((element) => {
  return [...element.attributes]
    .filter(({ name, value }) => {
      // A search is part of the addresses of what it found.
      const mine = /xss|evil/i.test(value) && !value.startsWith("/threads/");
      if (/^on/i.test(name)) return true;
      // Random letters of ours may spell anything.
      if (name === "hx-headers:inherited" && element === document.body) return false;
      if (/^(href|src|action|formaction|data|poster|xlink:href)$/i.test(name))
        return /^[\s\x00-\x20]*(javascript|data|vbscript):/i.test(value);
      return mine && /^(data-)?hx-|^style$|^srcdoc$/i.test(name) && name !== "hx-confirm";
    })
    .map(({ name, value }) => `<${element.localName} ${name}="${value.slice(0, 80)}">`);
})
"""


@pytest.fixture
def outside(agents: tuple[Agent, Agent], live_site: Site) -> Iterator[list[str]]:
    """The requests of Ana's browser that no page of ours makes."""
    strange: list[str] = []
    here = urlsplit(live_site.url).netloc

    def look(request: Request) -> None:
        address = urlsplit(request.url)
        if address.netloc != here or "evil-" in address.path:
            strange.append(request.url)

    context = agents[0].context
    context.add_init_script(HOOK)
    context.on("request", look)
    yield strange
    assert strange == []


@pytest.fixture
def threads(live_site: Site) -> Iterator[list[Thread]]:
    """Conversations full of payloads; gone afterwards."""
    before = set(Line.objects.values_list("pk", flat=True))
    yield plant(live_site.users["Ana"])
    Account.objects.update(sending_paused_reason="", keys_refused="", sending_paused_at=None)
    theirs = Thread.objects.exclude(line__in=before)
    people = list(
        Contact.objects.filter(participant__thread__in=theirs).values_list("pk", flat=True)
    )
    Message.objects.filter(thread__in=theirs).delete()
    theirs.delete()
    Contact.objects.filter(pk__in=people).delete()
    Line.objects.exclude(pk__in=before).delete()


@pytest.fixture
def subscriptions(live_site: Site) -> Iterator[None]:
    """Addresses that somebody else registered at Sendblue; taken away afterwards."""
    simulator = live_site.simulator
    before = simulator.state()["webhooks"]

    def put(webhooks: dict[str, Any]) -> None:
        keys = {
            "sb-api-key-id": simulator.key_id,
            "sb-api-secret-key": simulator.secret_key,
        }
        body = {"webhooks": webhooks}
        simulator.http.put("/api/account/webhooks", json=body, headers=keys).raise_for_status()

    put(before | {"call_log": [f"https://evil.test/{one}" for one in PAYLOADS]})
    yield
    put({"call_log": []} | before)


@pytest.fixture
def codes(live_site: Site) -> Iterator[TotpAccess]:
    """Secrets that somebody named at Sendblue, and one that is known here; gone afterwards."""
    simulator = live_site.simulator
    keys = {"sb-api-key-id": simulator.key_id, "sb-api-secret-key": simulator.secret_key}
    path = "/api/v2/totp/secrets"
    made = [
        simulator.http.post(path, json={"label": one, "issuer": one}, headers=keys).json()
        for one in PAYLOADS[::4]
    ]
    fixed = {"secret_id": "planted", "label": PAYLOADS[2]}
    yield TotpAccess.objects.create(**planted(TotpAccess, **fixed))
    for one in made:
        simulator.http.delete(f"{path}/{one['totp_secret']['id']}", headers=keys)
    TotpAccess.objects.all().delete()


def test_every_text_is_known_to_be_told_or_ours() -> None:
    assert len(set(PAYLOADS)) >= 200
    assert uncovered() == set(), "say in planting.py whether strangers have a say in it"


def test_nothing_runs_on_any_page(
    live_site: Site,
    agents: tuple[Agent, Agent],
    threads: list[Thread],
    outside: list[str],
    subscriptions: None,
    codes: TotpAccess,
) -> None:
    page = agents[0].context.new_page()
    page.set_default_timeout(20_000)
    page.on("dialog", lambda dialog: outside.append(f"dialog: {dialog.message}"))

    for thread in threads:
        show(page, f"/threads/{thread.pk}/")
        page.locator("#messages > .message").last.wait_for()
        # Once more as the fragments of a live change, all of the thread at once and as news.
        for since in ("0", "1"):
            Message.objects.filter(thread=thread).update(revision=2, first_revision=2)
            Thread.objects.filter(pk=thread.pk).update(revision=2)
            page.evaluate("since => document.getElementById('since').value = since", since)
            with page.expect_response(lambda answer: "/changes/" in answer.url):
                page.evaluate("htmx.trigger(document.body, 'live-poll', {})")
            judge(page)
        drawers = page.locator("#messages a[data-evidence]")
        for at in range(min(drawers.count(), 6)):
            drawers.nth(at).evaluate("link => link.click()")
            page.locator("#evidence-body .fact").first.wait_for()
            page.evaluate(
                "() => { for (const one of document.querySelectorAll('details')) one.open = true; }"
            )
            judge(page)
            page.keyboard.press("Escape")

    show(page, "/threads/?count=200")
    load(page, "/threads/list/?count=200", "#thread-list")
    for term in ("<svg onload=xss(", '" autofocus onfocus=xss(1) x="', "javascript:xss("):
        show(page, f"/threads/?q={quote(term)}")
    show(page, "/threads/new/")
    show(page, f"/threads/new/?number={quote(PAYLOADS[2])}")
    troubled = Message.objects.filter(thread__in=threads, is_outbound=True)
    show(page, f"/messages/{troubled.first().pk}/evidence/")
    show(page, f"/messages/{troubled.last().pk}/deletion/")
    show(page, "/media/")
    show(page, "/webhooks/")
    show(page, "/totp/")
    show(page, f"/totp/{codes.secret_id}/log/")
    for path in plant_people(live_site.users["Ana"]):
        show(page, path)
    upload = plant_upload(live_site.users["Ana"])
    show(page, f"/contacts/imports/{upload.pk}/")
    run = plant_imports(live_site.users["Ana"])
    show(page, "/contacts/imports/")
    planted_runs = type(run).objects.filter(state__in=["refused", "saving", "done"])
    for other in planted_runs.order_by("-pk")[:3]:
        show(page, f"/contacts/imports/{other.pk}/")
    for verdict in SHOWN:
        show(page, f"/contacts/imports/{run.pk}/?verdict={verdict}")

    job = plant_jobs(live_site.users["Ana"])
    for thread in threads[:4]:
        person = thread.participants.get()
        show(page, f"/contacts/{person.pk}/")
        page.locator(".person-threads").wait_for()
        judge(page)
        show(page, f"/contacts/{person.pk}/history/")
    show(page, f"/contacts/new/?number={quote(PAYLOADS[2])}")

    show(page, "/contacts/jobs/")
    show(page, f"/contacts/jobs/{job.pk}/")
    for path in plant_drift(live_site.users["Ana"]):
        show(page, path)
    event, replay = plant_events(live_site.users["Ana"])
    show(page, "/webhooks/events/?state=failed")
    show(page, f"/webhooks/events/{event.pk}/?rehearsal")
    show(page, f"/webhooks/replays/{replay.pk}/")
    WebhookEvent.objects.filter(quarantined_at__isnull=False).delete()

    show(page, "/trouble/")
    for _ in range(3):
        page.get_by_role("link", name="Older").click()
        page.locator("#trouble-form").wait_for()
        judge(page)
    page.locator("#choose-all").check()
    page.locator(".trouble-acts").get_by_role("button", name="Send again").click()
    page.get_by_role("heading", name="These may arrive twice").wait_for()
    judge(page)

    Account.objects.update(**planted(Account))
    show(page, "/threads/")
    assert "xss(" in page.locator(".banners").inner_text()


def show(page: Page, path: str) -> None:
    """Open a page, wait until its live line is up, and judge it."""
    page.goto(path)
    page.locator("html[data-live=on]").wait_for()
    judge(page)


def load(page: Page, path: str, target: str) -> None:
    """Have htmx put a fragment into the page, and judge it."""
    page.evaluate(
        "([path, target]) => htmx.ajax('GET', path, { target, swap: 'innerMorph' })", [path, target]
    )
    judge(page)


def judge(page: Page) -> None:
    """Fail on what a payload became, and where none is on the page at all."""
    assert page.evaluate(FOUND) == []
    assert "xss(" in page.content()
