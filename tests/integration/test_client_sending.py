"""The client's sends against the simulator: what arrives, what is refused, what is in doubt."""

from __future__ import annotations

import io
import os
import socket
import time
from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

from sendblue_inbox.sendblue.client import Client
from sendblue_inbox.sendblue.errors import (
    MaybeSent,
    NotSent,
    RateLimited,
    Rejected,
    SendblueError,
)
from sendblue_inbox.sendblue.payloads import MessageRef, Webhooks
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


# --- sending -------------------------------------------------------------------------------------


def test_a_send_carries_all_that_it_was_given(sendblue: Client, simulator: Simulator) -> None:
    (parent,) = simulator.inbound(from_=PERSON, to=LINE, content="Where is my order?")
    sent = sendblue.send_message(
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
    stored = sendblue.get_status(message_handle=sent.message_handle, lines=[LINE])
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
    sendblue: Client, simulator: Simulator, mode: object, error: type[SendblueError], accepted: bool
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
    found = sendblue.list_messages(number=PERSON, is_outbound=True, lines=[LINE]).items
    assert [message.content for message in found] == (["Once"] if accepted else [])


def accepts(simulator: Simulator) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", urlsplit(simulator.url).port)) == 0


def test_a_closed_port_was_not_sent(sendblue: Client, simulator: Simulator) -> None:
    simulator.fault(mode="refuse", delay_s=0.5)
    while accepts(simulator):
        time.sleep(0.01)
    with pytest.raises(NotSent):
        sendblue.send_message(number=PERSON, from_number=LINE, content="Later")
    while not accepts(simulator):
        time.sleep(0.01)
    assert simulator.ledger(path=SEND) == []


def test_an_opted_out_person_is_a_refusal_that_says_so(sendblue: Client) -> None:
    assert sendblue.opt_out_contact(number=PERSON).opted_out is True
    with pytest.raises(Rejected) as caught:
        sendblue.send_message(number=PERSON, from_number=LINE, content="hi")
    assert "OPTED_OUT" in {caught.value.error_key, caught.value.message}
    assert sendblue.opt_out_contact(number=PERSON, opted_out=False).opted_out is False


def test_an_older_server_is_asked_in_its_spelling(sendblue: Client, simulator: Simulator) -> None:
    path = "/api/v2/messages"
    simulator.inbound(from_=PERSON, to=LINE, content="hi")
    simulator.fault(path=path, mode={"status": 400, "body": {"message": "Invalid order_by"}})
    assert len(sendblue.list_messages().items) == 1
    sendblue.list_messages()
    orders = [entry["query"]["order_by"] for entry in simulator.ledger(path=path)]
    assert orders == ["updatedAt", "updated_at", "updated_at"]


def test_a_bad_filter_stays_a_refusal(sendblue: Client, simulator: Simulator) -> None:
    simulator.fault(path="/api/v2/messages", mode={"status": 400, "body": {}}, times=2)
    with pytest.raises(Rejected):
        sendblue.list_messages()
    simulator.control("DELETE", "faults")
    sendblue.list_messages()
    assert simulator.ledger(path="/api/v2/messages")[-1]["query"]["order_by"] == "updatedAt"


def test_app_cards_and_carousels_are_messages(sendblue: Client) -> None:
    card = {
        "appName": "Orders",
        "extensionBundleId": "test.orders",
        "teamId": "T1",
        "url": "https://orders.example.test/1",
        "layout": {"caption": "Order 1"},
    }
    sent = sendblue.send_message(number=PERSON, from_number=LINE, app_card=card)
    changed = sendblue.update_app_card(
        message_handle=sent.message_handle, url="https://orders.example.test/2"
    )
    assert changed.message_handle not in {"", sent.message_handle}
    pictures = [f"https://media.example.test/{n}.png" for n in (1, 2)]
    album = sendblue.send_carousel(number=PERSON, from_number=LINE, media_urls=pictures)
    assert album.message_type == "carousel"
    with pytest.raises(Rejected, match="at least 2"):
        sendblue.send_carousel(number=PERSON, from_number=LINE, media_urls=pictures[:1])


def test_a_group_is_made_named_changed_and_pictured(sendblue: Client) -> None:
    sent = sendblue.send_group_message(from_number=LINE, numbers=[PERSON, SECOND], content="Hello")
    assert sent.group_id
    assert {PERSON, SECOND} <= set(sent.participants)
    again = sendblue.send_group_message(from_number=LINE, group_id=sent.group_id, content="Again")
    assert again.group_id == sent.group_id
    sendblue.rename_group(group_id=sent.group_id, group_name="Shop floor")
    sendblue.modify_group(group_id=sent.group_id, modify_type="add_recipient", number=THIRD)
    photo = sendblue.upload_group_photo(
        group_id=sent.group_id, fileobj=io.BytesIO(PNG), filename="a.png", content_type="image/png"
    )
    assert photo.photo_url
    group = sendblue.get_group(group_id=sent.group_id)
    assert (group.group_name, group.photo_url) == ("Shop floor", photo.photo_url)
    assert THIRD in group.participant_numbers
    sendblue.rename_group(group_id=sent.group_id, group_name=None)
    sendblue.set_group_photo(group_id=sent.group_id, photo_url=None)
    group = sendblue.get_group(group_id=sent.group_id)
    assert (group.group_name, group.photo_url) == ("", "")


def test_gestures_are_taken_or_refused(sendblue: Client, simulator: Simulator) -> None:
    (handle,) = simulator.inbound(from_=PERSON, to=LINE, content="Thanks!")
    reaction = sendblue.send_reaction(from_number=LINE, message_handle=handle, reaction="love")
    assert (reaction.status, reaction.message_handle) == ("OK", handle)
    with pytest.raises(Rejected, match="Invalid reaction"):
        sendblue.send_reaction(from_number=LINE, message_handle=handle, reaction="wave")
    assert sendblue.mark_read(number=PERSON, from_number=LINE).status == "OK"
    assert sendblue.send_typing_indicator(number=PERSON, from_number=LINE, state="stop").status
    with pytest.raises(Rejected, match="No route mapping found"):
        sendblue.send_typing_indicator(number=SECOND, from_number=LINE)


def test_an_uploaded_file_is_what_is_served(sendblue: Client, simulator: Simulator) -> None:
    content = os.urandom(300_000)
    media = sendblue.upload_file(
        fileobj=io.BytesIO(content), filename="voice note.caf", content_type="audio/x-caf"
    )
    assert media.media_url.endswith(".caf")
    assert simulator.http.get(media.media_url).content == content
    assert sendblue.upload_media_object(media_url=media.media_url).media_object_id
    assert sendblue.evaluate_service(number=PERSON).service in {"iMessage", "SMS"}


def test_a_deleted_message_is_gone_from_the_store(sendblue: Client) -> None:
    sent = sendblue.send_message(number=PERSON, from_number=LINE, content="Oops")
    sendblue.delete_message(message_handle=sent.message_handle)
    assert sendblue.list_messages(number=PERSON).items == ()


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
    sendblue: Client, simulator: Simulator, switch: dict[str, object]
) -> None:
    simulator.control("POST", "options", switch)
    try:
        simulator.inbound(from_=PERSON, to=LINE, content="Where is my order?")
        sent = sendblue.send_message(number=PERSON, from_number=LINE, content="It ships today.")
        group = sendblue.send_group_message(
            from_number=LINE, numbers=[PERSON, SECOND], content="Hi"
        )
        change = sendblue.modify_group(
            group_id=group.group_id, modify_type="add_recipient", number=THIRD
        )
        contact = sendblue.create_contact(number=PERSON, first_name="Ada")
        received = sendblue.list_messages(is_outbound=False, lines=[LINE, OTHER_LINE]).items
    finally:
        simulator.control("POST", "options", {name: DEFAULTS.get(name, False) for name in switch})
    assert (sent.number, sent.line_number, sent.status) == (PERSON, LINE, "QUEUED")
    assert (sent.media_url, sent.error_code, sent.was_downgraded) == ("", "", None)
    assert (group.number, group.line_number) == (PERSON, LINE)
    assert set(group.participants) >= {PERSON, SECOND}
    assert change.status == "OK"
    assert (contact.number, contact.first_name) == (PERSON, "Ada")
    assert [(message.number, message.line_number) for message in received] == [(PERSON, LINE)]


def test_a_refusal_in_a_2xx_is_a_refusal(sendblue: Client, simulator: Simulator) -> None:
    sendblue.opt_out_contact(number=PERSON)
    simulator.control("POST", "options", {"refusal_in_2xx": True})
    try:
        with pytest.raises(Rejected) as caught:
            sendblue.send_message(number=PERSON, from_number=LINE, content="hi")
    finally:
        simulator.control("POST", "options", {"refusal_in_2xx": False})
    assert caught.value.status is not None
    assert caught.value.status < 300


def test_a_dropped_subscription_shows_in_the_list(sendblue: Client, simulator: Simulator) -> None:
    wanted = Webhooks.parse(
        {"receive": ["https://a.example.test"], "typing_indicator": ["https://b.example.test"]}
    )
    simulator.control("POST", "options", {"put_drops_types": ["typing_indicator"]})
    try:
        assert sendblue.replace_webhooks(webhooks=wanted).status == "OK"
    finally:
        simulator.control("POST", "options", {"put_drops_types": []})
    assert sendblue.list_webhooks().of("receive") == wanted.of("receive")
    assert sendblue.list_webhooks().of("typing_indicator") == ()
