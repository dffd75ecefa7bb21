"""The operations that the SDK does not have, by plain HTTP."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from PIL import Image

from tests.simulator.conftest import LINE, OTHER_LINE, eventually

if TYPE_CHECKING:
    from tests.simulator.conftest import Receiver, Simulation

MAYA, WALTER = "+15105550112", "+13125550137"


def test_tapbacks_and_read_receipts(sim: Simulation) -> None:
    (handle,) = sim.control("POST", "inbound", {"from": MAYA, "to": LINE, "content": "Hi"})[
        "handles"
    ]
    reaction = {"from_number": LINE, "message_handle": handle, "reaction": "laugh"}
    answer = sim.call("POST", "/api/send-reaction", json=reaction)
    assert answer.json() == {
        "status": "OK",
        "message": "Reaction request sent",
        "message_handle": handle,
        "reaction": "laugh",
    }
    read = {"number": MAYA, "from_number": LINE}
    answer = sim.call("POST", "/api/mark-read", json=read)
    assert answer.json() == {"status": "OK", "message": "Mark read request sent", "number": MAYA}
    sim.control("POST", "options", {"mark_read_enabled": False})
    assert sim.call("POST", "/api/mark-read", json=read).status_code == 400


def test_an_upload_is_served_again(sim: Simulation) -> None:
    file = {"file": ("note.caf", b"opus" * 1000, "audio/x-caf")}
    answer = sim.call("POST", "/api/upload-file", files=file)
    assert answer.status_code == 201
    uploaded = answer.json()
    assert uploaded["mediaObjectId"].startswith("MO_")
    assert uploaded["media_url"].endswith(".caf")
    served = sim.http.get(uploaded["media_url"])
    assert (served.content, served.headers["content-type"]) == (b"opus" * 1000, "audio/x-caf")
    assert sim.send(MAYA, "", media_url=uploaded["media_url"]).status_code == 202
    sim.control("POST", "options", {"max_media_bytes": 10})
    assert sim.call("POST", "/api/upload-file", files=file).status_code == 400


def test_form_bodies_are_taken_too(sim: Simulation) -> None:
    form = {"number": MAYA, "from_number": LINE, "content": "Hello"}
    assert sim.call("POST", "/api/send-message", data=form).status_code == 202
    assert sim.ledger("/api/send-message")[0]["body"] == form


def test_group_photos_are_looked_at(sim: Simulation) -> None:
    people = {"numbers": [MAYA, WALTER], "from_number": LINE}
    group_id = sim.call("POST", "/api/create-group", json=people).json()["group_id"]
    path = f"/api/v2/groups/{group_id}/photo"
    out = io.BytesIO()
    Image.new("RGB", (8, 8)).save(out, "PNG")
    answer = sim.call("POST", path, files={"file": ("p.png", out.getvalue(), "image/png")})
    photo = answer.json()["data"]["group_photo"]
    assert sim.http.get(photo["url"]).content == out.getvalue()
    wrong = sim.call("POST", path, files={"file": ("p.png", b"GIF89a?", "image/png")})
    assert wrong.status_code == 400
    assert sim.call("POST", path, json={"photo_url": None}).json()["data"]["group_photo"] is None
    modify = {"group_id": group_id, "modify_type": "remove_recipient", "number": MAYA}
    assert sim.call("POST", "/api/modify-group", json=modify).status_code == 400
    own = {"group_id": group_id, "modify_type": "add_recipient", "number": OTHER_LINE}
    answer = sim.call("POST", "/api/modify-group", json=own)
    assert answer.json()["error"] == "ambiguous_sending_line"


def test_name_and_photo_of_a_line(sim: Simulation, receiver: Receiver) -> None:
    hooks = {"webhooks": [receiver.url], "type": "contact_profile"}
    sim.call("POST", "/api/account/webhooks", json=hooks)
    params = {"fromNumber": LINE}
    state = sim.call("GET", "/api/v2/contact-sharing/state", params=params).json()
    assert state["data"] == {"hasProfile": False}
    profile = {"fromNumber": LINE, "firstName": "Juniper", "photoUrl": "https://example.test/p"}
    sim.call("POST", "/api/v2/contact-sharing/profile", json=profile)
    state = sim.call("GET", "/api/v2/contact-sharing/state", params=params).json()
    assert state["data"] == {"hasProfile": True, "firstName": "Juniper"}
    assert receiver.wait(1)[0]["sendblue_number"] == LINE


def test_lines_are_bought_and_asked_for(sim: Simulation) -> None:
    before = sim.call("GET", "/api/lines").json()["numbers"]
    assert before == [LINE, OTHER_LINE]
    token = sim.call("POST", "/accounts/lines/provision-preview").json()["preview_token"]
    confirm = {"preview_token": token}
    bought = sim.call("POST", "/accounts/lines/provision-confirm", json=confirm).json()
    again = sim.call("POST", "/accounts/lines/provision-confirm", json=confirm)
    assert again.status_code == 400
    late = sim.call("POST", "/accounts/lines/provision-preview").json()["preview_token"]
    sim.control("POST", "clock", {"advance_s": 601})
    confirm = {"preview_token": late}
    assert sim.call("POST", "/accounts/lines/provision-confirm", json=confirm).status_code == 400
    assert sim.call("GET", "/api/lines").json()["numbers"] == [*before, bought["sendblue_number"]]
    wish = {"line_request_type": "phone", "desired_area_code": "415"}
    request_id = sim.call("POST", "/accounts/lines/add-line", json=wish).json()["id"]
    path = f"/accounts/lines/line-request/{request_id}"
    assert [sim.call("GET", path).json()["status"] for _ in range(2)] == ["OPEN", "FULFILLED"]
    assert len(sim.call("GET", "/api/lines").json()["numbers"]) == 4
    assert sim.call("GET", "/accounts/lines/available-area-codes").json()["area_codes"]


def test_the_account_and_what_belongs_to_it(sim: Simulation) -> None:
    for path in ("/account", "/accounts", "/accounts/me"):
        assert sim.call("GET", path).json()["email"] == "owner@example.test"
    child = {"company_name": "Harbor Street Coffee", "primary_email": "owner@harbor.example"}
    made = sim.call("POST", "/accounts/lines/request-child-account", json=child).json()["data"]
    assert made["api_key"] and made["api_secret"]
    added = {"recipient": "+14155550181"}
    answer = sim.call("POST", "/accounts/verify-contact-on-shared-account", json=added)
    assert answer.json()["route"] == {"id": 1, "number": "+14155550181", "verified": False}
    shared = sim.call("GET", "/accounts/shared-contacts").json()["contacts"]
    assert [row["number"] for row in shared] == ["+14155550181"]
    call = {"phoneNumber": MAYA, "fromNumber": LINE}
    assert sim.call("POST", "/facetime/start-call", json=call).json()["agora"]["channelName"]


def test_a_blocked_contact_is_not_announced(sim: Simulation, receiver: Receiver) -> None:
    hooks = {"webhooks": {"receive": [receiver.url]}}
    sim.call("PUT", "/api/v2/account/webhooks", json=hooks)
    sim.call("POST", "/api/v2/block", json={"number": MAYA})
    sim.control("POST", "inbound", {"from": MAYA, "to": LINE, "content": "unheard"})
    sim.control("POST", "inbound", {"from": WALTER, "to": LINE, "content": "heard"})
    assert [body["content"] for body in receiver.wait(1)] == ["heard"]
    rows = sim.call("GET", "/api/v2/messages?limit=2").json()["data"]
    assert [row["content"] for row in rows] == ["heard", "unheard"]
    eventually(lambda: len(sim.control("GET", "deliveries")["entries"]) == 1)
