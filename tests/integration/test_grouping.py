"""Groups from beginning to end against the simulator: begun once, changed when a phone says so."""

from __future__ import annotations

import io
import uuid
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from django.core.files.storage import default_storage
from django.db.models import F
from PIL import Image

from inbox.actions.group_reading import ask, drain_groups
from inbox.actions.grouping import (
    add_person,
    photograph,
    remove_person,
    rename,
    start_group,
)
from inbox.actions.queueing import Refused, mark_as_sent, queue_message
from inbox.actions.recording import record_answer, record_message
from inbox.actions.resolving import drain_resolving
from inbox.actions.sending import drain_sending
from inbox.models import FormerThread, Line, Message, Reader, SendState, Thread
from inbox.presenting.groups import lines_to_try
from sendblue_inbox.sendblue.payloads import MessagePayload
from tests.factories import make_agent, make_contact, make_line, moment, report

from .test_races import at_once

if TYPE_CHECKING:
    from django.test import Client

    from inbox.models import Kind
    from sendblue_inbox.models import User
    from tests.conftest import Simulator

pytestmark = pytest.mark.django_db(transaction=True)
LINE, OTHER_LINE = "+15550100001", "+15550100002"
ANNA, BEN, CARLA, DORA = (f"+1415555018{n}" for n in range(4))
SEND = "/api/send-group-message"


@pytest.fixture
def ana(simulator: Simulator) -> User:
    """An agent, at an account with two lines and nobody to talk to yet."""
    simulator.reset(lines=[LINE, OTHER_LINE], contacts=[], messages=[])
    simulator.control("POST", "options", {"group_confirm_s": 0.0, "sent_after_s": 3600.0})
    make_line(LINE, seconds_per_message=0.01)
    make_line(OTHER_LINE)
    return make_agent(name="Ana")


def begin(ana: User, *numbers: str, content: str = "Hello all") -> Thread:
    thread = start_group(
        line=Line.objects.get(number=LINE),
        numbers=numbers,
        author=ana,
        client_ref=uuid.uuid4(),
        content=content,
    )
    drain_sending()
    return Thread.objects.filter(pk=thread.pk).first() or Thread.objects.get(former=thread.pk)


def again_soon(**columns: Any) -> None:
    """What waits for a moment has waited long enough."""
    for column, ago in columns.items():
        moment = F(column) - timedelta(seconds=ago)
        Message.objects.filter(**{f"{column}__isnull": False}).update(**{column: moment})


def shown(simulator: Simulator) -> dict[str, Any]:
    (group,) = simulator.state()["groups"]
    return group


def newest(kind: Kind | str) -> Message:
    return Message.objects.filter(kind=kind).latest("pk")


# --- beginning ---


def test_the_first_message_makes_the_group_and_the_second_waits_for_its_id(
    simulator: Simulator, ana: User
) -> None:
    reference = uuid.uuid4()
    told = {"numbers": [ANNA, BEN, ANNA], "author": ana, "client_ref": reference}
    line = Line.objects.get(number=LINE)
    thread = start_group(line=line, content="Hello both", **told)
    assert start_group(line=line, content="Hello both", **told) == thread
    queue_message(thread, author=ana, content="And this", client_ref=uuid.uuid4())
    simulator.fault(method="POST", path=SEND, mode="reset_after", times=1)
    drain_sending()
    posts = simulator.ledger(SEND)
    assert [post["body"].get("numbers") for post in posts] == [[ANNA, BEN]]
    # The answer was lost: nothing else leaves, however long that lasts, and nobody is asked twice.
    again_soon(attempted_at=120, send_after=120)
    drain_sending()
    assert len(simulator.ledger(SEND)) == 1
    again_soon(resolve_after=10)
    drain_resolving()
    thread.refresh_from_db()
    assert thread.group_id == shown(simulator)["group_id"]
    drain_sending()
    second = simulator.ledger(SEND)[1]["body"]
    assert (second.get("numbers"), second["group_id"]) == (None, thread.group_id)
    states = set(Message.objects.values_list("send_state", flat=True))
    assert states == {SendState.ACCEPTED}


def test_a_group_that_a_person_vouches_for_is_found_when_somebody_answers(
    simulator: Simulator, ana: User
) -> None:
    simulator.fault(method="POST", path=SEND, mode="reset_after", times=1)
    thread = begin(ana, ANNA, BEN)
    mark_as_sent(thread.messages.get(), by=ana)
    queue_message(thread, author=ana, content="Anybody?", client_ref=uuid.uuid4())
    drain_sending()
    assert len(simulator.ledger(SEND)) == 1
    told = {"group_id": shown(simulator)["group_id"], "participants": [ANNA, BEN, LINE]}
    body = report(line=LINE, number=BEN, message_handle="here", **told)
    record_message(MessagePayload.parse(body, lines=[LINE]), seen_at=moment())
    drain_sending()
    assert simulator.ledger(SEND)[1]["body"]["group_id"] == Thread.objects.get().group_id


def test_what_was_refused_gives_its_place_to_the_next(simulator: Simulator, ana: User) -> None:
    refusal = {"status": 400, "body": {"status": "ERROR", "error_message": "No"}}
    simulator.fault(method="POST", path=SEND, mode=refusal, times=1)
    thread = begin(ana, ANNA, BEN)
    assert thread.awaits_group_id
    queue_message(thread, author=ana, content="Once more", client_ref=uuid.uuid4())
    drain_sending()
    thread.refresh_from_db()
    assert thread.group_id == shown(simulator)["group_id"]


def test_two_threads_become_one_and_their_screens_follow(
    simulator: Simulator, ana: User, client: Client
) -> None:
    there = begin(ana, ANNA, BEN, content="First")
    Reader.objects.create(thread=there, user=ana, read_revision=7)
    begun = begin(ana, BEN, ANNA, content="Second")
    assert begun == there, "Sendblue knows these people"
    former = FormerThread.objects.get()
    written = there.messages.order_by("revision").values_list("content", flat=True)
    assert list(written) == ["First", "Second"]
    assert Reader.objects.get().read_revision == 7
    client.force_login(ana)
    answer = client.get(f"/threads/{former.pk}/")
    assert answer["Location"] == f"/threads/{there.pk}/"
    changes = client.get(f"/threads/{former.pk}/changes/?since=0", headers={"HX-Request": "true"})
    assert f"/threads/{there.pk}/" in changes["HX-Trigger"]
    body = {"content": "Third", "client_ref": uuid.uuid4()}
    client.post(f"/threads/{former.pk}/messages/", body, headers={"HX-Request": "true"})
    assert there.messages.filter(content="Third").exists()


def test_the_answer_and_a_webhook_at_the_same_moment(simulator: Simulator, ana: User) -> None:
    for turn in range(5):
        ours = begin(ana, f"+1415555{turn:04d}", f"+1415556{turn:04d}").messages.get()
        Thread.objects.filter(pk=ours.thread_id).update(group_id=f"new-{turn}")
        told = {"group_id": f"sb_group_race_{turn}", "participants": []}
        ours_again = report(line=LINE, is_outbound=True, message_handle=ours.message_handle, **told)
        theirs = report(line=LINE, message_handle=f"race-{turn}", **told)

        def reported(body: dict[str, Any]) -> None:
            record_message(MessagePayload.parse(body, lines=[LINE]), seen_at=moment())

        at_once(
            lambda: record_answer(ours, MessagePayload.parse(ours_again, lines=[LINE])),  # noqa: B023
            lambda: reported(theirs),  # noqa: B023
            lambda: reported(ours_again),  # noqa: B023
        )
        thread = Thread.objects.get(group_id=told["group_id"])
        handles = thread.messages.values_list("message_handle", flat=True)
        assert set(handles) == {ours.message_handle, f"race-{turn}"}
    assert not Thread.objects.filter(group_id__startswith="new-").exists()


@pytest.mark.parametrize(
    ("numbers", "said"),
    [
        ([ANNA, "12", "x@"], ["“12” is not", "“x@” is not"]),
        ([ANNA, LINE], ["is one of your own lines"]),
        (
            [f"+1415555{n:04d}" for n in range(100, 125)],
            ["at most 25 people, with you. Take out 1"],
        ),
        ([ANNA, BEN], ["Ben Lee has opted out"]),
    ],
)
def test_wrong_numbers_are_named_one_by_one(
    ana: User, client: Client, numbers: list[str], said: list[str]
) -> None:
    make_contact(BEN, first_name="Ben", last_name="Lee", opted_out=True)
    client.force_login(ana)
    line = Line.objects.get(number=LINE)
    typed = {"number": ", ".join(numbers), "line": line.pk, "content": "Hi", "client_ref": "1"}
    answer = client.post("/threads/new/", typed | {"client_ref": uuid.uuid4()})
    page = answer.content.decode()
    assert answer.status_code == 422 and not Thread.objects.exists()
    for words in said:
        assert words in page
    assert "(415) 555-" in page and ">Hi</textarea>" in page


def test_the_same_people_are_offered_their_group(ana: User, client: Client) -> None:
    there = begin(ana, ANNA, BEN)
    client.force_login(ana)
    typed = {"number": f"{BEN};{ANNA}", "line": there.line_id, "content": "Hi again"}
    answer = client.post("/threads/new/", typed | {"client_ref": uuid.uuid4()})
    assert answer.status_code == 422
    assert f'name="group" value="{there.pk}"' in answer.content.decode()
    chosen = typed | {"client_ref": uuid.uuid4(), "group": there.pk}
    answer = client.post("/threads/new/", chosen)
    assert answer["Location"] == f"/threads/{there.pk}/"
    assert there.messages.filter(content="Hi again").exists()


# --- changing ---


def test_changes_hold_when_a_phone_confirmed_them(simulator: Simulator, ana: User) -> None:
    thread = begin(ana, ANNA, BEN)
    told = {"author": ana}
    with pytest.raises(Refused, match="four or more; this one has three, with you"):
        remove_person(thread, make_contact(BEN), client_ref=uuid.uuid4(), **told)
    rename(thread, "  Lunch \n club ", client_ref=uuid.uuid4(), **told)
    add_person(thread, "(415) 555-0182", client_ref=uuid.uuid4(), **told)
    picture = io.BytesIO()
    Image.new("RGB", (60, 40), "red").save(picture, "JPEG")
    photograph(thread, io.BytesIO(picture.getvalue()), client_ref=uuid.uuid4(), **told)
    fresh = Thread.objects.get()
    assert (fresh.title, len(fresh.people)) == ("(415) 555-0180 and (415) 555-0181", 2)
    drain_sending()
    fresh = Thread.objects.get()
    assert fresh.title == shown(simulator)["name"] == "Lunch club"
    assert [person.number for person in fresh.people] == shown(simulator)["numbers"]
    remove_person(fresh, make_contact(ANNA), client_ref=uuid.uuid4(), **told)
    drain_sending()
    drain_groups()
    fresh = Thread.objects.get()
    assert [person.number for person in fresh.people] == shown(simulator)["numbers"]
    assert [member.contact.number for member in fresh.members if member.left_at] == [ANNA]
    with default_storage.open(fresh.group_photo) as kept, Image.open(kept) as small:
        assert small.format == "WEBP"
    for text in ("nonsense", LINE, CARLA):
        with pytest.raises(Refused):
            add_person(fresh, text, client_ref=uuid.uuid4(), **told)
    with pytest.raises(Refused, match="JPEG, PNG or GIF"):
        photograph(fresh, io.BytesIO(b"<svg/>"), client_ref=uuid.uuid4(), **told)


def test_refusals_of_the_line_offer_another(
    simulator: Simulator, ana: User, client: Client
) -> None:
    thread = begin(ana, ANNA, BEN)
    simulator.control("POST", "options", {"lines_without_group_photo": [LINE]})
    photograph(thread, None, author=ana, client_ref=uuid.uuid4())
    refusal = {
        "status": 404,
        "body": {"status": "ERROR", "message": "no", "error_code": "line_not_registered"},
    }
    simulator.fault(method="POST", path="/api/modify-group", mode=refusal, times=1)
    add_person(thread, DORA, author=ana, client_ref=uuid.uuid4())
    drain_sending()
    assert newest("group_photo").error_code == "unsupported_line"
    assert lines_to_try(newest("group_photo")) == []
    refused = newest("group_add")
    (other,) = lines_to_try(refused)
    assert other.number == OTHER_LINE
    client.force_login(ana)
    page = client.get(f"/threads/{thread.pk}/").content.decode()
    assert "This line cannot change the picture" in page
    assert "Sendblue does not know this line as yours" in page and "Try as this line" in page
    told = {"line": other.pk, "client_ref": uuid.uuid4()}
    for _double_click in range(2):
        client.post(f"/messages/{refused.pk}/line/", told)
    drain_sending()
    assert simulator.ledger("/api/modify-group")[-1]["body"]["from_number"] == OTHER_LINE
    assert newest("group_add").send_state == SendState.ACCEPTED
    refused.refresh_from_db()
    assert refused.trouble_settled_at and lines_to_try(refused) == []


@pytest.mark.parametrize(("mode", "happened"), [("reset_after", True), ("reset_before", False)])
def test_the_group_tells_whether_a_lost_change_happened(
    simulator: Simulator, ana: User, mode: str, happened: bool
) -> None:
    thread = begin(ana, ANNA, BEN)
    simulator.fault(method="POST", path="/api/modify-group", mode=mode, times=1)
    add_person(thread, CARLA, author=ana, client_ref=uuid.uuid4())
    drain_sending()
    change = newest("group_add")
    assert (change.send_state, change.stage) == (SendState.UNKNOWN, "unknown")
    assert len(Thread.objects.get().people) == 2
    again_soon(resolve_after=10)
    drain_resolving()
    change.refresh_from_db()
    assert change.send_state == (SendState.ACCEPTED if happened else SendState.UNKNOWN)
    again_soon(resolve_after=300, attempted_at=1000)
    drain_resolving()
    change.refresh_from_db()
    assert change.send_state == (SendState.ACCEPTED if happened else SendState.REJECTED)
    assert [person.number for person in Thread.objects.get().people] == shown(simulator)["numbers"]
    assert len(simulator.ledger("/api/modify-group")) == 1


def test_a_group_is_found_by_its_name_and_by_its_people(ana: User, client: Client) -> None:
    thread = begin(ana, ANNA, BEN)
    Thread.objects.update(group_display_name="Friday lunch")
    client.force_login(ana)
    for words in ("day LUN", BEN[-6:]):
        page = client.get("/threads/", {"q": words}).content.decode()
        assert f"thread-row-{thread.pk}" in page
    assert "thread-row-" not in client.get("/threads/", {"q": "Saturday"}).content.decode()


def test_a_group_is_asked_about_when_it_is_opened_after_a_day(
    simulator: Simulator, ana: User, client: Client
) -> None:
    thread = begin(ana, ANNA, BEN)
    group_id = thread.group_id
    simulator.inbound(from_=CARLA, to=LINE, group_id=group_id, content="I am in it too")
    client.force_login(ana)
    client.get(f"/threads/{thread.pk}/")
    drain_groups()
    assert [person.number for person in Thread.objects.get().people] == [ANNA, BEN, CARLA]
    client.get(f"/threads/{thread.pk}/")
    drain_groups()
    assert len(simulator.ledger(f"/api/v2/groups/{group_id}")) == 1
    ask(thread)
    drain_groups()
    assert len(simulator.ledger(f"/api/v2/groups/{group_id}")) == 2
