"""Every fault mode: what the client sees, and what the ledger knows."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from tests.simulator.conftest import KEYS, LINE, eventually

if TYPE_CHECKING:
    from tests.simulator.conftest import Simulation

PATH = "/api/send-message"
MAYA = "+15105550112"
BODY = {"number": MAYA, "from_number": LINE, "content": "It ships today."}


def post(sim: Simulation, timeout: float = 5.0) -> httpx.Response:
    """A send over a connection of its own, as the inbox does it."""
    return httpx.post(f"{sim.url}{PATH}", json=BODY, headers=KEYS, timeout=timeout, trust_env=False)


def fault(sim: Simulation, mode: str, **fields: Any) -> None:
    sim.control("POST", "faults", {"method": "POST", "path": PATH, "mode": mode, **fields})


def accepted(sim: Simulation) -> list[str]:
    """The handles that the account really has of our text."""
    params = {"number": MAYA, "is_outbound": "true", "limit": 10}
    rows = sim.call("GET", "/api/v2/messages", params=params).json()["data"]
    return [row["message_handle"] for row in rows if row["content"] == BODY["content"]]


@pytest.mark.parametrize("mode", ["reset_before", "reset_after"])
def test_a_reset_connection_is_a_true_reset(sim: Simulation, mode: str) -> None:
    fault(sim, mode)
    with pytest.raises((httpx.ReadError, httpx.WriteError)) as caught:
        post(sim)
    assert "reset" in repr(caught.value.__cause__).lower()
    (entry,) = sim.ledger(PATH)
    taken = mode == "reset_after"
    assert entry["outcome"] == ("accepted" if taken else "not_accepted")
    assert entry["status"] is None
    assert accepted(sim) == ([entry["message_handle"]] if taken else [])
    assert post(sim).status_code == 202, "one call, one fault"


def test_a_timeout_after_acceptance_stays_silent(sim: Simulation) -> None:
    fault(sim, "timeout_after")
    with pytest.raises(httpx.ReadTimeout):
        post(sim, timeout=0.2)
    (entry,) = sim.ledger(PATH)
    assert (entry["outcome"], entry["status"]) == ("accepted", None)
    assert accepted(sim) == [entry["message_handle"]]


@pytest.mark.parametrize(
    ("mode", "outcome"), [("error_before", "not_accepted"), ("error_after", "accepted")]
)
def test_errors_of_the_server_before_and_after(sim: Simulation, mode: str, outcome: str) -> None:
    fault(sim, mode, times=2)
    fault(sim, mode, status=502)
    assert [post(sim).status_code for _ in range(3)] == [500, 500, 502]
    assert [entry["outcome"] for entry in sim.ledger(PATH)] == [outcome] * 3
    assert len(accepted(sim)) == (3 if mode == "error_after" else 0)


def test_a_truncated_answer_promises_more_than_it_holds(sim: Simulation) -> None:
    fault(sim, "truncated")
    with pytest.raises(httpx.RemoteProtocolError, match="without sending complete"):
        post(sim)
    assert accepted(sim) == [sim.ledger(PATH)[0]["message_handle"]]


def test_answers_that_say_200_and_nothing_useful(sim: Simulation) -> None:
    fault(sim, "html_200")
    answer = post(sim)
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/html")
    fault(sim, "empty_200")
    answer = post(sim)
    assert (answer.status_code, answer.content) == (200, b"")
    fault(sim, "no_handle")
    answer = post(sim)
    assert answer.json()["status"] == "QUEUED"
    assert "message_handle" not in answer.json()
    assert len(accepted(sim)) == 3


def test_a_redirect_shows_who_follows_it(sim: Simulation) -> None:
    fault(sim, "redirect")
    answer = post(sim)
    assert answer.status_code == 307
    assert accepted(sim) == []
    followed = httpx.post(
        f"{sim.url}{answer.headers['location']}", json=BODY, headers=KEYS, trust_env=False
    )
    assert followed.status_code == 202
    assert [entry["query"] for entry in sim.ledger(PATH)] == [{}, {"redirected": "1"}]


def test_a_slow_answer_comes_after_its_callbacks(sim: Simulation) -> None:
    fault(sim, "slow", delay_s=0.3)
    started = time.monotonic()
    handle = post(sim).json()["message_handle"]
    assert time.monotonic() - started >= 0.3
    assert sim.status_of(handle) == "DELIVERED"


def test_any_answer_can_be_put_in_place(sim: Simulation) -> None:
    wish = {
        "status": 429,
        "body": {"status": "ERROR", "error_code": 4001},
        "headers": {"Retry-After": "7"},
    }
    for fields in (wish, {"mode": wish}):
        sim.control("POST", "faults", {"path": PATH, **fields})
        answer = post(sim)
        assert (answer.status_code, answer.json()["error_code"]) == (429, 4001)
        assert answer.headers["retry-after"] == "7"
    assert accepted(sim) == []


def test_refused_connections_end_by_themselves(sim: Simulation) -> None:
    fault(sim, "refuse", delay_s=0.4)

    def is_refused() -> bool:
        try:
            post(sim)
        except httpx.ConnectError:
            return True
        return False

    eventually(is_refused)
    eventually(lambda: not is_refused())


def test_faults_hit_what_they_name_by_chance_or_by_count(sim: Simulation) -> None:
    fault(sim, "error_before", rate=1.0)
    assert [post(sim).status_code for _ in range(3)] == [500] * 3
    assert sim.call("GET", "/api/lines").status_code == 200
    sim.control("DELETE", "faults")
    assert post(sim).status_code == 202
    sim.control("POST", "faults", {"path": "/api/v2/*", "mode": "error_before"})
    assert sim.call("GET", "/api/lines").status_code == 200
    assert sim.call("GET", "/api/v2/messages").status_code == 500
    answer = sim.http.post("/_sim/faults", json={"mode": "gremlins"})
    assert answer.status_code == 400
    assert "timeout_after" in answer.json()["error"]
