"""One act on many contacts: what it does here and at Sendblue, and that it is done once."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest
from django.db import connection

from contacts.actions import jobs
from contacts.actions.consenting import rebuild_consent
from contacts.actions.editing import edit_contact, remove_contact
from contacts.actions.jobs import Refused, cancel_job, drain_jobs, go_on, start_job, undo_job
from contacts.actions.pushing import drain_pushing
from contacts.actions.saving import ensure_contact, record_contacts
from contacts.filtering import ContactFilter
from contacts.models import BulkJob, ConsentChange, Contact, ContactChange, Label
from sendblue_inbox.clock import now
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


def push() -> None:
    """Let workers save at Sendblue what waits."""
    while Contact.objects.filter(push_state="waiting", push_after__lte=now()).exists():
        drain_pushing()


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
    assert Contact.objects.filter(tags=["vip"], push_state="waiting").count() == 6
    assert Label.objects.filter(kind="tag", name="vip").exists()
    found = ContactFilter.parse("q=vip").contacts()
    assert found.count() == 12, "the tag is found by search at once"
    push()
    assert all(told.tags == ("vip",) for told in there().values())
    change = ContactChange.objects.filter(job=job).first()
    assert (change.field, change.source, change.author) == ("tags", "agent", agent)

    edit_contact(Contact.objects.get(number=everybody[0]), author=agent, tags=["new", "vip"])
    undo = run(undo_job(job, author=agent))
    assert (undo.counts, undo_job(job, author=agent)) == ({"done": 6}, undo)
    push()
    assert [there()[number].tags for number in everybody[:4]] == [("new",), ("vip",), (), ("vip",)]
    again = run(start(agent, "untag", "vip", query="tag=vip", confirmed_count=6))
    assert again.counts == {"done": 6}
    run(undo_job(again, author=agent))
    push()
    assert sum(told.tags == ("vip",) for told in there().values()) == 6


def test_an_assignment_is_taken_back_but_not_from_who_was_assigned_since(
    both_sides: Simulator, agent: Any
) -> None:
    one, other, third = numbers(3)
    edit_contact(Contact.objects.get(number=one), author=agent, assigned_to_email="cy@example.com")
    remove_contact(Contact.objects.get(number=third), author=agent)
    gone = Contact.objects.get(number=third).pk
    job = start(agent, "assign", "ana@example.com", pks=[*pks(one, other), gone], confirmed_count=3)
    run(job)
    assert outcomes(job) == {one: "done", other: "done", third: "refused"}
    assert job.items.get(contact=gone).reason == "Deleted meanwhile"
    push()
    assert {there()[number].assigned_to_email for number in (one, other)} == {"ana@example.com"}
    edit_contact(
        Contact.objects.get(number=other), author=agent, assigned_to_email="di@example.com"
    )
    undo = run(undo_job(job, author=agent))
    assert outcomes(undo) == {one: "done", other: "refused"}
    push()
    assert there()[one].assigned_to_email == "cy@example.com"
    assert there()[other].assigned_to_email == "di@example.com"


def test_who_is_opted_out_gets_nothing_from_either_side(both_sides: Simulator, agent: Any) -> None:
    one, other = numbers(2)
    Contact.objects.filter(number=other).update(opted_out=True)
    job = run(start(agent, "opt_out", pks=pks(one, other), confirmed_count=2))
    assert outcomes(job) == {one: "done", other: "unchanged"}
    word = ConsentChange.objects.get(contact__number=one)
    assert (word.opted_out, word.source, word.author) == (True, "agent", agent)
    contact = Contact.objects.get(number=one)
    assert (contact.opted_out, contact.opted_out_as_of) == (True, word.as_of)
    assert not rebuild_consent(contact) ^ contact.opted_out, "the ledger says the same"
    push()
    assert there()[one].opted_out
    with pytest.raises(Refused):
        undo_job(job, author=agent)


def test_who_is_deleted_is_gone_on_both_sides_and_comes_back(
    both_sides: Simulator, agent: Any
) -> None:
    before = {number: (told.first_name, told.tags) for number, told in there().items()}
    job = run(start(agent, "delete", query="", confirmed_count=12))
    assert (job.state, job.counts) == ("done", {"done": 12})
    assert set(Contact.objects.values_list("first_name", "push_state")) == {("", "waiting")}
    push()
    assert there() == {}
    singly = [one for one in both_sides.ledger("/api/v2/contacts/+*") if one["method"] == "DELETE"]
    assert singly == [], "many are deleted by Sendblue's bulk call"
    writes_again = ensure_contact(numbers(1)[0])
    edit_contact(writes_again, author=agent, first_name="Somebody else")
    undo = run(undo_job(job, author=agent))
    assert undo.counts == {"done": 11, "refused": 1}
    push()
    after = {number: (told.first_name, told.tags) for number, told in there().items()}
    assert after == before | {numbers(1)[0]: ("Somebody else", ())}


def test_what_was_refused_is_pushed_again(both_sides: Simulator, agent: Any) -> None:
    one, other = numbers(2)
    edit_contact(Contact.objects.get(number=one), author=agent, company_name="Alder")
    Contact.objects.filter(number=one).update(push_state="refused", push_error="No.")
    job = run(start(agent, "push", pks=pks(one, other), confirmed_count=2))
    assert outcomes(job) == {one: "done", other: "unchanged"}
    push()
    assert there()[one].company_name == "Alder"


def test_nothing_is_done_to_another_count_than_was_agreed(simulator: Simulator, agent: Any) -> None:
    simulator.reset(contacts=[], messages=[])
    for number in numbers(3):
        make_contact(number, tags=["vip"])
    job = run(start(agent, "delete", query="tag=vip", confirmed_count=2))
    assert (job.state, job.total, job.counts) == ("recounted", 3, {})
    assert Contact.objects.filter(removed_at=None).count() == 3
    make_contact(numbers(4)[3], tags=["vip"])
    go_on(job)
    job.refresh_from_db()
    assert run(job).counts == {"done": 3}
    assert Contact.objects.filter(removed_at=None, tags=["vip"]).count() == 1

    other = run(start(agent, "delete", query="tag=vip", confirmed_count=9))
    cancel_job(other)
    go_on(other)
    other.refresh_from_db()
    assert other.state == "cancelled"
    assert Contact.objects.filter(removed_at=None, tags=["vip"]).count() == 1


def test_a_cancelled_job_stops_after_a_batch_and_can_be_undone(
    agent: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs, "BATCH", 2)
    monkeypatch.setattr(jobs, "SLICE_SECONDS", 0)
    for number in numbers(5):
        make_contact(number)
    job = start(agent, "tag", "vip", query="", confirmed_count=5)
    drain_jobs()
    cancel_job(job)
    job.refresh_from_db()
    assert run(job).state == "cancelled"
    assert sorted(outcomes(job).values()) == ["done"] * 2 + ["waiting"] * 3
    assert run(undo_job(job, author=agent)).counts == {"done": 2}
    assert not Contact.objects.filter(tags=["vip"]).exists()


def test_two_workers_share_jobs_and_do_each_once(
    agent: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs, "BATCH", 7)
    for number in numbers(40):
        make_contact(number)
    first = start(agent, "tag", "a", query="", confirmed_count=40)
    second = start(agent, "tag", "b", query="", confirmed_count=40)
    assert start(agent, "tag", "b", query="", confirmed_count=40, token=second.token) == second

    def work() -> None:
        try:
            while BulkJob.objects.exclude(state="done").exists():
                drain_jobs()
        finally:
            connection.close()

    workers = [threading.Thread(target=work) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(60)
    assert all(set(tags) == {"a", "b"} for tags in Contact.objects.values_list("tags", flat=True))
    for job in (first, second):
        assert ContactChange.objects.filter(job=job).count() == 40
        job.refresh_from_db()
        assert job.counts == {"done": 40}
    assert set(Contact.objects.values_list("version", flat=True)) == {2}


def test_too_many_are_not_chosen_one_by_one(agent: Any) -> None:
    with pytest.raises(Refused, match="take all that match"):
        start(agent, "push", pks=range(10_001), confirmed_count=10_001)


def test_what_fails_here_is_tried_again(agent: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    make_contact(numbers(1)[0])
    job = start(agent, "tag", "vip", query="", confirmed_count=1)

    def fail(*_args: object) -> None:
        raise RuntimeError

    with monkeypatch.context() as broken:
        broken.setattr(jobs, "act_on", fail)
        drain_jobs()
    job.refresh_from_db()
    assert (job.state, job.error[:20]) == ("running", "Something went wrong")
    BulkJob.objects.update(lease_until=now())
    assert (run(job).counts, job.error) == ({"done": 1}, "")


def test_the_pages_ask_before_and_tell_afterwards(client: Any, agent: Any) -> None:
    agent.role = "manager"
    agent.save()
    client.force_login(agent)
    people = [make_contact(number, tags=["old"]) for number in numbers(3)]
    asked = {"kind": "tag", "argument": "vip", "query": "tag=old", "count": "2"}
    page = client.post("/contacts/jobs/", asked)
    words = page.content.decode()
    assert "Add the tag to 3 contacts" in words
    assert "people tagged “old”" in words
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
    too_long = {"kind": "tag", "argument": "x" * 101, "pk": f"{people[0].pk},{people[1].pk}"}
    words = client.post("/contacts/jobs/", too_long | {"confirmed": "yes", "count": "2"}).content
    assert "A tag has 101 characters; 100 is the most." in words.decode()
    agent.role = "agent"
    agent.save()
    assert client.post("/contacts/jobs/", asked).status_code == 403
    assert client.post(f"/contacts/jobs/{job.pk}/undo/").status_code == 403
