"""The official SDK, which nobody here wrote, sends, lists and reads messages."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from sendblue_api import BadRequestError, NotFoundError, SendblueAPI

from tests.simulator.conftest import KEYS, LINE, OTHER_LINE, eventually

if TYPE_CHECKING:
    from pydantic import BaseModel

    from tests.simulator.conftest import Receiver, Simulation

MAYA, WALTER, NEWCOMER = "+15105550112", "+13125550137", "+14155550180"


def _extra(answer: BaseModel) -> dict[str, Any]:
    """All of an answer, also the fields that the SDK has no name for."""
    return answer.model_dump()


def test_a_send_is_queued_then_delivered(sdk: SendblueAPI, sim: Simulation) -> None:
    sent = sdk.messages.send(
        number=MAYA, from_number=LINE, content="It ships today.", send_style="confetti"
    )
    assert sent.status == "QUEUED"
    assert (_extra(sent)["was_downgraded"], _extra(sent)["service"]) == (None, "iMessage")
    assert sent.account_email == "owner@example.test"
    assert sent.message_handle
    eventually(lambda: sim.status_of(sent.message_handle or "") == "DELIVERED")
    stored = sdk.messages.retrieve(sent.message_handle).data
    assert stored is not None
    assert (stored.content, stored.to_number, stored.sendblue_number) == (
        "It ships today.",
        MAYA,
        LINE,
    )
    read = sdk.messages.get_status(handle=sent.message_handle)
    assert _extra(read)["was_downgraded"] is False


def test_an_sms_ends_at_sent(sdk: SendblueAPI, sim: Simulation, receiver: Receiver) -> None:
    sdk.webhooks.create(webhooks=[f"{receiver.url}/outbound"], type="outbound")
    sdk.messages.send(number=WALTER, from_number=LINE, content="Good morning Walter!")
    (told,) = receiver.wait(1, "/outbound")
    assert (told["status"], told["service"], told["was_downgraded"]) == ("SENT", "SMS", True)
    after = sdk.messages.send(number=MAYA, from_number=LINE, content="And you, Maya")
    eventually(lambda: sim.status_of(after.message_handle or "") == "DELIVERED")
    statuses = {body["number"]: body["status"] for body in receiver.wait(3, "/outbound")}
    assert statuses == {WALTER: "SENT", MAYA: "DELIVERED"}


def test_lists_filter_sort_and_page(sdk: SendblueAPI, sim: Simulation) -> None:
    start = datetime(2026, 1, 1, tzinfo=UTC)
    rows: list[dict[str, Any]] = [
        {
            "message_handle": f"m{n:03d}",
            "number": MAYA if n % 3 else WALTER,
            "sendblue_number": OTHER_LINE if n % 5 == 0 else LINE,
            "content": f"number {n}",
            "is_outbound": n % 2 == 0,
            "service": "iMessage" if n % 3 else "SMS",
            "date_sent": (start + timedelta(minutes=n)).isoformat(),
            "date_updated": (start + timedelta(days=1, minutes=(n * 37) % 120)).isoformat(),
        }
        for n in range(120)
    ]
    sim.reset(messages=rows, options={"null_for_empty": True})

    def numbers(**query: Any) -> list[int]:
        page = sdk.messages.list(**query)
        assert page.data is not None
        return [int(str(row.message_handle)[1:]) for row in page.data]

    assert numbers() == list(range(119, 19, -1)), "newest first, 100 a page"
    first = sdk.messages.list(limit=50, order_direction="asc").pagination
    last = sdk.messages.list(limit=50, offset=100, order_direction="asc").pagination
    assert first is not None and last is not None
    assert (first.total, first.has_more, last.has_more) == (120, True, False)
    assert numbers(limit=50, offset=100, order_direction="asc") == list(range(100, 120))
    inbound_on_other = [n for n in range(120) if n % 2 and n % 5 == 0]
    assert (
        numbers(is_outbound="false", sendblue_number=OTHER_LINE, order_direction="asc")
        == inbound_on_other
    )
    assert numbers(number=WALTER, limit=1000, order_direction="asc") == list(range(0, 120, 3))
    assert numbers(service="SMS", limit=1000, order_direction="asc") == list(range(0, 120, 3))
    assert set(numbers(from_number=WALTER)) == {n for n in range(120) if n % 3 == 0 and n % 2}
    window = {
        "created_at_gte": (start + timedelta(minutes=10)).isoformat(),
        "created_at_lte": (start + timedelta(minutes=12)).isoformat(),
    }
    assert numbers(**window) == [12, 11, 10]
    changed_since = start + timedelta(days=1, minutes=60)
    by_change = sorted(
        (n for n in range(120) if (n * 37) % 120 >= 60), key=lambda n: (n * 37) % 120
    )
    assert (
        numbers(updated_at_gte=changed_since, order_by="updatedAt", order_direction="asc")
        == by_change
    )
    snake = {"order_by": "updated_at", "order_direction": "asc", "limit": "1"}
    answer = sim.call("GET", "/api/v2/messages", params=snake).json()
    assert answer["data"][0]["message_handle"] == "m000"


def test_what_is_deleted_or_unknown_is_not_found(sdk: SendblueAPI, sim: Simulation) -> None:
    (handle,) = sim.control("POST", "inbound", {"from": MAYA, "to": LINE, "content": "Hi"})[
        "handles"
    ]
    assert sim.call("DELETE", f"/api/message/{handle}").json()["status"] == "OK"
    with pytest.raises(NotFoundError):
        sdk.messages.retrieve(handle)
    with pytest.raises(NotFoundError):
        sdk.messages.get_status(handle="nobody")
    assert sim.call("GET", "/api/status", params={"message_handle": handle}).status_code == 400


def test_carousels_cards_and_replies(sdk: SendblueAPI, sim: Simulation) -> None:
    pictures = [f"{sim.url}/media/parcel.jpg", f"{sim.url}/media/mug.jpg"]
    carousel = sdk.send_carousel.send(number=MAYA, from_number=LINE, media_urls=pictures)
    assert (carousel.message_type, carousel.media_url) == ("carousel", pictures[0])
    with pytest.raises(BadRequestError, match="at least 2"):
        sdk.send_carousel.send(number=MAYA, from_number=LINE, media_urls=pictures[:1])
    reply = sdk.messages.send(
        number=MAYA,
        from_number=LINE,
        content="The left one",
        reply_to={"message_handle": carousel.message_handle or ""},
    )
    assert reply.reply_to is not None and reply.thread_originator is not None
    assert reply.reply_to.message_handle == carousel.message_handle
    with pytest.raises(BadRequestError, match="not in this conversation"):
        sdk.messages.send(
            number=WALTER,
            from_number=LINE,
            content="The left one",
            reply_to={"message_handle": carousel.message_handle or ""},
        )
    card = sdk.messages.send(
        number=MAYA,
        from_number=LINE,
        app_card={
            "app_name": "Orders",
            "extension_bundle_id": "example.orders",
            "team_id": "TEAM000001",
            "url": "https://example.test/1",
            "layout": {"caption": "On its way"},
        },
    )
    handle = card.message_handle or ""
    update = sdk.messages.update_app_card(
        handle, url="https://example.test/2", idempotency_key="once"
    )
    again = sdk.messages.update_app_card(
        handle, url="https://example.test/2", idempotency_key="once"
    )
    assert update.message_handle == again.message_handle != handle


def test_groups_keep_their_id_and_change(sdk: SendblueAPI, sim: Simulation) -> None:
    people = [MAYA, "+14155550181"]
    first = sdk.groups.send_message(from_number=LINE, numbers=people, content="Hello both")
    assert first.message_type == "group"
    group_id = str(_extra(first)["group_id"])
    again = sdk.groups.send_message(from_number=LINE, numbers=people[::-1], content="Again")
    assert _extra(again)["group_id"] == group_id
    assert (
        sdk.groups.modify(group_id=group_id, modify_type="add_recipient", number=NEWCOMER).status
        == "OK"
    )
    group = sdk.v2.groups.retrieve(group_id).data
    assert group is not None
    assert group.participant_numbers == [*people, NEWCOMER]
    assert group.participants and group.participants[0].name == "Maya Okafor"
    assert sdk.v2.groups.rename(group_id, group_name="Planters").data.group_name == "Planters"
    assert sdk.v2.groups.rename(group_id, group_name=None).data.group_name == ""
    with pytest.raises(BadRequestError, match="blank"):
        sdk.v2.groups.rename(group_id, group_name="  ")
    photo = sdk.v2.groups.set_photo(group_id, photo_url="https://example.test/p.png").data
    assert photo.group_photo is not None
    with pytest.raises(NotFoundError, match="Group not found"):
        sdk.v2.groups.retrieve("sb_group_unknown")
    sim.control("POST", "inbound", {"from": NEWCOMER, "to": LINE, "group_id": group_id})
    listed = sdk.messages.list(group_id=group_id, order_direction="asc").data
    assert listed is not None
    assert [row.from_number for row in listed] == [LINE, LINE, NEWCOMER]


def test_typing_lookup_and_media(sdk: SendblueAPI, sim: Simulation) -> None:
    sim.control("POST", "options", {"profile": "sdk"})
    assert sdk.typing_indicators.send(number=MAYA, from_number=LINE).status == "SENT"
    with pytest.raises(BadRequestError, match="No route mapping found"):
        sdk.typing_indicators.send(number=NEWCOMER, from_number=LINE)
    assert sdk.lookups.lookup_number(number=MAYA).service == "iMessage"
    assert sdk.lookups.lookup_number(number=WALTER).service == "SMS"
    upload = sdk.media_objects.upload(media_url="https://example.test/a.png")
    assert (upload.media_object_id or "").startswith("MO_")
    with pytest.raises(BadRequestError, match="Invalid media URL"):
        sdk.media_objects.upload(media_url="a.png")


def test_people_share_where_they_are(sdk: SendblueAPI, sim: Simulation, receiver: Receiver) -> None:
    assert sdk.location.retrieve(MAYA, from_number=LINE).state == "not_shared"
    sdk.webhooks.create(webhooks=[f"{receiver.url}/receive"], type="receive")
    asked = sdk.request_location.create(number=MAYA, from_number=LINE)
    assert (asked.status, asked.number) == ("QUEUED", MAYA)
    (shared,) = receiver.wait(1, "/receive")
    assert shared["message_type"] == "location"
    (place,) = sdk.location.list(from_number=LINE).locations or []
    assert place.location is not None
    assert (place.number, place.location.latitude) == (MAYA, shared["location"]["latitude"])
    with sdk.location.with_streaming_response.watch(MAYA, from_number=LINE) as stream:
        lines = stream.iter_lines()
        seen = [line for line, _ in zip(lines, range(5), strict=False) if line.startswith("event")]
    assert seen == ["event: ready", "event: location"]


def test_the_event_stream_tells_as_it_happens(sim: Simulation) -> None:
    path = "/api/v2/events?types=message.received"
    with sim.http.stream("GET", path, headers=KEYS) as stream:
        lines = stream.iter_lines()
        assert next(lines) == ": connected"
        sim.send(MAYA, "not asked for")
        (handle,) = sim.control("POST", "inbound", {"from": MAYA, "to": LINE, "content": "Hi"})[
            "handles"
        ]
        heard = next(line for line in lines if line.startswith("id: "))
    assert heard == f"id: message:{handle}:received"
