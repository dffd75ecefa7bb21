"""Groups change when a phone shows it, and refuse what the contract says they refuse (2.2, 1.4)."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import pytest

from tests.simulator.conftest import LINE, OTHER_LINE

if TYPE_CHECKING:
    import httpx

    from .conftest import Simulation

PEOPLE = ["+14155550180", "+14155550181", "+14155550182"]
NEWCOMER, ON_SMS = "+14155550183", "+14155550194"
CONFIRM_S = 0.3


@pytest.fixture
def group_id(sim: Simulation) -> str:
    """A group of four, with our line."""
    sim.control("POST", "options", {"group_confirm_s": CONFIRM_S})
    return begin(sim, PEOPLE)


def begin(sim: Simulation, numbers: list[str]) -> str:
    body = {"numbers": numbers, "from_number": LINE, "content": "Hello"}
    return sim.call("POST", "/api/send-group-message", json=body).json()["group_id"]


def modify(sim: Simulation, group_id: str, kind: str, number: str, **more: str) -> httpx.Response:
    body = {"group_id": group_id, "modify_type": f"{kind}_recipient", "number": number, **more}
    return sim.call("POST", "/api/modify-group", json=body)


def shown(sim: Simulation, group_id: str) -> dict[str, Any]:
    return sim.call("GET", f"/api/v2/groups/{group_id}").json()["data"]


def test_a_change_is_done_when_a_phone_shows_it(sim: Simulation, group_id: str) -> None:
    began = time.monotonic()
    assert modify(sim, group_id, "add", NEWCOMER).json()["status"] == "OK"
    assert time.monotonic() - began >= CONFIRM_S
    assert shown(sim, group_id)["participant_numbers"] == [*PEOPLE, NEWCOMER]
    for number in (NEWCOMER, PEOPLE[0]):
        answer = modify(sim, group_id, "remove", number)
    assert answer.json()["status"] == "OK"
    assert modify(sim, group_id, "remove", PEOPLE[1]).status_code == 400, "three are left"
    assert shown(sim, group_id)["participant_numbers"] == PEOPLE[1:]


def test_only_a_line_of_ours_in_an_imessage_group_changes_it(
    sim: Simulation, group_id: str
) -> None:
    unknown = modify(sim, group_id, "add", NEWCOMER, from_number="+14155559999")
    assert (unknown.status_code, unknown.json()["error"]) == (404, "line_not_registered")
    assert modify(sim, group_id, "add", OTHER_LINE, from_number=LINE).json()["status"] == "OK"
    path = f"/api/v2/groups/{group_id}/name"
    unclear = sim.call("POST", path, json={"group_name": "Class"})
    assert unclear.json()["error"] == "ambiguous_sending_line"
    named = sim.call("POST", path, json={"group_name": "Class", "from_number": LINE})
    assert named.json()["data"]["group_name"] == shown(sim, group_id)["group_name"] == "Class"
    mixed = begin(sim, [PEOPLE[0], ON_SMS])
    assert modify(sim, mixed, "add", NEWCOMER).status_code == 400


def test_some_lines_set_no_photo(sim: Simulation, group_id: str) -> None:
    sim.control("POST", "options", {"lines_without_group_photo": [LINE]})
    path = f"/api/v2/groups/{group_id}/photo"
    refused = sim.call("POST", path, json={"photo_url": None})
    assert refused.json()["error"] == "unsupported_line"
