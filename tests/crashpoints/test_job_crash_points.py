"""A worker that dies in the middle of a bulk job."""

from __future__ import annotations

from uuid import uuid4

import pytest

from contacts.actions import jobs
from contacts.actions.jobs import drain_jobs, start_job
from contacts.actions.writing import insert_contacts
from contacts.models import BulkJob, Contact, ContactChange
from sendblue_inbox.clock import now
from tests.factories import make_agent, make_thread

from .test_crash_points import JOB_POINTS, KILLED, Office, Scene, driver, office

__all__ = ["driver", "office"]
pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.chaos]
WORK = Scene(drains=("jobs",), click=False)
PEOPLE = 1_100  # three batches


@pytest.mark.parametrize("point", JOB_POINTS)
def test_each_contact_is_changed_once_whoever_dies(
    office: Office, point: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    insert_contacts([Contact(number=f"+1415555{at:04d}") for at in range(PEOPLE)])
    thread = make_thread(number="+14155550000")
    monkeypatch.setattr(jobs, "SLICE_SECONDS", 0)
    job = start_job(
        author=make_agent(),
        kind="tag",
        argument="vip",
        query="",
        confirmed_count=PEOPLE,
        token=uuid4(),
    )
    drain_jobs()
    assert office.live(WORK, thread, crash_at=point) == KILLED
    job.refresh_from_db()
    assert job.counts == {"done": jobs.BATCH}, "the second batch is gone, the first is not"
    assert office.live(WORK, thread) == 0
    job.refresh_from_db()
    assert job.state == "running", "the lease of the dead is respected"
    BulkJob.objects.update(lease_until=now())
    while job.state == "running":
        assert office.live(WORK, thread) == 0
        job.refresh_from_db()
    assert (job.state, job.counts) == ("done", {"done": PEOPLE})
    assert set(Contact.objects.values_list("version", "push_state")) == {(1, "waiting")}
    assert all(tags == ["vip"] for tags in Contact.objects.values_list("tags", flat=True))
    assert ContactChange.objects.filter(job=job).count() == PEOPLE
    assert not job.items.exclude(outcome="done").exists()
