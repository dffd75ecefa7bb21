"""Webhooks: who gets them, with which secret, how often, and what becomes of a message."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.simulator.conftest import LINE, OTHER_LINE, Receiver, eventually

if TYPE_CHECKING:
    from tests.simulator.conftest import Simulation

MAYA = "+15105550112"
# Contract 3.2: the fields of live captures.
CAPTURED = {
    "accountEmail",
    "content",
    "is_outbound",
    "status",
    "error_code",
    "error_message",
    "error_reason",
    "message_handle",
    "date_sent",
    "date_updated",
    "from_number",
    "number",
    "to_number",
    "was_downgraded",
    "plan",
    "media_url",
    "message_type",
    "group_id",
    "participants",
    "send_style",
    "opted_out",
    "error_detail",
    "sendblue_number",
    "service",
    "group_display_name",
}


def register(sim: Simulation, **kinds: Any) -> None:
    answer = sim.call("PUT", "/api/account/webhooks", json={"webhooks": kinds})
    assert answer.json()["message"] == "Webhooks updated successfully"


def inbound(sim: Simulation, **fields: Any) -> list[str]:
    return sim.control("POST", "inbound", {"from": MAYA, "to": LINE, "content": "Hi", **fields})[
        "handles"
    ]


def attempts(sim: Simulation) -> list[dict[str, Any]]:
    return sim.control("GET", "deliveries")["entries"]


def test_an_inbound_message_has_every_field_of_the_captures(
    sim: Simulation, receiver: Receiver
) -> None:
    register(sim, receive=[f"{receiver.url}/receive"])
    (handle,) = inbound(sim, media_url=f"{sim.url}/media/parcel.jpg", content="")
    (body,) = receiver.wait(1)
    assert set(body) >= CAPTURED
    assert body["message_handle"] == handle == handle.upper()
    assert (body["content"], body["group_id"], body["send_style"]) == ("", "", "")
    assert (body["from_number"], body["to_number"], body["status"]) == (MAYA, LINE, "RECEIVED")
    picture = sim.http.get(body["media_url"])
    assert picture.headers["content-type"] == "image/jpeg"
    assert picture.content.startswith(b"\xff\xd8")
    read = sim.call("GET", f"/api/v2/messages/{handle}").json()["data"]
    assert (read["group_id"], read["send_style"]) == (None, None), "reads say null"
    sim.control("POST", "options", {"inbound_from_line": True})
    inbound(sim)
    assert receiver.wait(2)[1]["from_number"] == LINE


def test_secrets_travel_with_webhooks_but_not_with_status_callbacks(
    sim: Simulation, receiver: Receiver
) -> None:
    url = receiver.url
    register(
        sim,
        receive=[{"url": f"{url}/own", "secret": "own"}, f"{url}/global"],
        outbound=[f"{url}/outbound"],
        globalSecret="everybody's",
    )
    inbound(sim)
    sim.send(MAYA, status_callback=f"{url}/status/token")
    for path in ("/own", "/global"):
        receiver.wait(1, path)
    assert receiver.wait(2, "/outbound") == receiver.wait(2, "/status")
    secrets = {path: headers.get("sb-signing-secret") for path, headers, _ in receiver.arrived}
    assert secrets == {
        "/own": "own",
        "/global": "everybody's",
        "/outbound": "everybody's",
        "/status/token": None,
    }
    assert [body["status"] for body in receiver.at("/outbound")] == ["SENT", "DELIVERED"]


def test_receive_hooks_can_be_kept_to_lines(sim: Simulation, receiver: Receiver) -> None:
    entry = {"url": f"{receiver.url}/other", "sendblue_numbers": [OTHER_LINE]}
    register(sim, receive=[entry, f"{receiver.url}/all", f"{receiver.url}/all"])
    inbound(sim)
    (handle,) = inbound(sim, to=OTHER_LINE)
    assert len(receiver.wait(4, "/all")) == 4, "registered twice, delivered twice"
    assert [body["message_handle"] for body in receiver.wait(1, "/other")] == [handle]


def test_server_errors_are_tried_again_and_refusals_are_not(
    sim: Simulation, receiver: Receiver
) -> None:
    register(sim, receive=[receiver.url])
    receiver.answers = [500, 503, 200]
    (first,) = inbound(sim)
    receiver.wait(3)
    receiver.answers = [401]
    (second,) = inbound(sim)
    eventually(lambda: len(attempts(sim)) == 4)
    tried = [(row["message_handle"], row["attempt"], row["status"]) for row in attempts(sim)]
    assert tried == [(first, 1, 500), (first, 2, 503), (first, 3, 200), (second, 1, 401)]
    sim.control("POST", "options", {"retry_on": "non_2xx"})
    receiver.answers = [401]
    inbound(sim)
    assert len(receiver.wait(6)) == 6


def test_nothing_leaves_this_machine(sim: Simulation, receiver: Receiver) -> None:
    register(sim, receive=["https://example.com/hook", "http://10.0.0.1/hook", receiver.url])
    inbound(sim)
    receiver.wait(1)
    eventually(lambda: len(attempts(sim)) == 3)
    statuses = {row["url"]: (row["status"], row["error"]) for row in attempts(sim)}
    assert statuses.pop(receiver.url) == (200, None)
    assert set(statuses.values()) == {(None, "not an address of this machine")}


def test_deliveries_double_drop_pause_and_shuffle(sim: Simulation, receiver: Receiver) -> None:
    register(sim, receive=[receiver.url])
    sim.control("POST", "deliveries", {"paused": True, "duplicate": 1.0})
    handles = inbound(sim, count=20, content="number {n}")
    assert receiver.arrived == []
    sim.control("POST", "deliveries", {"paused": False, "duplicate": 0, "shuffle_within_s": 0.3})
    assert len({body["message_handle"] for body in receiver.wait(40)}) == 20
    receiver.arrived.clear()
    sent = inbound(sim, count=30)
    came = [body["message_handle"] for body in receiver.wait(30)]
    assert sorted(came) == sorted(sent)
    assert came != sent, "shuffled"
    sim.control("POST", "deliveries", {"shuffle_within_s": 0, "drop": 1})
    (lost,) = inbound(sim)
    errors = {row["message_handle"]: row["error"] for row in attempts(sim)}
    assert errors[lost] == "dropped on purpose"
    assert sim.call("GET", f"/api/v2/messages/{handles[6]}").json()["data"]["content"] == "number 7"


@pytest.mark.parametrize(
    ("ending", "statuses"),
    [
        ("90", ["ERROR"]),
        ("91", ["ERROR"]),
        ("92", ["DECLINED"]),
        ("93", ["SENT"]),
        ("94", ["SENT"]),
        ("96", []),
        ("97", ["SENT", "ERROR"]),
        ("98", ["SENT", "DELIVERED"]),
        ("99", ["DELIVERED"]),
    ],
)
def test_the_last_digits_of_a_number_decide_its_fate(
    sim: Simulation, receiver: Receiver, ending: str, statuses: list[str]
) -> None:
    callback = f"{receiver.url}/status"
    handle = sim.send(f"+141555501{ending}", status_callback=callback).json()["message_handle"]
    receiver.wait(len(statuses), "/status")
    # A later message of an ordinary person overtakes nobody: then all has been said.
    last = sim.send(MAYA, status_callback=f"{receiver.url}/last").json()["message_handle"]
    receiver.wait(2, "/last")
    assert [body["status"] for body in receiver.at("/status")] == statuses
    assert sim.status_of(handle) == (statuses or ["QUEUED"])[-1]
    assert sim.status_of(last) == "DELIVERED"


def test_people_react_reply_and_gather(sim: Simulation, receiver: Receiver) -> None:
    register(sim, receive=[receiver.url])
    handle = sim.send(MAYA, "It ships today.").json()["message_handle"]
    inbound(sim, reaction={"to": handle, "kind": "love"})
    inbound(sim, reaction={"to": handle, "kind": "👀"})
    inbound(sim, reply_to={"message_handle": handle})
    inbound(sim, service="SMS", participants=["+14155550133"])
    told = {body["content"]: body for body in receiver.wait(4)}
    assert {"Loved “It ships today.”", "Reacted 👀 to “It ships today.”"} <= set(told)
    bodies = receiver.at("")
    (group,) = [body for body in bodies if body["message_type"] == "group"]
    assert set(group["participants"]) == {MAYA, "+14155550133", LINE}
    assert (group["service"], group["group_display_name"]) == ("SMS", "")
    (reply,) = [body for body in bodies if "reply_to" in body]
    assert reply["reply_to"]["message_handle"] == handle


def test_events_of_every_kind_can_be_made(sim: Simulation, receiver: Receiver) -> None:
    kinds = ("typing_indicator", "call_log", "line_blocked", "line_assigned")
    register(sim, **{kind: [f"{receiver.url}/{kind}"] for kind in kinds})
    sim.control("POST", "typing", {"from": MAYA, "to": LINE, "is_typing": True})
    (dots,) = receiver.wait(1, "/typing_indicator")
    assert (dots["number"], dots["from_number"], dots["is_typing"]) == (MAYA, LINE, True)
    sim.control("POST", "event", {"kind": "call_log", "payload": {"call_id": "c1"}})
    assert receiver.wait(1, "/call_log") == [{"call_id": "c1"}]
    sim.control("POST", f"lines/{LINE}", {"blocked": True})
    assert receiver.wait(1, "/line_blocked")[0]["sendblue_number"] == LINE
    sim.control("POST", f"lines/{LINE}", {"blocked": False})
    receiver.wait(1, "/line_assigned")
    assert sim.http.post("/_sim/event", json={"kind": "weather"}).status_code == 400


def test_a_message_can_be_moved_by_hand(sim: Simulation, receiver: Receiver) -> None:
    register(sim, outbound=[receiver.url])
    handle = sim.send("+14155550196").json()["message_handle"]
    wish = {
        "message_handle": handle,
        "status": "ERROR",
        "error_code": 5509,
        "error_detail": "slow down",
    }
    sim.control("POST", "status", wish)
    (told,) = receiver.wait(1)
    assert (told["status"], told["error_code"], told["error_detail"]) == (
        "ERROR",
        5509,
        "slow down",
    )
    assert sim.status_of(handle) == "ERROR"
