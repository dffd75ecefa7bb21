"""What Sendblue says no to, in its own words, and the limits of a line."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from tests.simulator.conftest import KEYS, LINE, eventually

if TYPE_CHECKING:
    import httpx

    from tests.simulator.conftest import Simulation

MAYA, DEREK = "+15105550112", "+17185550146"


def said(answer: httpx.Response) -> tuple[int, Any, Any]:
    """HTTP status, error code and key of a refusal."""
    body = answer.json()
    assert body["status"] == "ERROR"
    return answer.status_code, body["error_code"], body["error_key"]


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        (KEYS, 200),
        ({f"x-{name}": value for name, value in KEYS.items()}, 200),
        ({}, 401),
        ({**KEYS, "sb-api-secret-key": "wrong"}, 401),
        ({"Authorization": "Bearer made-up"}, 401),
        ({**KEYS, "Origin": "https://browser.example"}, 403),
    ],
)
def test_only_servers_with_keys_come_in(
    sim: Simulation, headers: dict[str, str], status: int
) -> None:
    answer = sim.http.get("/api/lines", headers=headers)
    assert answer.status_code == status
    assert sim.ledger("/api/lines")[0]["outcome"] == ("accepted" if status == 200 else "refused")


REACTION = {"from_number": LINE, "message_handle": "h", "reaction": "love"}


@pytest.mark.parametrize(
    ("path", "body", "status", "text"),
    [
        ("send-reaction", {}, 400, "You must specify a valid `from_number` in the request body."),
        (
            "send-reaction",
            {"from_number": LINE},
            400,
            "You must specify `message_handle` in the request body.",
        ),
        (
            "send-reaction",
            {**REACTION, "reaction": "wave"},
            400,
            "Invalid reaction. Must be one of: love, like, dislike, laugh, emphasize, question",
        ),
        (
            "send-reaction",
            {**REACTION, "part_index": -1},
            400,
            "`part_index` must be a non-negative integer.",
        ),
        ("send-reaction", {**REACTION, "from_number": "+14155550155"}, 404, None),
        ("mark-read", {}, 400, "You must specify a `number` in the request body."),
        ("send-carousel", {}, 400, "'media_urls' is required — an array of 2-20 HTTPS URLs"),
        (
            "send-typing-indicator",
            {"number": "+14155550155"},
            400,
            "No route mapping found",
        ),
        (
            "send-message",
            {"number": MAYA, "content": "x"},
            400,
            "missing required parameter: from_number",
        ),
        ("send-message", {"number": "0415", "from_number": LINE, "content": "x"}, 400, None),
        ("send-message", {"number": MAYA, "from_number": LINE}, 400, None),
        (
            "send-message",
            {"number": MAYA, "from_number": LINE, "content": "x" * 18_996},
            400,
            None,
        ),
        (
            "send-message",
            {"number": MAYA, "from_number": "+14155550155", "content": "x"},
            404,
            None,
        ),
        ("contacts", {}, 400, "Missing fields"),
        ("contacts", {"number": "12"}, 400, None),
        ("contacts", {"number": MAYA}, 409, "Contact already exists"),
        ("upload-file", {}, 400, None),
    ],
)
def test_refusals_in_their_own_words(
    sim: Simulation, path: str, body: dict[str, Any], status: int, text: str | None
) -> None:
    answer = sim.call("POST", f"/api/{path}", json=body)
    assert answer.status_code == status
    assert answer.json()["status"] == "ERROR"
    if text:
        assert answer.json()["message"] == text


def test_an_unknown_path_is_answered_like_express(sim: Simulation) -> None:
    answer = sim.call("POST", "/api/nothing-here")
    assert answer.status_code == 404
    assert "<pre>Cannot POST /api/nothing-here</pre>" in answer.text


def test_who_said_stop_gets_nothing_until_start(sim: Simulation) -> None:
    assert said(sim.send(DEREK)) == (400, 4000, "OPTED_OUT")
    person = {"from": MAYA, "to": LINE}
    (stop,) = sim.control("POST", "inbound", {**person, "content": " Stop "})["handles"]
    assert said(sim.send(MAYA)) == (400, 4000, "OPTED_OUT")
    (start,) = sim.control("POST", "inbound", {**person, "content": "START"})["handles"]
    marks = [
        sim.call("GET", f"/api/v2/messages/{handle}").json()["data"]["opted_out"]
        for handle in (stop, start)
    ]
    assert marks == [False, True], "what follows the word is marked"
    assert sim.send(MAYA).status_code == 202


def test_new_contacts_are_capped_by_the_hour_and_the_day(sim: Simulation) -> None:
    morning = datetime(2026, 9, 21, 9, 0, tzinfo=UTC)
    sim.control("POST", "clock", {"set": morning.timestamp()})
    numbers = iter(f"+1415556{n:04d}" for n in range(100))
    for _ in range(15):
        assert sim.send(next(numbers)).status_code == 202
    assert said(sim.send(next(numbers))) == (400, 429, "LINE_HOURLY_LIMIT_REACHED")
    assert sim.send(MAYA).status_code == 202, "who is known is no new contact"
    usage = sim.call("GET", "/api/v2/lines/usage").json()["lines"][0]
    assert (usage["state"], usage["hourly"]["remaining"]) == ("limited", 0)
    assert usage["availableAt"] == usage["hourly"]["nextSlotAt"]
    assert usage["daily"]["resetsAt"] == "2026-09-22T07:00:00.000Z", "3 AM in New York"
    for _ in range(3):
        sim.control("POST", "clock", {"advance_s": 3601})
        answers = [sim.send(next(numbers)) for _ in range(15)]
    assert said(answers[-1]) == (400, 429, "LINE_DAILY_LIMIT_REACHED")
    assert [answer.status_code for answer in answers].count(202) == 5
    sim.control("POST", "clock", {"advance_s": 22 * 3600})
    assert sim.send(next(numbers)).status_code == 202, "a new day"


def test_five_messages_before_the_first_reply(sim: Simulation) -> None:
    stranger = "+14155550188"
    for _ in range(5):
        assert sim.send(stranger).status_code == 202
    assert said(sim.send(stranger)) == (400, 4000, "PRE_REPLY_LIMIT_REACHED")
    assert sim.send(stranger, pre_reply_override=True).status_code == 202
    assert said(sim.send(stranger, pre_reply_override=True))[2] == "PRE_REPLY_LIMIT_REACHED"
    sim.control("POST", "options", {"refusal_in_2xx": True, "error_code_as_text": True})
    assert said(sim.send(stranger)) == (202, "4000", "PRE_REPLY_LIMIT_REACHED")
    sim.control("POST", "inbound", {"from": stranger, "to": LINE, "content": "Who is this?"})
    assert sim.send(stranger).status_code == 202


def test_a_line_that_cannot_send_says_so(sim: Simulation) -> None:
    sim.control("POST", f"lines/{LINE}", {"status": "OFFLINE"})
    assert said(sim.send(MAYA)) == (503, 5503, None)
    sim.control("POST", f"lines/{LINE}", {"status": "ONLINE", "blocked": True})
    assert said(sim.send(MAYA))[0] == 403
    sim.control("POST", f"lines/{LINE}", {"blocked": False})
    assert said(sim.send("911"))[1] == 4002
    assert sim.send(MAYA).status_code == 202


def test_bursts_full_queues_and_too_many_requests(sim: Simulation) -> None:
    sim.control("POST", "clock", {"rate": 0})  # however slow the machine, it is one second
    sim.control("POST", "options", {"burst_per_s": 3})
    assert [sim.send(MAYA).status_code for _ in range(4)] == [202, 202, 202, 429]
    eventually(lambda: sim.control("GET", "state")["lines"][0]["queued"] == 0)
    sim.control("POST", "options", {"burst_per_s": 0, "queue_size": 2, "throughput_per_s": 0.05})
    statuses = [sim.send(MAYA).status_code for _ in range(5)]
    assert statuses.count(202) in (2, 3), "two may wait; the first leaves at once"
    assert statuses.count(202) + statuses.count(429) == 5
    answers = [sim.call("GET", "/api/v2/messages?limit=1") for _ in range(101)]
    assert [answer.status_code for answer in answers] == [200] * 100 + [429]
    assert int(answers[-1].headers["retry-after"]) <= 10
    sim.control("POST", "clock", {"advance_s": 10})
    assert sim.call("GET", "/api/v2/messages").status_code == 200


def test_a_line_sends_at_its_own_pace(sim: Simulation) -> None:
    sim.control("POST", "options", {"throughput_per_s": 10.0})
    handles = [sim.send(MAYA, f"{n}").json()["message_handle"] for n in range(5)]
    eventually(lambda: sim.status_of(handles[-1]) == "DELIVERED")
    rows = sim.call("GET", "/api/v2/messages", params={"number": MAYA, "limit": 5}).json()["data"]
    changed = [row["date_updated"] for row in reversed(rows)]
    assert changed == sorted(changed)
    took = float(changed[-1][17:23]) - float(changed[0][17:23])
    assert took % 60 >= 0.35, "five messages at ten a second"
