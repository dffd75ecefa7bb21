"""The client against the simulator, which was written from the same contract by other hands.

What only reads also runs against a real account when SENDBLUE_LIVE=1 is set beside its keys.
"""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor, wait
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from sendblue_inbox.sendblue.client import Client, client_from_settings
from sendblue_inbox.sendblue.errors import (
    BadCredentials,
    Rejected,
)
from sendblue_inbox.sendblue.payloads import ContactRow, WebhookEntry, Webhooks
from sendblue_inbox.sendblue.terms import WEBHOOK_KINDS

if TYPE_CHECKING:
    from tests.conftest import Simulator

LINE, OTHER_LINE = "+15550100001", "+15550100002"
PERSON, SECOND, THIRD = "+15550100777", "+15550100778", "+15550100779"
SEND = "/api/send-message"
LIVE = os.environ.get("SENDBLUE_LIVE") == "1"
DEFAULTS: dict[str, object] = {"send_status": 202, "list_limit": 1000}
PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c489"
    "0000000d49444154789c6360000002000001e221bc330000000049454e44ae426082"
)


@pytest.fixture(params=["simulator", "live"] if LIVE else ["simulator"])
def account(request: pytest.FixtureRequest) -> Client:
    """A client of an account that must not be changed."""
    if request.param == "simulator":
        request.getfixturevalue("simulator")
        return client_from_settings()
    return Client(
        base_url=os.environ.get("SENDBLUE_API_BASE_URL", "https://api.sendblue.com"),
        key_id=os.environ["SENDBLUE_API_KEY_ID"],
        secret_key=os.environ["SENDBLUE_API_SECRET_KEY"],
    )


# --- reading -------------------------------------------------------------------------------------


def test_lines_agree_with_their_states_and_usage(account: Client) -> None:
    lines = account.list_lines()
    assert lines
    assert all(line.startswith("+") for line in lines)
    states = {state.sendblue_number for state in account.line_states().lines}
    assert states & set(lines)
    assert {usage.number for usage in account.line_usage().lines} & set(lines)


def test_messages_come_oldest_change_first_page_after_page(account: Client) -> None:
    lines = account.list_lines()
    first = account.list_messages(limit=5, lines=lines)
    second = account.list_messages(limit=5, offset=5, lines=lines)
    seen = [*first.items, *second.items]
    assert len({message.message_handle for message in seen}) == len(seen) > 5
    changed = [message.date_updated for message in seen if message.date_updated]
    assert len(changed) == len(seen)
    assert changed == sorted(changed)
    assert first.has_more
    assert first.total is None or first.total >= len(seen)
    since = account.list_messages(limit=5, updated_at_gte=changed[1], lines=lines)
    assert since.items[0].date_updated in changed[1:]


def test_every_message_has_a_person_and_a_line(account: Client) -> None:
    lines = account.list_lines()
    for message in account.list_messages(limit=50, lines=lines).items:
        assert message.line_number in lines
        assert message.group_id or message.number not in {"", *lines}
        one = account.get_message(message_handle=message.message_handle, lines=lines)
        assert (one.number, one.is_outbound) == (message.number, message.is_outbound)


def test_a_message_that_failed_is_read_and_not_raised(account: Client) -> None:
    failed = account.list_messages(limit=1, status="ERROR").items
    for message in failed:
        assert account.get_status(message_handle=message.message_handle).status == "ERROR"


def test_contacts_are_listed_and_counted(account: Client) -> None:
    contacts = account.list_contacts(limit=1000)
    assert all(contact.number.startswith("+") for contact in contacts)
    assert account.count_contacts() is not None
    oldest = [contact.created_at for contact in contacts if contact.created_at]
    assert oldest == sorted(oldest)


def test_what_is_unknown_is_refused_as_not_found(account: Client) -> None:
    with pytest.raises(Rejected) as caught:
        account.get_message(message_handle="no-such-handle")
    assert caught.value.status == 404


def test_subscriptions_codes_and_seats_can_be_listed(account: Client) -> None:
    assert isinstance(account.list_webhooks(), Webhooks)
    assert all(secret.secret == "" for secret in account.list_totp_secrets())
    assert account.count_seats() == len(account.list_seats())
    assert account.get_account().email


def test_wrong_keys_are_told_apart(simulator: Simulator) -> None:
    stranger = Client(base_url=simulator.url, key_id="a", secret_key="b")
    with pytest.raises(BadCredentials):
        stranger.list_lines()
    with pytest.raises(BadCredentials):
        stranger.send_message(number=PERSON, from_number=LINE, content="hi")
    assert (
        simulator.ledger(path=SEND)[-1:] == [] or simulator.ledger(path=SEND)[-1]["status"] == 401
    )


# --- contacts ------------------------------------------------------------------------------------


def test_a_contact_is_written_merged_and_deleted(sendblue: Client) -> None:
    created = sendblue.create_contact(
        number=PERSON, first_name="Ada", tags=["vip"], custom_variables={"city": "Oakland"}
    )
    assert (created.number, created.first_name, created.tags) == (PERSON, "Ada", ("vip",))
    assert sendblue.create_contact(number=PERSON, last_name="Quill").last_name == "Quill"
    sendblue.update_contact(number=PERSON, company_name="Q", custom_variables={"size": "M"})
    contact = sendblue.get_contact(number=PERSON)
    assert (contact.first_name, contact.company_name) == ("Ada", "Q")
    assert contact.custom_variables == {"city": "Oakland", "size": "M"}
    assert [found.number for found in sendblue.list_contacts(number=PERSON)] == [PERSON]
    sendblue.delete_contact(number=PERSON)
    with pytest.raises(Rejected):
        sendblue.get_contact(number=PERSON)


def test_many_contacts_go_in_one_call_and_out_in_one(sendblue: Client) -> None:
    rows = [
        ContactRow(number=PERSON, first_name="Ada", tags=("vip",)),
        ContactRow(number=SECOND, company_name="Q", custom_variables={"size": "M"}),
    ]
    taken = {contact.number: contact for contact in sendblue.create_contacts(contacts=rows)}
    assert taken[PERSON].tags == ("vip",)
    assert taken[SECOND].custom_variables == {"size": "M"}
    assert sendblue.count_contacts() == 2
    assert sendblue.verify_contact(number=PERSON).status == "OK"
    assert sendblue.delete_contacts(numbers=[PERSON, SECOND]) == 2
    assert sendblue.list_contacts() == ()


# --- configuration -------------------------------------------------------------------------------


def test_subscriptions_survive_reading_and_writing_back(sendblue: Client) -> None:
    ours = WebhookEntry("https://inbox.example.test/hooks", secret="one", sendblue_numbers=(LINE,))
    for kind in WEBHOOK_KINDS:
        sendblue.add_webhooks(kind=kind, entries=[ours])
    theirs = WebhookEntry("https://crm.example.test/hook")
    sendblue.add_webhooks(kind="receive", entries=[theirs], global_secret="shared")
    before = sendblue.list_webhooks()
    assert before.of("receive") == (ours, theirs)
    assert {entry.url for kind in WEBHOOK_KINDS for entry in before.of(kind)} == {
        ours.url,
        theirs.url,
    }
    sendblue.replace_webhooks(webhooks=before)
    after = sendblue.list_webhooks()
    assert after == before
    assert after.as_body() == before.as_body()
    sendblue.delete_webhooks(kind="receive", urls=[ours.url])
    assert sendblue.list_webhooks().of("receive") == (theirs,)
    assert sendblue.list_webhooks().of("outbound") == before.of("outbound")


def test_an_unknown_kind_of_subscription_is_refused(sendblue: Client) -> None:
    with pytest.raises(Rejected, match="Invalid webhook type"):
        sendblue.add_webhooks(kind="no_such_kind", entries=[WebhookEntry("https://a.example.test")])


def test_lines_say_how_they_are_and_whom_they_know(sendblue: Client, simulator: Simulator) -> None:
    simulator.control("POST", f"lines/{LINE}", {"status": "DEGRADED"})
    states = {state.sendblue_number: state for state in sendblue.line_states().lines}
    assert states[LINE].status == "DEGRADED"
    assert states[LINE].status_changed_at is not None
    new = sendblue.contact_status(number=PERSON, sendblue_number=LINE)
    simulator.inbound(from_=PERSON, to=LINE, content="hi")
    known = sendblue.contact_status(number=PERSON, sendblue_number=LINE)
    assert [new.classification, known.classification] == ["new", "known"]
    usage = {line.number: line for line in sendblue.line_usage().lines}
    assert usage[LINE].hourly.limit == 15
    assert usage[LINE].daily.remaining is not None


def test_calls_are_forwarded_and_no_longer(sendblue: Client) -> None:
    sendblue.set_call_forwarding(sendblue_number=LINE, forwarding_number=PERSON)
    assert sendblue.get_call_forwarding(sendblue_number=LINE).forwarding_number == PERSON
    sendblue.delete_call_forwarding(sendblue_number=LINE)
    sendblue.delete_call_forwarding(sendblue_number=LINE)
    assert sendblue.get_call_forwarding(sendblue_number=LINE).forwarding_number == ""


def test_one_time_codes_are_kept_for_us(sendblue: Client) -> None:
    uri = "otpauth://totp/Shop:me?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Shop&digits=8"
    created = sendblue.create_totp_secret(uri=uri)
    assert (created.issuer, created.digits, created.period) == ("Shop", 8, 30)
    (listed,) = sendblue.list_totp_secrets()
    assert (listed.id, listed.secret) == (created.id, "")
    code = sendblue.get_totp_code(secret_id=created.id)
    assert len(code.code) == 8
    assert 0 < code.expires_in <= 30
    sendblue.delete_totp_secret(secret_id=created.id)
    assert sendblue.list_totp_secrets() == ()


def test_seats_are_found_by_id_and_email(sendblue: Client) -> None:
    seat = sendblue.list_seats()[0]
    assert sendblue.get_seat(seat_id=seat.seat_id) == seat
    assert sendblue.list_seats(email=seat.email) == (seat,)
    sent = sendblue.send_message(
        number=PERSON, from_number=LINE, content="hi", seat_id=seat.seat_id
    )
    assert (sent.seat_id, sent.sender_email) == (seat.seat_id, seat.email)


# --- streams, places, and the rest ---------------------------------------------------------------


def test_the_event_stream_tells_of_a_message(sendblue: Client, simulator: Simulator) -> None:
    stream = sendblue.events(types=["message.received"])
    with ThreadPoolExecutor(1) as pool:
        event = pool.submit(next, stream)
        while not event.done():  # what happens before the stream is connected is not replayed
            (handle,) = simulator.inbound(from_=PERSON, to=LINE, content="hi")
            wait([event], timeout=0.2)
    stream.close()
    assert event.result().type == "message.received"
    assert handle in event.result().id or event.result().data["message_handle"]
    assert event.result().occurred_at is not None


def test_places_can_be_asked_for_and_watched(sendblue: Client) -> None:
    assert sendblue.request_location(number=PERSON, from_number=LINE).message_handle
    state = sendblue.get_location(number=PERSON, from_number=LINE)
    assert state is not None
    assert state.number == PERSON
    assert sendblue.list_locations(from_number=LINE) is not None
    watched = sendblue.watch_location(number=PERSON, from_number=LINE)
    assert next(watched).kind == "ready"
    watched.close()


def test_people_are_verified_and_tokens_revoked(sendblue: Client) -> None:
    pending = sendblue.create_verified_contact(phone_number=PERSON)
    assert pending is not None
    assert (pending.verification_status, pending.verified) == ("pending", False)
    found = sendblue.get_verified_contact(phone_number=PERSON)
    assert found is not None
    assert found.number == PERSON
    assert [contact.number for contact in sendblue.list_verified_contacts()] == [PERSON]
    token = sendblue.create_token(expires_in_seconds=60, phone_numbers=[LINE])
    assert token.phone_numbers == (LINE,)
    assert token.expires_at is not None
    assert token.expires_at < datetime.now(UTC) + timedelta(seconds=120)
    sendblue.revoke_token(token_id=token.token_id)
    asked = sendblue.create_verification(service_sid="VA1", to=PERSON)
    assert sendblue.get_verification(service_sid="VA1", verification_sid=asked.sid).to == PERSON
    assert [listed.sid for listed in sendblue.list_verifications()] == [asked.sid]


def test_the_account_shows_its_card_calls_and_gets_lines(sendblue: Client) -> None:
    sendblue.set_contact_sharing(from_number=LINE, first_name="Juniper", display_name="J & C")
    card = sendblue.get_contact_sharing(from_number=LINE)
    assert (card.has_profile, card.first_name, card.display_name) == (True, "Juniper", "J & C")
    assert sendblue.start_facetime_call(number=PERSON, from_number=LINE).channel_name
    preview = sendblue.preview_line()
    assert sendblue.confirm_line(preview_token=preview.preview_token).status == "OK"
    assert len(sendblue.list_lines()) == 3
    with pytest.raises(Rejected):
        sendblue.confirm_line(preview_token=preview.preview_token)
    requested = sendblue.add_line(desired_area_code="415")
    assert sendblue.get_line_request(request_id=str(requested["id"])).status == "OPEN"
    assert sendblue.list_area_codes()
    child = sendblue.request_child_account(company_name="Clay", primary_email="c@example.test")
    assert child.api_key
    assert child.api_key not in repr(child)
    assert sendblue.verify_shared_contact(number=PERSON).number == PERSON
    assert [one.number for one in sendblue.list_shared_contacts().contacts] == [PERSON]
