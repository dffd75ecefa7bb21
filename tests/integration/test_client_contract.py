"""The client against the simulator, which was written from the same contract by other hands.

What only reads also runs against a real account when SENDBLUE_LIVE=1 is set beside its keys.
"""

from __future__ import annotations

import io
import os
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from sendblue_inbox.sendblue.client import Client, client_from_settings
from sendblue_inbox.sendblue.errors import (
    BadCredentials,
    MaybeSent,
    NotSent,
    RateLimited,
    Rejected,
    SendblueError,
)
from sendblue_inbox.sendblue.payloads import ContactRow, MessageRef, WebhookEntry, Webhooks
from sendblue_inbox.sendblue.terms import WEBHOOK_KINDS
from sendblue_inbox.sendblue.transport import Limits

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


@pytest.fixture
def client(simulator: Simulator) -> Client:
    """A client of an account with two lines and nobody to talk to yet."""
    simulator.reset(lines=[LINE, OTHER_LINE], contacts=[], messages=[])
    return client_from_settings()


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
    changed = [message.date_updated for message in seen]
    assert changed == sorted(changed)
    assert first.has_more
    assert first.total is None or first.total >= len(seen)
    since = account.list_messages(limit=5, updated_at_gte=changed[1], lines=lines)
    assert since.items[0].date_updated >= changed[1].replace(
        microsecond=changed[1].microsecond // 1000 * 1000
    )


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
    oldest = [contact.created_at for contact in contacts]
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


# --- sending -------------------------------------------------------------------------------------


def test_a_send_carries_all_that_it_was_given(client: Client, simulator: Simulator) -> None:
    (parent,) = simulator.inbound(from_=PERSON, to=LINE, content="Where is my order?")
    sent = client.send_message(
        number=PERSON,
        from_number=LINE,
        content="It ships today.",
        media_url="https://media.example.test/a.png",
        send_style="confetti",
        reply_to=MessageRef(parent),
    )
    assert sent.status == "QUEUED"
    assert (sent.number, sent.line_number, sent.is_outbound) == (PERSON, LINE, True)
    (entry,) = simulator.ledger(path=SEND)
    assert entry["message_handle"] == sent.message_handle
    assert entry["body"] == {
        "number": PERSON,
        "from_number": LINE,
        "content": "It ships today.",
        "media_url": "https://media.example.test/a.png",
        "send_style": "confetti",
        "reply_to": {"message_handle": parent, "part_index": 0},
    }
    stored = client.get_status(message_handle=sent.message_handle, lines=[LINE])
    assert (stored.content, stored.reply_to) == ("It ships today.", MessageRef(parent))


@pytest.mark.parametrize(
    ("mode", "error", "accepted"),
    [
        ("reset_before", MaybeSent, False),
        ("reset_after", MaybeSent, True),
        ("timeout_after", MaybeSent, True),
        ("error_before", MaybeSent, False),
        ("error_after", MaybeSent, True),
        ("truncated", MaybeSent, True),
        ("html_200", MaybeSent, True),
        ("empty_200", MaybeSent, True),
        ("no_handle", MaybeSent, True),
        ("redirect", MaybeSent, False),
        ({"status": 408}, MaybeSent, False),
        ({"status": 409, "body": {"status": "ERROR"}}, MaybeSent, False),
        ({"status": 400, "body": {"status": "ERROR", "error_code": 5503}}, MaybeSent, False),
        ({"status": 429, "headers": {"Retry-After": "3"}}, RateLimited, False),
        ({"status": 400, "body": {"status": "ERROR", "error_code": 429}}, RateLimited, False),
        ({"status": 402, "body": {"status": "ERROR"}}, Rejected, False),
        ({"status": 200, "body": {"status": "ERROR", "message": "no"}}, Rejected, False),
    ],
)
def test_a_fault_gets_its_class_and_one_post(
    client: Client, simulator: Simulator, mode: object, error: type[SendblueError], accepted: bool
) -> None:
    impatient = Client(
        base_url=simulator.url,
        key_id=simulator.key_id,
        secret_key=simulator.secret_key,
        limits=replace(Limits(), send_read=0.5, send_total=1),
    )
    simulator.fault(method="POST", path=SEND, mode=mode)
    with pytest.raises(SendblueError) as caught:
        impatient.send_message(number=PERSON, from_number=LINE, content="Once")
    assert type(caught.value) is error
    (entry,) = simulator.ledger(path=SEND)
    assert bool(entry["message_handle"]) is accepted
    found = client.list_messages(number=PERSON, is_outbound=True, lines=[LINE]).items
    assert [message.content for message in found] == (["Once"] if accepted else [])


def test_a_closed_port_was_not_sent(client: Client, simulator: Simulator) -> None:
    simulator.fault(mode="refuse", delay_s=0.5)
    with pytest.raises(NotSent):
        client.send_message(number=PERSON, from_number=LINE, content="Later")
    while True:
        try:
            assert client.list_lines() == (LINE, OTHER_LINE)
            break
        except NotSent:
            continue  # three tries may be over before the port is open again
    assert simulator.ledger(path=SEND) == []


def test_an_opted_out_person_is_a_refusal_that_says_so(client: Client) -> None:
    assert client.opt_out_contact(number=PERSON).opted_out is True
    with pytest.raises(Rejected) as caught:
        client.send_message(number=PERSON, from_number=LINE, content="hi")
    assert "OPTED_OUT" in {caught.value.error_key, caught.value.message}
    assert client.opt_out_contact(number=PERSON, opted_out=False).opted_out is False


def test_an_older_server_is_asked_in_its_own_spelling(client: Client, simulator: Simulator) -> None:
    path = "/api/v2/messages"
    simulator.inbound(from_=PERSON, to=LINE, content="hi")
    simulator.fault(path=path, mode={"status": 400, "body": {"message": "Invalid order_by"}})
    assert len(client.list_messages().items) == 1
    client.list_messages()
    orders = [entry["query"]["order_by"] for entry in simulator.ledger(path=path)]
    assert orders == ["updatedAt", "updated_at", "updated_at"]


def test_a_bad_filter_stays_a_refusal(client: Client, simulator: Simulator) -> None:
    simulator.fault(path="/api/v2/messages", mode={"status": 400, "body": {}}, times=2)
    with pytest.raises(Rejected):
        client.list_messages()
    simulator.control("DELETE", "faults")
    client.list_messages()
    assert simulator.ledger(path="/api/v2/messages")[-1]["query"]["order_by"] == "updatedAt"


def test_app_cards_and_carousels_are_messages(client: Client) -> None:
    card = {
        "appName": "Orders",
        "extensionBundleId": "test.orders",
        "teamId": "T1",
        "url": "https://orders.example.test/1",
        "layout": {"caption": "Order 1"},
    }
    sent = client.send_message(number=PERSON, from_number=LINE, app_card=card)
    changed = client.update_app_card(
        message_handle=sent.message_handle, url="https://orders.example.test/2"
    )
    assert changed.message_handle not in {"", sent.message_handle}
    pictures = [f"https://media.example.test/{n}.png" for n in (1, 2)]
    album = client.send_carousel(number=PERSON, from_number=LINE, media_urls=pictures)
    assert album.message_type == "carousel"
    with pytest.raises(Rejected, match="at least 2"):
        client.send_carousel(number=PERSON, from_number=LINE, media_urls=pictures[:1])


def test_a_group_is_made_named_changed_and_pictured(client: Client) -> None:
    sent = client.send_group_message(from_number=LINE, numbers=[PERSON, SECOND], content="Hello")
    assert sent.group_id
    assert {PERSON, SECOND} <= set(sent.participants)
    again = client.send_group_message(from_number=LINE, group_id=sent.group_id, content="Again")
    assert again.group_id == sent.group_id
    client.rename_group(group_id=sent.group_id, group_name="Shop floor")
    client.modify_group(group_id=sent.group_id, modify_type="add_recipient", number=THIRD)
    photo = client.upload_group_photo(
        group_id=sent.group_id, fileobj=io.BytesIO(PNG), filename="a.png", content_type="image/png"
    )
    assert photo.photo_url
    group = client.get_group(group_id=sent.group_id)
    assert (group.group_name, group.photo_url) == ("Shop floor", photo.photo_url)
    assert THIRD in group.participant_numbers
    client.rename_group(group_id=sent.group_id, group_name=None)
    client.set_group_photo(group_id=sent.group_id, photo_url=None)
    group = client.get_group(group_id=sent.group_id)
    assert (group.group_name, group.photo_url) == ("", "")


def test_gestures_are_taken_or_refused(client: Client, simulator: Simulator) -> None:
    (handle,) = simulator.inbound(from_=PERSON, to=LINE, content="Thanks!")
    reaction = client.send_reaction(from_number=LINE, message_handle=handle, reaction="love")
    assert (reaction.status, reaction.message_handle) == ("OK", handle)
    with pytest.raises(Rejected, match="Invalid reaction"):
        client.send_reaction(from_number=LINE, message_handle=handle, reaction="wave")
    assert client.mark_read(number=PERSON, from_number=LINE).status == "OK"
    assert client.send_typing_indicator(number=PERSON, from_number=LINE, state="stop").status
    with pytest.raises(Rejected, match="No route mapping found"):
        client.send_typing_indicator(number=SECOND, from_number=LINE)


def test_an_uploaded_file_is_what_is_served(client: Client, simulator: Simulator) -> None:
    content = os.urandom(300_000)
    media = client.upload_file(
        fileobj=io.BytesIO(content), filename="voice note.caf", content_type="audio/x-caf"
    )
    assert media.media_url.endswith(".caf")
    assert simulator.http.get(media.media_url).content == content
    assert client.upload_media_object(media_url=media.media_url).media_object_id
    assert client.evaluate_service(number=PERSON).service in {"iMessage", "SMS"}


def test_a_deleted_message_is_gone_from_the_store(client: Client) -> None:
    sent = client.send_message(number=PERSON, from_number=LINE, content="Oops")
    client.delete_message(message_handle=sent.message_handle)
    assert client.list_messages(number=PERSON).items == ()


# --- the contradictions of the contract, each as a switch of the simulator ------------------------


@pytest.mark.parametrize(
    "switch",
    [
        {"inbound_from_line": True},
        {"send_status": 200},
        {"send_status": 201},
        {"error_code_as_text": True},
        {"null_for_empty": True},
        {"group_numbers_as_list": True},
        {"modify_group_short_answer": True},
        {"contact_answers_doubled": True},
        {"list_limit": 100},
    ],
    ids=str,
)
def test_contradictory_answers_read_the_same(
    client: Client, simulator: Simulator, switch: dict[str, object]
) -> None:
    simulator.control("POST", "options", switch)
    try:
        simulator.inbound(from_=PERSON, to=LINE, content="Where is my order?")
        sent = client.send_message(number=PERSON, from_number=LINE, content="It ships today.")
        group = client.send_group_message(from_number=LINE, numbers=[PERSON, SECOND], content="Hi")
        change = client.modify_group(
            group_id=group.group_id, modify_type="add_recipient", number=THIRD
        )
        contact = client.create_contact(number=PERSON, first_name="Ada")
        received = client.list_messages(is_outbound=False, lines=[LINE, OTHER_LINE]).items
    finally:
        simulator.control("POST", "options", {name: DEFAULTS.get(name, False) for name in switch})
    assert (sent.number, sent.line_number, sent.status) == (PERSON, LINE, "QUEUED")
    assert (sent.media_url, sent.error_code, sent.was_downgraded) == ("", "", None)
    assert (group.number, group.line_number) == (PERSON, LINE)
    assert set(group.participants) >= {PERSON, SECOND}
    assert change.status == "OK"
    assert (contact.number, contact.first_name) == (PERSON, "Ada")
    assert [(message.number, message.line_number) for message in received] == [(PERSON, LINE)]


def test_a_refusal_in_a_2xx_is_a_refusal(client: Client, simulator: Simulator) -> None:
    client.opt_out_contact(number=PERSON)
    simulator.control("POST", "options", {"refusal_in_2xx": True})
    try:
        with pytest.raises(Rejected) as caught:
            client.send_message(number=PERSON, from_number=LINE, content="hi")
    finally:
        simulator.control("POST", "options", {"refusal_in_2xx": False})
    assert caught.value.status is not None
    assert caught.value.status < 300


def test_a_dropped_subscription_shows_on_reading_back(client: Client, simulator: Simulator) -> None:
    wanted = Webhooks.parse(
        {"receive": ["https://a.example.test"], "typing_indicator": ["https://b.example.test"]}
    )
    simulator.control("POST", "options", {"put_drops_types": ["typing_indicator"]})
    try:
        assert client.replace_webhooks(webhooks=wanted).status == "OK"
    finally:
        simulator.control("POST", "options", {"put_drops_types": []})
    assert client.list_webhooks().of("receive") == wanted.of("receive")
    assert client.list_webhooks().of("typing_indicator") == ()


# --- contacts ------------------------------------------------------------------------------------


def test_a_contact_is_written_merged_and_deleted(client: Client) -> None:
    created = client.create_contact(
        number=PERSON, first_name="Ada", tags=["vip"], custom_variables={"city": "Oakland"}
    )
    assert (created.number, created.first_name, created.tags) == (PERSON, "Ada", ("vip",))
    assert client.create_contact(number=PERSON, last_name="Quill").last_name == "Quill"
    client.update_contact(number=PERSON, company_name="Q", custom_variables={"size": "M"})
    contact = client.get_contact(number=PERSON)
    assert (contact.first_name, contact.company_name) == ("Ada", "Q")
    assert contact.custom_variables == {"city": "Oakland", "size": "M"}
    assert [found.number for found in client.list_contacts(number=PERSON)] == [PERSON]
    client.delete_contact(number=PERSON)
    with pytest.raises(Rejected):
        client.get_contact(number=PERSON)


def test_many_contacts_go_in_one_call_and_out_in_one(client: Client) -> None:
    rows = [
        ContactRow(number=PERSON, first_name="Ada", tags=("vip",)),
        ContactRow(number=SECOND, company_name="Q", custom_variables={"size": "M"}),
    ]
    taken = {contact.number: contact for contact in client.create_contacts(contacts=rows)}
    assert taken[PERSON].tags == ("vip",)
    assert taken[SECOND].custom_variables == {"size": "M"}
    assert client.count_contacts() == 2
    assert client.verify_contact(number=PERSON).status == "OK"
    assert client.delete_contacts(numbers=[PERSON, SECOND]) == 2
    assert client.list_contacts() == ()


# --- configuration -------------------------------------------------------------------------------


def test_subscriptions_survive_reading_and_writing_back(client: Client) -> None:
    ours = WebhookEntry("https://inbox.example.test/hooks", secret="one", sendblue_numbers=(LINE,))
    for kind in WEBHOOK_KINDS:
        client.add_webhooks(kind=kind, entries=[ours])
    theirs = WebhookEntry("https://crm.example.test/hook")
    client.add_webhooks(kind="receive", entries=[theirs], global_secret="shared")
    before = client.list_webhooks()
    assert before.of("receive") == (ours, theirs)
    assert {entry.url for kind in WEBHOOK_KINDS for entry in before.of(kind)} == {
        ours.url,
        theirs.url,
    }
    client.replace_webhooks(webhooks=before)
    after = client.list_webhooks()
    assert after == before
    assert after.as_body() == before.as_body()
    client.delete_webhooks(kind="receive", urls=[ours.url])
    assert client.list_webhooks().of("receive") == (theirs,)
    assert client.list_webhooks().of("outbound") == before.of("outbound")


def test_an_unknown_kind_of_subscription_is_refused(client: Client) -> None:
    with pytest.raises(Rejected, match="Invalid webhook type"):
        client.add_webhooks(kind="no_such_kind", entries=[WebhookEntry("https://a.example.test")])


def test_lines_say_how_they_are_and_whom_they_know(client: Client, simulator: Simulator) -> None:
    simulator.control("POST", f"lines/{LINE}", {"status": "DEGRADED"})
    states = {state.sendblue_number: state for state in client.line_states().lines}
    assert states[LINE].status == "DEGRADED"
    assert states[LINE].status_changed_at is not None
    new = client.contact_status(number=PERSON, sendblue_number=LINE)
    simulator.inbound(from_=PERSON, to=LINE, content="hi")
    known = client.contact_status(number=PERSON, sendblue_number=LINE)
    assert [new.classification, known.classification] == ["new", "known"]
    usage = {line.number: line for line in client.line_usage().lines}
    assert usage[LINE].hourly.limit == 15
    assert usage[LINE].daily.remaining is not None


def test_calls_are_forwarded_and_no_longer(client: Client) -> None:
    client.set_call_forwarding(sendblue_number=LINE, forwarding_number=PERSON)
    assert client.get_call_forwarding(sendblue_number=LINE).forwarding_number == PERSON
    client.delete_call_forwarding(sendblue_number=LINE)
    client.delete_call_forwarding(sendblue_number=LINE)
    assert client.get_call_forwarding(sendblue_number=LINE).forwarding_number == ""


def test_one_time_codes_are_kept_for_us(client: Client) -> None:
    uri = "otpauth://totp/Shop:me?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Shop&digits=8"
    created = client.create_totp_secret(uri=uri)
    assert (created.issuer, created.digits, created.period) == ("Shop", 8, 30)
    (listed,) = client.list_totp_secrets()
    assert (listed.id, listed.secret) == (created.id, "")
    code = client.get_totp_code(secret_id=created.id)
    assert len(code.code) == 8
    assert 0 < code.expires_in <= 30
    client.delete_totp_secret(secret_id=created.id)
    assert client.list_totp_secrets() == ()


def test_seats_are_found_by_id_and_email(client: Client) -> None:
    seat = client.list_seats()[0]
    assert client.get_seat(seat_id=seat.seat_id) == seat
    assert client.list_seats(email=seat.email) == (seat,)
    sent = client.send_message(number=PERSON, from_number=LINE, content="hi", seat_id=seat.seat_id)
    assert (sent.seat_id, sent.sender_email) == (seat.seat_id, seat.email)


# --- streams, places, and the rest ---------------------------------------------------------------


def test_the_event_stream_tells_of_a_message(client: Client, simulator: Simulator) -> None:
    stream = client.events(types=["message.received"])
    with ThreadPoolExecutor(1) as pool:
        event = pool.submit(next, stream)
        while not event.done():  # what happens before the stream is connected is not replayed
            (handle,) = simulator.inbound(from_=PERSON, to=LINE, content="hi")
            wait([event], timeout=0.2)
    stream.close()
    assert event.result().type == "message.received"
    assert handle in event.result().id or event.result().data["message_handle"]
    assert event.result().occurred_at is not None


def test_places_can_be_asked_for_and_watched(client: Client) -> None:
    assert client.request_location(number=PERSON, from_number=LINE).message_handle
    state = client.get_location(number=PERSON, from_number=LINE)
    assert state is not None
    assert state.number == PERSON
    assert client.list_locations(from_number=LINE) is not None
    watched = client.watch_location(number=PERSON, from_number=LINE)
    assert next(watched).kind == "ready"
    watched.close()


def test_people_are_verified_and_tokens_revoked(client: Client) -> None:
    pending = client.create_verified_contact(phone_number=PERSON)
    assert pending is not None
    assert (pending.verification_status, pending.verified) == ("pending", False)
    found = client.get_verified_contact(phone_number=PERSON)
    assert found is not None
    assert found.number == PERSON
    assert [contact.number for contact in client.list_verified_contacts()] == [PERSON]
    token = client.create_token(expires_in_seconds=60, phone_numbers=[LINE])
    assert token.phone_numbers == (LINE,)
    assert token.expires_at is not None
    assert token.expires_at < datetime.now(UTC) + timedelta(seconds=120)
    client.revoke_token(token_id=token.token_id)
    asked = client.create_verification(service_sid="VA1", to=PERSON)
    assert client.get_verification(service_sid="VA1", verification_sid=asked.sid).to == PERSON
    assert [listed.sid for listed in client.list_verifications()] == [asked.sid]


def test_the_account_shows_its_card_calls_and_gets_lines(client: Client) -> None:
    client.set_contact_sharing(from_number=LINE, first_name="Juniper", display_name="J & C")
    card = client.get_contact_sharing(from_number=LINE)
    assert (card.has_profile, card.first_name, card.display_name) == (True, "Juniper", "J & C")
    assert client.start_facetime_call(number=PERSON, from_number=LINE).channel_name
    preview = client.preview_line()
    assert client.confirm_line(preview_token=preview.preview_token).status == "OK"
    assert len(client.list_lines()) == 3
    with pytest.raises(Rejected):
        client.confirm_line(preview_token=preview.preview_token)
    requested = client.add_line(desired_area_code="415")
    assert client.get_line_request(request_id=str(requested["id"])).status == "OPEN"
    assert client.list_area_codes()
    child = client.request_child_account(company_name="Clay", primary_email="c@example.test")
    assert child.api_key
    assert child.api_key not in repr(child)
    assert client.verify_shared_contact(number=PERSON).number == PERSON
    assert [one.number for one in client.list_shared_contacts().contacts] == [PERSON]
