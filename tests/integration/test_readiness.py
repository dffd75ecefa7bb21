"""`/up` asks nobody, `/ready` asks everybody, and each alarm is tested by causing it."""

from __future__ import annotations

import uuid
from datetime import timedelta
from io import StringIO
from typing import TYPE_CHECKING

import pytest
from django.core.management import call_command
from django.db import connection

from inbox.actions.queueing import queue_message
from inbox.models import Message, SyncState
from sendblue_inbox import readiness
from sendblue_inbox.clock import now
from tests.conftest import free_port
from tests.factories import make_agent, make_thread, receive
from webhooks_admin.actions.receiving import receive_event
from webhooks_admin.models import WebhookEvent

if TYPE_CHECKING:
    from django.test import Client
    from pytest_django import Settings


def test_up_answers_without_a_database(client: Client) -> None:
    assert client.get("/up").content == b"up\n"


@pytest.mark.django_db
def test_ready_with_everything_there(client: Client, broker: str) -> None:
    answer = client.get("/ready")
    checks = answer.json()["checks"]
    assert answer.status_code == 200, checks
    assert {"database", "migrations", "broker"} <= set(checks)
    assert all(check["ok"] for check in checks.values())


@pytest.mark.django_db
def test_a_broker_that_is_away_is_said(client: Client, settings: Settings) -> None:
    settings.CELERY_BROKER_URL = f"redis://127.0.0.1:{free_port()}/0"
    answer = client.get("/ready")
    assert answer.status_code == 503
    assert answer.json()["checks"]["broker"]["ok"] is False
    assert answer.json()["checks"]["database"]["ok"] is True


@pytest.mark.django_db
def test_a_missing_migration_is_said(client: Client, broker: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM django_migrations WHERE app = 'webhooks_admin'")
    check = client.get("/ready").json()["checks"]["migrations"]
    assert check["ok"] is False
    assert "manage.py prepare" in check["detail"]


@pytest.mark.django_db
def test_a_check_that_raises_is_not_ok_and_tells_no_secret(
    client: Client, broker: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(readiness, "_checks", dict(readiness._checks))

    def broken() -> readiness.Finding:
        raise RuntimeError("password=hunter2")

    readiness.register("broken", broken)
    answer = client.get("/ready")
    assert answer.status_code == 503
    assert answer.json()["checks"]["broken"] == {"ok": False, "detail": "RuntimeError"}


@pytest.mark.django_db
def test_models_and_migrations_agree() -> None:
    output = StringIO()
    call_command("makemigrations", check=True, dry_run=True, stdout=output)
    assert "No changes detected" in output.getvalue()


@pytest.mark.django_db
def test_prepare_makes_one_administrator_once(settings: Settings) -> None:
    settings.ADMIN_PASSWORD = ""
    settings.ADMIN_EMAIL = "first@example.com"
    first, second = StringIO(), StringIO()
    call_command("prepare", stdout=first)
    call_command("prepare", stdout=second)
    assert "first@example.com, password " in first.getvalue()
    assert "password" not in second.getvalue()


@pytest.mark.django_db(transaction=True)
def test_each_queue_that_nobody_drains_raises_its_alarm(client: Client, broker: str) -> None:
    thread = make_thread()
    receive()
    queue_message(thread, author=make_agent(), content="hello", client_ref=uuid.uuid4())
    receive_event(kind="receive", token="", body=b"{}", headers={})
    SyncState.objects.create(kind="messages", next_run_at=now())
    assert unwell(client) == set()
    long_ago = now() - timedelta(minutes=5)
    Message.objects.filter(send_state="queued").update(send_after=long_ago)
    assert unwell(client) == {"sends"}
    WebhookEvent.objects.update(process_after=long_ago)
    SyncState.objects.update(next_run_at=long_ago)
    assert unwell(client) == {"sends", "events", "sync"}


def unwell(client: Client) -> set[str]:
    """The checks of `/ready` that are not ok; 503 exactly when there are any."""
    answer = client.get("/ready")
    names = {name for name, found in answer.json()["checks"].items() if not found["ok"]}
    assert answer.status_code == (503 if names else 200)
    return names
