"""Long work of one kind never takes every seat."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from sendblue_inbox.seats import seat

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(autouse=True)
def two_seats(settings: Any, tmp_path: Path) -> None:
    settings.DATA_DIR, settings.WORKER_CONCURRENCY = tmp_path, 3


def test_a_kind_sits_once_and_a_seat_that_is_left_is_free() -> None:
    with seat("pushing") as first, seat("pushing") as again:
        assert (first, again) == (True, False)
        with seat("importing") as other:
            assert other
            with seat("jobs") as third:
                assert not third
        with seat("jobs") as third:
            assert third
    with seat("pushing") as first:
        assert first
