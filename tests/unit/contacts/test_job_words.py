"""What is said before and after an act on many contacts."""

from __future__ import annotations

import pytest

from contacts.presenting.jobs import time_at_sendblue


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
