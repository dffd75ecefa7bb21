"""The switches for what the sources of the contract disagree on (its section 5)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.simulator.conftest import LINE, OTHER_LINE

if TYPE_CHECKING:
    from tests.simulator.conftest import Receiver, Simulation

MAYA, SAMUEL = "+15105550112", "+15105550153"
HOOK = "http://127.0.0.1:9/x"


def switch(sim: Simulation, **options: Any) -> None:
    sim.control("POST", "options", options)


def test_a_line_can_be_chosen_for_us(sim: Simulation) -> None:
    body = {"number": SAMUEL, "content": "Hello"}
    assert sim.call("POST", "/api/send-message", json=body).status_code == 400
    switch(sim, automatic_line_selection=True, send_status=200)
    answer = sim.call("POST", "/api/send-message", json=body)
    assert (answer.status_code, answer.json()["from_number"]) == (200, OTHER_LINE)


def test_registrations_are_refused_or_dropped(sim: Simulation) -> None:
    switch(sim, post_refuses_types=["typing_indicator"], put_drops_types=["typing_indicator"])
    typing = {"webhooks": [HOOK], "type": "typing_indicator"}
    refused = sim.call("POST", "/api/account/webhooks", json=typing)
    assert refused.status_code == 400
    assert "typing_indicator" not in refused.json()["message"]
    both = {"webhooks": {"typing_indicator": [HOOK], "receive": [HOOK]}}
    assert sim.call("PUT", "/api/account/webhooks", json=both).status_code == 200
    listed = sim.call("GET", "/api/account/webhooks").json()["webhooks"]
    assert listed == {"receive": [HOOK], "globalSecret": None}
    switch(sim, legacy_types=True, post_refuses_types=[])
    old = sim.call("POST", "/api/account/webhooks", json={**typing, "type": "call_completed"})
    assert old.json()["message"] == (
        "Invalid webhook type. Must be one of: receive, call_log, line_blocked, line_assigned, "
        "outbound, contact_created"
    )


def test_answers_in_their_other_shapes(sim: Simulation) -> None:
    switch(
        sim,
        contact_answers_doubled=True,
        group_numbers_as_list=True,
        modify_group_short_answer=True,
    )
    contact = sim.call("GET", f"/api/v2/contacts/{MAYA}").json()["contact"]
    assert contact["firstName"] == contact["first_name"] == "Maya"
    group = {"numbers": [MAYA, SAMUEL], "from_number": LINE, "content": "Hi"}
    sent = sim.call("POST", "/api/send-group-message", json=group).json()
    assert sent["number"] == sent["to_number"] == [MAYA, SAMUEL]
    modify = {
        "group_id": sent["group_id"],
        "modify_type": "add_recipient",
        "number": "+14155550133",
    }
    answer = sim.call("POST", "/api/modify-group", json=modify).json()
    assert answer == {"message": "Group modified", "status": "OK"}


def test_messages_are_read_when_receipts_are_on(sim: Simulation, receiver: Receiver) -> None:
    switch(sim, read_receipts=True)
    sim.send(MAYA, status_callback=receiver.url)
    assert [body["status"] for body in receiver.wait(3)] == ["SENT", "DELIVERED", "READ"]


def test_lookups_run_out(sim: Simulation) -> None:
    switch(sim, evaluations_per_hour=1)
    lookup = {"number": MAYA}
    answers = [sim.call("GET", "/api/evaluate-service", params=lookup) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429], "one an hour and line"


def test_a_code_that_is_written_back_is_approved(sim: Simulation) -> None:
    path = "/api/v2/verify/services/VS1/verifications"
    made = sim.call("POST", path, json={"to": MAYA}).json()
    sim.call("POST", "/v3/verified-contacts", json={"phone_number": MAYA})
    code = made["delivery_target"]["code"]
    sim.control("POST", "inbound", {"from": MAYA, "to": LINE, "content": code})
    assert sim.call("GET", f"{path}/{made['sid']}").json()["status"] == "approved"
    contact = sim.call("GET", f"/v3/verified-contacts/{MAYA}").json()["data"]["contact"]
    assert contact["verification_status"] == "verified"


def test_lines_without_receipts_places_and_facetime_say_so(sim: Simulation) -> None:
    switch(sim, mark_read_enabled=False, location_enabled=False, facetime_enabled=False)
    person = {"number": MAYA, "from_number": LINE}
    for path, body in (
        ("/api/mark-read", person),
        ("/api/request-location", person),
        ("/facetime/start-call", {"phoneNumber": MAYA, "fromNumber": LINE}),
    ):
        refused = sim.call("POST", path, json=body)
        assert refused.status_code == 400, path
        assert refused.json()["message"], path
    looked = sim.call("GET", f"/api/location/{MAYA}?from_number={LINE.replace('+', '%2B')}")
    assert looked.status_code == 400
    for longest, status in (("long", 400), (0, 400), (12_000, 200)):
        dots = {**person, "state": "start", "max_duration_ms": longest}
        answer = sim.call("POST", "/api/send-typing-indicator", json=dots)
        assert answer.status_code == status, longest
