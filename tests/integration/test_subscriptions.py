"""The inbox subscribes to what it needs, says what is missing and leaves others alone."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from inbox.actions.slices import ensure_states
from inbox.actions.syncing import drain_syncing
from inbox.models import SyncState
from sendblue_inbox.clock import now
from sendblue_inbox.roles import Role
from sendblue_inbox.sendblue.terms import WEBHOOK_KINDS
from tests.factories import make_agent
from webhooks_admin.actions.pruning import prune_events
from webhooks_admin.actions.receiving import receive_event
from webhooks_admin.models import SubscriptionCheck, WebhookEvent
from webhooks_admin.queries import subscriptions_missing
from webhooks_admin.subscriptions import our_address

if TYPE_CHECKING:
    from django.test import Client

    from tests.conftest import Simulator

pytestmark = pytest.mark.django_db(transaction=True)
SECRET = "test-webhook-secret"
FOREIGN = {
    "receive": [
        "https://crm.example.test/in?key=very-secret",
        {"url": "https://bot.example.test/hook", "secret": "theirs", "note": "keep me"},
    ],
    "call_log": [{"url": "https://calls.example.test/", "secret": "calls-secret"}],
}


@pytest.fixture
def account(simulator: Simulator, settings: Any) -> Simulator:
    """A real account, as far as we know, with subscriptions of others only."""
    settings.SIMULATED = False
    settings.SITE_URL = "https://inbox.example.test"
    _put(simulator, FOREIGN)
    return simulator


@pytest.fixture
def admin(client: Client) -> Client:
    """A browser in which an administrator is logged in."""
    client.force_login(make_agent("admin@example.com", role=Role.ADMINISTRATOR))
    return client


def _put(simulator: Simulator, webhooks: dict[str, Any]) -> None:
    answer = simulator.http.put(
        "/api/account/webhooks",
        json={"webhooks": webhooks},
        headers={"sb-api-key-id": simulator.key_id, "sb-api-secret-key": simulator.secret_key},
    )
    assert answer.is_success, answer.text


def _connect(client: Client) -> str:
    """Press the button of the page; the page afterwards."""
    page = client.get("/webhooks/").content.decode()
    assert ">Connect this inbox</button>" in page
    found = re.search(r'name="digest" value="(\w+)"', page)
    assert found, "there is nothing to connect"
    answer = client.post("/webhooks/connection/", {"digest": found[1]}, follow=True)
    return answer.content.decode()


def _listed(simulator: Simulator, kind: str) -> list[Any]:
    return simulator.state()["webhooks"].get(kind, [])


def _look() -> None:
    """The hourly look of the workers."""
    ensure_states()
    SyncState.objects.exclude(kind="webhooks").update(next_run_at=None)
    SyncState.objects.filter(kind="webhooks").update(next_run_at=now())
    drain_syncing()


def test_connecting_adds_what_is_missing_and_nothing_else(
    account: Simulator, admin: Client
) -> None:
    page = _connect(admin)
    assert "This inbox is connected." in page
    for kind in WEBHOOK_KINDS:
        address = f"https://inbox.example.test/hooks/sendblue/{kind}/"
        ours = address if kind == "contact_created" else {"url": address, "secret": SECRET}
        assert _listed(account, kind) == [*FOREIGN.get(kind, []), ours]
    assert account.state()["webhooks"]["globalSecret"] == SECRET
    before = account.state()["webhooks"]
    assert "digest" not in admin.get("/webhooks/").content.decode()
    assert account.state()["webhooks"] == before


def test_nothing_secret_of_others_is_on_the_page(account: Simulator, admin: Client) -> None:
    page = admin.get("/webhooks/").content.decode()
    assert "https://crm.example.test/in?…" in page
    assert "https://bot.example.test/hook" in page
    for secret in ("very-secret", "theirs", "calls-secret", SECRET):
        assert secret not in page


def test_a_change_in_between_stops_the_write(account: Simulator, admin: Client) -> None:
    page = admin.get("/webhooks/").content.decode()
    found = re.search(r'name="digest" value="(\w+)"', page)
    assert found
    _put(account, FOREIGN | {"outbound": ["https://late.example.test/"]})
    since = len(account.ledger(path="/api/account/webhooks"))
    answer = admin.post("/webhooks/connection/", {"digest": found[1]}, follow=True)
    assert "Nothing was changed" in answer.content.decode()
    methods = {entry["method"] for entry in account.ledger(path="/api/account/webhooks")[since:]}
    assert methods == {"GET"}


def test_a_kind_that_the_server_does_not_know_is_reported_and_not_missed(
    account: Simulator, admin: Client
) -> None:
    account.control("POST", "options", {"legacy_types": True})
    page = _connect(admin)
    assert "Connected: receive, outbound" in page
    assert "inbound_call is not connected: Invalid webhook type." in page
    assert subscriptions_missing() == []
    assert "inbound_call" in SubscriptionCheck.objects.get().refused


def test_a_lost_answer_is_settled_by_looking_and_never_by_adding_again(
    account: Simulator, admin: Client
) -> None:
    account.fault(method="POST", path="/api/account/webhooks", mode="reset_after")
    _connect(admin)
    assert len(_listed(account, "receive")) == 3
    assert subscriptions_missing() == []


def test_a_real_account_is_only_looked_at_until_a_person_decides(
    account: Simulator, client: Client
) -> None:
    _look()
    assert set(subscriptions_missing()) == set(WEBHOOK_KINDS)
    assert _listed(account, "outbound") == []
    client.force_login(make_agent())
    page = client.get("/webhooks/").content.decode()
    assert "An administrator can connect this inbox." in page
    assert client.post("/webhooks/connection/", {"digest": "x"}).status_code == 403
    assert _listed(account, "outbound") == []


def test_an_address_that_sendblue_cannot_reach_is_not_registered(
    account: Simulator, admin: Client, settings: Any
) -> None:
    settings.SITE_URL = "http://127.0.0.1:8000"
    page = admin.get("/webhooks/").content.decode()
    assert "Set SITE_URL" in page
    assert ">Connect this inbox</button>" not in page
    admin.post("/webhooks/connection/", {"digest": "x"})
    assert _listed(account, "outbound") == []


def test_the_simulator_is_connected_unasked_and_drift_is_repaired(
    simulator: Simulator, settings: Any
) -> None:
    settings.SITE_URL = "http://127.0.0.1:8000"
    theirs = ["https://bot.example.test/hook"]
    _put(simulator, {"receive": theirs})
    _look()
    ours = {"url": our_address("receive"), "secret": SECRET}
    assert _listed(simulator, "receive") == [*theirs, ours]
    # Registered twice, and with the secret of an earlier installation.
    old = {"url": our_address("receive"), "secret": "of yesterday"}
    _put(simulator, {"receive": [old, *theirs, old]})
    _look()
    assert _listed(simulator, "receive") == [*theirs, ours]
    assert {len(_listed(simulator, kind)) for kind in WEBHOOK_KINDS if kind != "receive"} == {1}
    before = simulator.state()["webhooks"]
    _look()
    assert simulator.state()["webhooks"] == before
    assert subscriptions_missing() == []


def test_a_page_without_sendblue_says_so(account: Simulator, admin: Client) -> None:
    account.fault(method="GET", path="/api/account/webhooks", mode="html_200", times=3)
    answer = admin.get("/webhooks/")
    assert answer.status_code == 200
    assert "could not be read" in answer.content.decode()


def test_old_processed_deliveries_are_forgotten() -> None:
    for body in (b'{"n": 1}', b'{"n": 2}', b'{"n": 3}'):
        receive_event(kind="receive", token="", body=body, headers={})
    old, unread, _new = WebhookEvent.objects.order_by("pk")
    month_ago = now() - timedelta(days=31)
    WebhookEvent.objects.filter(pk__in=[old.pk, unread.pk]).update(
        received_at=month_ago, last_received_at=month_ago
    )
    WebhookEvent.objects.filter(pk=old.pk).update(processed_at=month_ago)
    assert prune_events() == 1
    assert not WebhookEvent.objects.filter(pk=old.pk).exists()
