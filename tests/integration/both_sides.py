"""Both sides of the contacts as tests look at them: plainly, and as if no time passed."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from contacts.actions import push_pacing, sweeping
from contacts.actions.pushing import drain_pushing
from contacts.actions.sweeping import current_sweep, remove_missed, sweep_on
from contacts.actions.writing import insert_contacts
from contacts.models import Contact, PushPace, Sweep
from sendblue_inbox.clock import now
from sendblue_inbox.sendblue.client import client_from_settings
from tests.factories import moment

if TYPE_CHECKING:
    from tests.conftest import Simulator

Side = dict[str, tuple[Any, ...]]


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """No waiting for one's turn: for tests in which Sendblue does not count requests."""
    monkeypatch.setattr(push_pacing, "INTERVAL", timedelta(0))
    monkeypatch.setattr(sweeping, "PAGE_SECONDS", 0)


def sweep() -> Sweep:
    """One walk through all of Sendblue's contacts, to its end."""
    found = current_sweep(begin=True)
    assert sweep_on(found, client_from_settings(), hold=lambda _: None, is_over=lambda: False)
    remove_missed()
    return found


def push_all() -> None:
    """Push until nothing waits, as if no time passed between two attempts."""
    waiting = Contact.objects.filter(push_state="waiting")
    for _ in range(200):
        waiting.update(push_after=now())
        PushPace.objects.all().delete()
        drain_pushing()
        if not waiting.exists():
            return
    raise AssertionError(f"{waiting.count()} contacts still wait")


def there(simulator: Simulator) -> Side:
    """Sendblue's contacts, plainly."""
    return {
        row["phone"]: (
            *(row[name] for name in ("first_name", "last_name", "company_name")),
            *(row["assigned_to_email"], row["tags"]),
            {label: value for label, value in row["custom_variables"].items() if value},
        )
        for row in simulator.state()["contacts"]
    }


def here() -> Side:
    """Ours, plainly."""
    return {
        row.number: (
            *(row.first_name, row.last_name, row.company_name),
            *(row.assigned_to_email, row.tags, row.custom_variables),
        )
        for row in Contact.objects.filter(removed_at=None)
    }


def number(n: int) -> str:
    return f"+1312{2_000_000 + n}"


def waiting(count: int, **fields: Any) -> list[Contact]:
    """People who are to be saved at Sendblue, as an import leaves them."""
    people = [
        Contact(
            number=number(n),
            first_name=f"P{n}",
            tags=["new"],
            custom_variables={"n": str(n)},
            push_state="waiting",
            push_after=moment(-60),
            **fields,
        )
        for n in range(count)
    ]
    insert_contacts(people)
    return people
