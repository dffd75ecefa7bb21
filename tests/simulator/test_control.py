"""The program itself: command line, log, control door, seeds, people, size."""

from __future__ import annotations

import time
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from sendblue_api import SendblueAPI

from tests.simulator.conftest import KEYS, LINE, OTHER_LINE, eventually, running

if TYPE_CHECKING:
    from tests.simulator.conftest import Receiver, Simulation

MAYA = "+15105550112"


def test_the_log_has_a_line_a_request_and_nothing_private(sim: Simulation) -> None:
    printed = len(sim.printed)
    sim.send(MAYA, "The secret ingredient is thyme")
    sim.call("GET", f"/api/v2/contacts/{MAYA}")
    sim.call("GET", "/api/v2/messages", params={"number": MAYA})
    lines = eventually(lambda: len(sim.printed) >= printed + 3 and sim.printed[printed:])
    assert sim.printed[0] == f"Simulator on {sim.url}\n"
    assert [line.split()[:4] for line in lines] == [
        ["POST", "/api/send-message", "202", "accepted"],
        ["GET", "/api/v2/contacts/…", "200", "accepted"],
        ["GET", "/api/v2/messages", "200", "accepted"],
    ]
    assert "5105550112" not in "".join(lines)


def test_the_seeded_shop_is_the_same_for_everybody(sim: Simulation) -> None:
    state = sim.control("GET", "state")
    assert [line["number"] for line in state["lines"]] == [LINE, OTHER_LINE]
    assert len(state["contacts"]) == 13
    rows = sim.call("GET", "/api/v2/messages?limit=1000").json()["data"]
    assert state["messages"] == len(rows) > 60
    assert {row["service"] for row in rows} == {"iMessage", "SMS", "RCS"}
    assert any(row["status"] == "ERROR" for row in rows)
    dates = [row["date_sent"] for row in rows]
    assert dates == sorted(dates, reverse=True)
    pictures = [row["media_url"] for row in rows if row["media_url"]]
    assert len(pictures) == 3
    assert all(sim.http.get(url).headers["content-type"] == "image/jpeg" for url in pictures)
    handles = [row["message_handle"] for row in rows]
    sim.reset()
    again = sim.call("GET", "/api/v2/messages?limit=1000").json()["data"]
    assert [row["message_handle"] for row in again] == handles
    sim.reset(seed=2)
    other = sim.call("GET", "/api/v2/messages?limit=1000").json()["data"]
    assert not {row["message_handle"] for row in other} & set(handles)


def test_a_reset_keeps_registrations_unless_told(sim: Simulation) -> None:
    hooks = {"receive": ["http://127.0.0.1:9/x"], "globalSecret": "s"}
    sim.call("PUT", "/api/account/webhooks", json={"webhooks": hooks})
    sim.control("POST", "reset", {"lines": ["+14155550160"], "contacts": [], "messages": []})
    state = sim.control("GET", "state")
    assert state["webhooks"] == hooks
    assert [line["number"] for line in state["lines"]] == ["+14155550160"]
    assert (state["contacts"], state["messages"]) == ([], 0)
    sim.control("POST", "reset", {"webhooks": {}})
    assert sim.control("GET", "state")["webhooks"] == {"globalSecret": None}


def test_the_ledger_counts_on_and_filters(sim: Simulation) -> None:
    sim.call("GET", "/api/lines")
    handle = sim.send(MAYA).json()["message_handle"]
    sim.call("GET", "/api/lines")
    entries = sim.control("GET", "ledger")["entries"]
    assert [entry["n"] for entry in entries] == [1, 2, 3]
    assert entries[1]["message_handle"] == handle
    assert entries[1]["body"]["number"] == MAYA
    assert [e["n"] for e in sim.control("GET", "ledger", since=1)["entries"]] == [2, 3]
    only = sim.control("GET", "ledger", since=1, path="/api/lines")["entries"]
    assert [entry["n"] for entry in only] == [3]


def test_time_can_be_pushed_and_hurried(sim: Simulation) -> None:
    before = sim.control("GET", "state")["clock"]["now"]
    after = sim.control("POST", "clock", {"advance_s": 3600})["now"]
    assert 3600 <= after - before < 3610
    sim.control("POST", "clock", {"rate": 1000})
    eventually(lambda: sim.control("GET", "state")["clock"]["now"] > after + 100, 5)


def test_wrong_wishes_are_explained(sim: Simulation) -> None:
    for path, body, text in (
        ("options", {"sent_after": 1}, "unknown option 'sent_after'"),
        ("options", {"plan": 1}, "option 'plan' wants str"),
        ("deliveries", {"twice": 1}, "unknown delivery setting 'twice'"),
        ("typing", {}, "missing field 'from'"),
    ):
        answer = sim.http.post(f"/_sim/{path}", json=body)
        assert answer.status_code == 400
        assert text in answer.json()["error"]
    assert sim.http.post("/_sim/inbound", content=b"{").status_code == 400
    assert sim.http.post("/_sim/reset", json={"options": {"plan": 1}}).status_code == 400
    assert sim.control("GET", "state")["messages"] > 60, "nothing was lost over it"
    assert sim.http.get("/_sim/nothing").status_code == 404


def test_people_answer_in_their_own_time(sim: Simulation, receiver: Receiver) -> None:
    hooks = {"receive": [f"{receiver.url}/said"], "typing_indicator": [f"{receiver.url}/dots"]}
    sim.call("PUT", "/api/account/webhooks", json={"webhooks": hooks})
    sim.control("POST", "people", {"enabled": True, "talkativeness": 200})
    for n in range(8):
        sim.send(MAYA, f"Does Thursday {n} suit you?")
        sim.send("+14155550118", f"Your parcel {n} is on its way")
        eventually(lambda: not any(p["typing"] for p in sim.control("GET", "state")["people"]))
    told = receiver.wait(8, "/said")
    assert {body["number"] for body in told} >= {MAYA, "+14155550118"}
    assert all(body["content"] for body in told)
    dots = receiver.wait(8, "/dots")
    assert {body["is_typing"] for body in dots} == {True, False}
    sim.control("POST", "people", {"enabled": False})


def test_ten_thousand_people_write_at_once(sim: Simulation, receiver: Receiver) -> None:
    sim.reset(contacts=1000, messages=100_000, options={"webhook_concurrency": 4})
    assert sim.control("GET", "state")["messages"] == 100_000
    handles = sim.control("POST", "inbound", {"from": MAYA, "to": LINE, "count": 10_000})["handles"]
    assert len(set(handles)) == 10_000
    oldest = {"number": MAYA, "limit": 1, "offset": 9_999}
    since = sim.call("GET", "/api/v2/messages", params=oldest).json()["data"][0]["date_updated"]
    rows: list[dict[str, Any]] = []
    while True:
        params = {
            "updated_at_gte": since,
            "order_by": "updatedAt",
            "order_direction": "asc",
            "limit": 1000,
            "offset": len(rows),
        }
        page = sim.call("GET", "/api/v2/messages", params=params).json()
        rows += page["data"]
        if not page["pagination"]["hasMore"]:
            break
    assert [row["message_handle"] for row in rows] == handles
    assert all(a["date_sent"] < b["date_sent"] for a, b in pairwise(rows))
    started = time.perf_counter()
    for _ in range(10):
        poll = {"is_outbound": "false", "sendblue_number": LINE, "limit": 100}
        assert sim.call("GET", "/api/v2/messages", params=poll).status_code == 200
    assert time.perf_counter() - started < 5, "a filtered list over 110,000 messages stays quick"


def test_the_sdk_profile_knows_the_placeholders_of_the_sdk() -> None:
    with (
        running("--profile", "sdk", "--address", "http://sim:1") as sim,
        SendblueAPI(
            api_key=KEYS["sb-api-key-id"],
            api_secret=KEYS["sb-api-secret-key"],
            base_url=sim.url,
            max_retries=0,
            _strict_response_validation=True,
        ) as sdk,
    ):
        assert sdk.messages.send(number="number", from_number="from_number").status == "QUEUED"
        assert sdk.messages.retrieve("msg_abc123def456").data is not None
        assert sdk.contacts.retrieve("+1234567890").status == "OK"
        assert sdk.v2.groups.retrieve("group_123456").status == "OK"
        assert sdk.lines.call_forwarding.retrieve("+19998887777").sendblue_number
        assert sdk.typing_indicators.send(number="number", from_number="x").status == "SENT"
        file = {"file": ("a.txt", b"a", "text/plain")}
        upload = sim.call("POST", "/api/upload-file", files=file).json()
        assert upload["media_url"].startswith("http://sim:1/media/MO_")
