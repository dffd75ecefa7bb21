"""The official SDK keeps contacts, webhooks, lines, secrets, tokens and verifications."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

import pytest
from sendblue_api import APIStatusError, ConflictError, NotFoundError, SendblueAPI

from tests.simulator.conftest import KEYS, LINE, OTHER_LINE

if TYPE_CHECKING:
    from tests.simulator.conftest import Receiver, Simulation

MAYA, NEWCOMER = "+15105550112", "+14155550180"


def test_a_contact_lives_and_goes(sdk: SendblueAPI, sim: Simulation, receiver: Receiver) -> None:
    sdk.webhooks.create(webhooks=[f"{receiver.url}/created"], type="contact_created")
    before = sdk.contacts.count().count or 0
    sdk.contacts.create(number=NEWCOMER, body_first_name_1="Ada", custom_variables={"a": "1"})
    (told,) = receiver.wait(1, "/created")
    assert told["phone"] == NEWCOMER
    with pytest.raises(ConflictError):
        sdk.contacts.create(number=NEWCOMER, body_first_name_1="Eva")
    sdk.contacts.create(number=NEWCOMER, body_last_name_2="Quill", update_if_exists=True)
    sdk.contacts.update(NEWCOMER, custom_variables={"b": "2"}, body_company_name_1="Quill & Co")
    ada = sdk.contacts.retrieve(NEWCOMER).contact
    assert ada is not None
    assert (ada.first_name, ada.last_name, ada.company_name) == ("Ada", "Quill", "Quill & Co")
    assert ada.custom_variables == {"a": "1", "b": "2"}, "variables are merged"
    assert sdk.contacts.count().count == before + 1
    assert sdk.contacts.opt_out(number=NEWCOMER).opted_out is True
    refused = sim.send(NEWCOMER)
    assert (refused.status_code, refused.json()["error_message"]) == (400, "OPTED_OUT")
    assert refused.json()["error_reason"] == "SpamRule"
    sdk.contacts.update(NEWCOMER, body_opt_out_1=False)
    assert sim.send(NEWCOMER).status_code == 202
    assert sdk.contacts.verify(number=NEWCOMER).status == "OK"
    sdk.contacts.delete(NEWCOMER)
    with pytest.raises(NotFoundError):
        sdk.contacts.retrieve(NEWCOMER)


def test_contacts_in_bulk(sdk: SendblueAPI, sim: Simulation) -> None:
    sim.reset(contacts=[])
    rows = [{"phone": f"+1415555{n:04d}", "first_name": f"P{n:04d}"} for n in range(2300)]
    made = sdk.contacts.bulk.create(contacts=rows)
    assert len(made.contacts or []) == 2300
    pages = [
        sdk.contacts.list(limit=1000, offset=offset, order_by="phone", order_direction="asc")
        for offset in (0, 1000, 2000)
    ]
    assert [len(page) for page in pages] == [1000, 1000, 300]
    assert [c.phone for page in pages for c in page] == [row["phone"] for row in rows]
    (one,) = sdk.contacts.list(phone_number=rows[7]["phone"])
    assert one.first_name == "P0007"
    gone = sdk.contacts.bulk.delete(contact_ids=[rows[0]["phone"], rows[1]["phone"], "+1999"])
    assert gone.amount == 2
    assert sdk.contacts.count().count == 2298


def test_webhooks_are_appended_replaced_and_removed(sdk: SendblueAPI, sim: Simulation) -> None:
    hook = "http://127.0.0.1:9/receive"
    sdk.webhooks.create(webhooks=[hook], type="receive", global_secret="one")
    sdk.webhooks.create(webhooks=[hook, "http://example.test/x"], type="receive")
    listed = sdk.webhooks.list().webhooks
    assert listed is not None
    # Twice the same stays twice; an address that is not this machine is upgraded to https.
    assert listed.receive == [hook, hook, "https://example.test/x"]
    assert listed.global_secret == "one"
    entry = {"url": hook, "secret": "own", "sendblue_numbers": [LINE]}
    sdk.webhooks.update(webhooks={"receive": [entry], "outbound": [hook]})  # type: ignore[list-item]
    state = sim.control("GET", "state")["webhooks"]
    assert state == {"receive": [entry], "outbound": [hook], "globalSecret": None}
    sdk.webhooks.delete(webhooks=[hook], type="outbound")
    assert not sim.control("GET", "state")["webhooks"]["outbound"]
    wrong = sim.call("POST", "/api/account/webhooks", json={"webhooks": [hook], "type": "x"})
    assert wrong.status_code == 400
    assert wrong.json()["message"].startswith("Invalid webhook type. Must be one of: receive, ")


def test_lines_show_state_usage_and_forwarding(sdk: SendblueAPI, sim: Simulation) -> None:
    sim.control("POST", f"lines/{OTHER_LINE}", {"status": "DEGRADED"})
    states = {row.sendblue_number: row.status for row in sdk.lines.get_state().data}
    assert states == {LINE: "ONLINE", OTHER_LINE: "DEGRADED"}
    for n in range(3):
        assert sim.send(f"+1415555018{n}").status_code == 202
    usage = {row.phone: row for row in sdk.lines.get_usage().lines}
    assert usage[LINE].hourly.used == 3
    assert usage[LINE].daily.remaining == 47
    assert usage[OTHER_LINE].hourly.used == 0
    known = sdk.lines.get_contact_status(number=MAYA, sendblue_number=LINE)
    assert (known.classification, known.known_contact) == ("known", True)
    new = sdk.lines.get_contact_status(number="+14155550189", sendblue_number=LINE)
    assert new.classification == "new"
    calls = sdk.lines.call_forwarding
    assert calls.update(LINE, forwarding_number=NEWCOMER).forwarding_number == NEWCOMER
    assert calls.retrieve(LINE).forwarding_number == NEWCOMER
    calls.delete(LINE)
    assert calls.delete(LINE).forwarding_number is None


# RFC 6238, appendix B.
RFC_KEYS = {
    "SHA1": b"12345678901234567890",
    "SHA256": b"12345678901234567890123456789012",
    "SHA512": b"1234567890123456789012345678901234567890123456789012345678901234",
}
RFC_CODES = {
    59: ("94287082", "46119246", "90693936"),
    1111111109: ("07081804", "68084774", "25091201"),
    1111111111: ("14050471", "67062674", "99943326"),
    1234567890: ("89005924", "91819424", "93441116"),
    2000000000: ("69279037", "90698825", "38618901"),
    20000000000: ("65353130", "77737706", "47863826"),
}


def test_one_time_codes_are_those_of_rfc_6238(sdk: SendblueAPI, sim: Simulation) -> None:
    ids = []
    for algorithm, key in RFC_KEYS.items():
        secret = base64.b32encode(key).decode().rstrip("=")
        uri = f"otpauth://totp/Shop:{algorithm}?secret={secret}&algorithm={algorithm}&digits=8"
        made = sdk.v2.totp.secrets.create(uri=uri).totp_secret
        assert made is not None
        assert (made.label, made.issuer, made.secret) == (algorithm, "Shop", secret)
        ids.append(made.id or "")
    for moment, codes in RFC_CODES.items():
        sim.control("POST", "clock", {"set": moment})
        shown = [sdk.v2.totp.get_code(secret_id) for secret_id in ids]
        assert tuple(one.code for one in shown) == codes
        assert shown[0].expires_in == 30 - moment % 30
    listed = sdk.v2.totp.secrets.list().totp_secrets
    assert [one.label for one in listed or []] == list(RFC_KEYS)
    assert sim.control("GET", "state")["totp_secrets"] == list(RFC_KEYS)
    sdk.v2.totp.secrets.delete(ids[0])
    with pytest.raises(NotFoundError):
        sdk.v2.totp.get_code(ids[0])


def test_seats_sign_messages(sdk: SendblueAPI, sim: Simulation) -> None:
    seats = sdk.v2.seats.list()
    assert sdk.v2.seats.count().count == len(seats) == 2
    seat = sdk.v2.seats.retrieve(seats[0].seat_id or "").seat
    assert seat is not None
    sent = sdk.messages.send(
        number=MAYA, from_number=LINE, content="Hi", seat_id=seat.seat_id or ""
    )
    assert sent.sender_email == seat.email
    with pytest.raises(APIStatusError, match="Seat not found"):
        sdk.messages.send(number=MAYA, from_number=LINE, content="Hi", seat_id="nobody")


def test_temporary_tokens_open_and_expire(sdk: SendblueAPI, sim: Simulation) -> None:
    whole = sdk.auth.tokens.create(expires_in_seconds=60)
    limited = sdk.auth.tokens.create(phone_numbers=[LINE])

    def status(token: str, path: str = "/api/v2/lines/usage") -> int:
        headers = {"Authorization": f"Bearer {token}"}
        return sim.http.get(path, headers=headers).status_code

    assert status(whole.token) == 200
    assert status(limited.token) == 403
    assert status(limited.token, "/api/lines") == 200
    sim.control("POST", "clock", {"advance_s": 61})
    assert status(whole.token) == 401
    sdk.auth.tokens.revoke(limited.token_id)
    assert status(limited.token, "/api/lines") == 401


def test_verified_contacts_and_verifications(sdk: SendblueAPI, sim: Simulation) -> None:
    made = sdk.verified_contacts.create(phone_number=NEWCOMER).data
    assert made is not None and made.contact is not None
    assert made.contact.verification_status == "pending"
    listed = sdk.verified_contacts.list().data
    assert listed is not None
    assert [row.phone_number for row in listed.contacts or []] == [NEWCOMER]
    found_again = sdk.verified_contacts.retrieve(NEWCOMER).data
    assert found_again is not None and found_again.contact is not None
    sim.control("POST", "options", {"verified_contacts_only": True})
    assert sim.send(NEWCOMER).status_code == 403
    sdk.contacts.verify(number=NEWCOMER)
    assert sim.send(NEWCOMER).status_code == 202

    service = sdk.verify.verifications
    sid = service.create("VS1", to=NEWCOMER).sid
    also = sdk.messages.v2.verify.services.verifications.create("VS1", to=MAYA).sid
    assert service.retrieve(sid, service_sid="VS1").status == "pending"
    sim.control("POST", "clock", {"advance_s": 601})
    found = sdk.messages.v2.verify.services.verifications.retrieve(also, service_sid="VS1")
    assert found.status == "expired"
    assert {row.sid for row in service.list().data} == {sid, also}
    basic = (KEYS["sb-api-key-id"], KEYS["sb-api-secret-key"])
    assert sim.http.get("/api/v2/verify/verifications", auth=basic).status_code == 200
    assert sim.http.get("/api/lines", auth=basic).status_code == 401
