"""The message store against the plainest thing that could answer the same questions."""

from __future__ import annotations

from random import Random

import pytest

from simulator.store import Message, MessageStore, Query


def naive(rows: list[Message], query: Query) -> list[str]:
    """Filter everything, sort everything, cut."""
    found = [
        row
        for row in rows
        if all(low <= getattr(row, name) <= high for name, (low, high) in query.windows.items())
        and all(getattr(row, name) == value for name, value in query.equals.items())
        and query.number in ("", row.number)
        and query.group_id in ("", row.group_id)
    ]
    found.sort(key=lambda row: (getattr(row, query.order_by), row.seq), reverse=query.descending)
    return [row.handle for row in found[query.offset : query.offset + query.limit]]


@pytest.mark.parametrize("seed", range(5))
def test_every_listing_is_that_of_a_full_scan(seed: int) -> None:
    chance = Random(seed)
    store, rows = MessageStore(), []
    for n in range(600):
        row = Message(
            handle=f"m{n}",
            line=chance.choice("AB"),
            number=chance.choice("xyz"),
            content="",
            is_outbound=chance.random() < 0.5,
            status="SENT",
            created=chance.randrange(100),  # many at the same moment, in any order
            group_id=chance.choice(["", "", "g"]),
        )
        rows.append(row)
        if n >= 300:
            store.add(row)
        elif n == 299:
            store.load(rows)
        if n >= 300 and chance.random() < 0.5:
            store.touch(chance.choice(rows), chance.randrange(200))
        if n >= 300 and chance.random() < 0.1:
            store.remove(rows.pop(chance.randrange(len(rows))))
    assert len(store) == len(rows)
    for _ in range(300):
        windows = {
            name: (low := chance.randrange(150), low + chance.randrange(100))
            for name in chance.sample(["created", "updated"], chance.randrange(3))
        }
        query = Query(
            order_by=chance.choice(["created", "updated"]),
            descending=chance.random() < 0.5,
            limit=chance.choice([1, 20, 1000]),
            offset=chance.choice([0, 7, 500]),
            windows=windows,
            number=chance.choice(["", "", "x"]),
            group_id=chance.choice(["", "", "", "g"]),
            equals=chance.choice([{}, {"line": "A"}, {"line": "B", "is_outbound": False}]),
        )
        page, total = store.find(query)
        assert [row.handle for row in page] == naive(rows, query)
        query.offset, query.limit = 0, 1000
        assert total == len(naive(rows, query))
