"""What is said before and after an act on many contacts."""

from __future__ import annotations

import pytest

from contacts.job_queries import Pushes
from contacts.models import BulkJob
from contacts.presenting.jobs import Progress, time_at_sendblue


@pytest.mark.parametrize(
    ("kind", "count", "words"),
    [
        ("tag", 40, ""),
        ("tag", 100_000, "about 8 minutes"),
        ("delete", 100_000, "about 4 minutes"),
        ("assign", 2_400, "about 10 minutes"),
        ("opt_out", 100, "about 50 seconds"),
    ],
)
def test_time_at_sendblue(kind: str, count: int, words: str) -> None:
    assert time_at_sendblue(kind, count) == words


def test_a_job_is_done_when_sendblue_knows_it_too() -> None:
    job = BulkJob(kind="assign", state="done", total=2_500, counts={"done": 2_400, "refused": 100})
    told = Progress(job, Pushes(waiting=0, refused=3), None)
    assert (told.words, told.saved) == ("Done.", 2_397)
    begun = Progress(job, Pushes(waiting=2_400, refused=0), None)
    assert begun.words.endswith("Sendblue is being told, which takes about 10 minutes.")
    undo = BulkJob(kind="undo", state="done", undoes=job, counts={"done": 8})
    assert Progress(undo, Pushes(waiting=8, refused=0), None).words.endswith("being told.")
    assert [words for _, words, _ in told.outcomes] == ["Done", "Refused"]
