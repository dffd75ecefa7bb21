"""One act on many contacts: what it does here and at Sendblue, and that it is done once."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest
from django.db import connection

from contacts.actions.jobs import Refused, cancel_job, drain_jobs, go_on, start_job, undo_job
from contacts.actions.pushing import drain_pushing
from contacts.actions.saving import record_contacts
from contacts.models import BulkItem, BulkJob, ConsentChange, Contact, ContactChange
from sendblue_inbox.sendblue.client import client_from_settings
from tests.factories import make_agent, make_contact

if TYPE_CHECKING:
    from tests.conftest import Simulator

pytestmark = pytest.mark.django_db(transaction=True)


def numbers(count: int) -> list[str]:
    return [f"+1415555{at:04d}" for at in range(count)]


@pytest.fixture
def agent() -> Any:
    return make_agent()


@pytest.fixture
def both_sides(simulator: Simulator) -> Simulator:
    """Twelve people here and at Sendblue, every other one of them with the tag `vip`."""
    simulator.reset(
        messages=[],
        contacts=[
            {"phone": number, "first_name": f"P{at}", "tags": ["vip"] * (at % 2)}
            for at, number in enumerate(numbers(12))
        ],
    )
    record_contacts(client_from_settings().list_contacts())
    return simulator


def run(job: BulkJob) -> BulkJob:
    """Let workers do the job to its end, or until it waits for a person."""
    while job.state in {"collecting", "running"}:
        drain_jobs()
        job.refresh_from_db()
    return job


def start(agent: Any, kind: str, argument: str = "", **whom: Any) -> BulkJob:
    whom.setdefault("token", uuid4())
    return start_job(author=agent, kind=kind, argument=argument, **whom)


def pks(*numbers: str) -> list[int]:
    return list(Contact.objects.filter(number__in=numbers).values_list("pk", flat=True))


def there() -> dict[str, Any]:
    return {told.number: told for told in client_from_settings().list_contacts(limit=1000)}


def outcomes(job: BulkJob) -> dict[str, str]:
    return dict(job.items.values_list("contact__number", "outcome"))


def test_a_tag_is_put_on_and_taken_back_on_both_sides(both_sides: Simulator, agent: Any) -> None:
    everybody = numbers(12)
    job = run(start(agent, "tag", "vip", pks=pks(*everybody), confirmed_count=12))
    assert (job.state, job.counts) == ("done", {"done": 6, "unchanged": 6})
    assert all(Contact.objects.filter(tags=["vip"], push_state="waiting").values("pk")[:6])
    drain_pushing()
    assert all(told.tags == ("vip",) for told in there().values())
    change = ContactChange.objects.filter(job=job).first()
    assert (change.field, change.source, change.author) == ("tags", "agent", agent)

    changed = Contact.objects.get(number=everybody[0])
    changed.tags = ["new", "vip"]
    changed.save()
    undone = run(undo_job(job, author=agent))
    assert undone.counts == {"done": 6}
    drain_pushing()
    assert [there()[number].tags for number in everybody[:4]] == [("new",), ("vip",), (), ("vip",)]


def test_the_pages_ask_before_and_tell_afterwards(client: Any, agent: Any) -> None:
    agent.role = "manager"
    agent.save()
    client.force_login(agent)
    people = [make_contact(number, tags=["old"]) for number in numbers(3)]
    asked = {"kind": "tag", "argument": "vip", "query": "tag=old", "count": "2"}
    page = client.post("/contacts/jobs/", asked)
    words = page.content.decode()
    assert "Add the tag “vip” to 3 contacts?" in words
    assert "They are 3 by now." in words
    assert not BulkJob.objects.exists()
    token = str(page.context["form"].cleaned_data["token"])
    for _ in range(2):
        sent = client.post(
            "/contacts/jobs/", asked | {"count": "3", "token": token, "confirmed": "yes"}
        )
    job = BulkJob.objects.get()
    assert sent.url == f"/contacts/jobs/{job.pk}/"
    run(job)
    words = client.get(sent.url).content.decode()
    assert "Done here." in words
    assert "0 of 3 saved" in words
    listed = client.get("/contacts/jobs/").content.decode()
    assert "Add the tag “vip”" in listed
    assert "tagged “old”" in listed
    for missing in ({"kind": "tag"}, {"kind": "tag", "argument": "x" * 101}):
        words = client.post("/contacts/jobs/", missing | {"pk": str(people[0].pk)}).content.decode()
        assert "Continue" in words
