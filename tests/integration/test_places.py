"""Asking where people are and calling them: said once, refused in plain words, shown unharmed."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import pytest

from inbox.actions.facetime import call_by_facetime
from inbox.actions.locating import ask_location
from inbox.actions.performing import drain_gestures
from inbox.actions.queueing import Refused
from inbox.actions.sending import drain_sending
from inbox.failures import explain
from inbox.models import Fact, Kind, Line, Message, SendState, Thread
from inbox.presenting.cards import app_card
from inbox.presenting.places import shared_place
from sendblue_inbox.clock import now
from tests.factories import ANNA, OUR_LINE, make_agent, make_contact, make_thread, receive

if TYPE_CHECKING:
    from django.test import Client

    from sendblue_inbox.models import User
    from tests.conftest import Simulator

pytestmark = pytest.mark.django_db(transaction=True)
ASK, LOOK, CALL = "/api/request-location", "/api/location/*", "/facetime/start-call"


@pytest.fixture
def agent() -> User:
    return make_agent()


@pytest.fixture
def thread(simulator: Simulator) -> Thread:
    """Anna has written to us, and both sides know of it."""
    simulator.reset(lines=[OUR_LINE], contacts=[], messages=[])
    simulator.inbound(from_=ANNA, to=OUR_LINE, content="Hello")
    receive(content="Hello")
    return make_thread()


def row(kind: Kind) -> Message:
    return Message.objects.get(kind=kind)


def test_they_are_asked_once_and_looked_for_on_demand(
    thread: Thread, simulator: Simulator, agent: User, client: Client
) -> None:
    client.force_login(agent)
    for _ in range(2):
        client.post(f"/threads/{thread.pk}/location-request/")
    drain_sending()
    (asked,) = simulator.ledger(ASK)
    assert asked["body"] == {"number": ANNA, "from_number": OUR_LINE}
    request = row(Kind.LOCATION_REQUEST)
    assert request.send_state == SendState.ACCEPTED
    assert request.message_handle == asked["message_handle"]
    client.post(f"/messages/{request.pk}/place/")
    drain_gestures()
    page = client.get(f"/threads/{thread.pk}/").content.decode()
    assert "They do not share where they are" in page
    simulator.control("POST", "reset", {"lines": [OUR_LINE], "contacts": [], "messages": []})
    simulator.control("POST", "options", {"location_enabled": False})
    Message.objects.filter(pk=request.pk).update(details={})
    thread.gestures.update(wanted_at=now().replace(year=2020))
    client.post(f"/messages/{request.pk}/place/")
    drain_gestures()
    place = shared_place(row(Kind.LOCATION_REQUEST))
    assert place
    assert "dedicated Mac line" in place.note


def test_a_refused_question_says_what_it_needs(
    thread: Thread, simulator: Simulator, agent: User
) -> None:
    simulator.control("POST", "options", {"location_enabled": False})
    ask_location(thread, author=agent)
    drain_sending()
    refused = row(Kind.LOCATION_REQUEST)
    assert refused.send_state == SendState.REJECTED
    assert "dedicated Mac line" in explain(refused)
    assert ask_location(thread, author=agent).send_state == SendState.QUEUED


def test_a_call_that_a_line_cannot_make_is_remembered(
    thread: Thread, simulator: Simulator, agent: User, client: Client
) -> None:
    simulator.control("POST", "options", {"facetime_enabled": False})
    call_by_facetime(thread, author=agent)
    drain_sending()
    assert "not enabled for FaceTime" in Line.objects.get().facetime_refused
    client.force_login(agent)
    page = client.get(f"/threads/{thread.pk}/").content.decode()
    assert "has no FaceTime" in page
    assert "Try FaceTime again" in page
    simulator.control("POST", "options", {"facetime_enabled": True})
    client.post(f"/threads/{thread.pk}/facetime-call/")
    drain_sending()
    assert Line.objects.get().facetime_refused == ""
    assert len(simulator.ledger(CALL)) == 2
    with pytest.raises(Refused, match="a moment ago"):
        call_by_facetime(thread, author=agent)


def test_the_token_of_a_call_is_kept_nowhere(
    thread: Thread, simulator: Simulator, agent: User, caplog: pytest.LogCaptureFixture
) -> None:
    body = {"status": "OK", "agora": {"appId": "a", "channelName": "b", "token": "t0ken-7f"}}
    simulator.fault(method="POST", path=CALL, mode={"status": 200, "body": body})
    call_by_facetime(thread, author=agent)
    with caplog.at_level("DEBUG"):
        drain_sending()
    call = row(Kind.FACETIME_CALL)
    assert call.send_state == SendState.ACCEPTED
    kept = [*Message.objects.values(), *Fact.objects.values(), *Line.objects.values()]
    assert "t0ken-7f" not in str(kept) + caplog.text


def test_nobody_who_opted_out_is_asked_or_called(thread: Thread, agent: User) -> None:
    make_contact(ANNA, opted_out=True)
    for act in (ask_location, call_by_facetime):
        with pytest.raises(Refused):
            act(make_thread(), author=agent)


@pytest.mark.parametrize(
    ("place", "shown"),
    [
        (
            {"latitude": 37.7793, "longitude": -122.4193, "accuracy": 12},
            "37.77930° N, 122.41930° W",
        ),
        ({"latitude": "-1.5", "longitude": "2", "accuracy": -3}, "1.50000° S, 2.00000° E"),
        ({"latitude": 1e308, "longitude": 0}, ""),
        ({"latitude": 0, "longitude": -180.1}, ""),
        ({"latitude": math.inf, "longitude": math.nan}, None),
        ({"latitude": "<b>", "longitude": [1]}, None),
        ({"latitude": 1, "longitude": 2, "accuracy": 1e300}, "1.00000° N, 2.00000° E"),
    ],
)
def test_no_place_breaks_its_card(
    client: Client, agent: User, place: dict[str, Any], shown: str | None
) -> None:
    message = receive(content="", location=place, message_type="location")
    message.thread = make_thread()
    found = shared_place(message)
    assert (found and found.coordinates) == shown
    client.force_login(agent)
    page = client.get(f"/threads/{message.thread_id}/")
    assert page.status_code == 200
    assert ("openstreetmap.org" in page.content.decode()) is bool(shown)


@pytest.mark.parametrize(
    ("card", "name", "lines", "host"),
    [
        (
            {
                "appName": "Orders",
                "url": "https://shop.example.test/orders/1?token=1",
                "layout": {"caption": "Your order", "subcaption": "On its way", "imageTitle": 7},
            },
            *("Orders", ("7", "Your order", "On its way"), "shop.example.test"),
        ),
        ({"extensionBundleId": "test.app", "url": "javascript:alert(1)"}, "test.app", (), ""),
        (
            {"layout": "odd", "url": "https://[", "fallbackText": "A poll"},
            "App card",
            ("A poll",),
            "",
        ),
        ({"appName": {"a": 1}, "layout": {"caption": ["x"]}, "url": None}, "App card", (), ""),
        ({"appName": "x" * 9000, "url": "https://h" + "x" * 9000}, "x" * 200, (), ""),
    ],
)
def test_app_cards_of_every_shape_are_readable(
    client: Client, agent: User, card: dict[str, Any], name: str, lines: tuple[str, ...], host: str
) -> None:
    message = receive(content="", app_card=card)
    found = app_card(message)
    assert found
    assert (found.name, found.lines, found.host) == (name, lines, host)
    client.force_login(agent)
    page = client.get(f"/threads/{message.thread_id}/").content.decode()
    assert name in page
    assert "javascript:" not in page
