"""The pages as a browser without scripts gets them, and the fragments that htmx asks for."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest

from inbox.actions.queueing import queue_message
from inbox.models import Line, Message, Reader, SendState, Thread
from inbox.queries import place_of
from tests.factories import ANNA, BEN, make_agent, make_contact, make_line, make_thread, receive
from tests.factories import moment as seconds_from_now

if TYPE_CHECKING:
    from django.http import HttpResponse
    from django.test import Client

    from sendblue_inbox.models import User

pytestmark = pytest.mark.django_db
HTMX = {"HTTP_HX_REQUEST": "true"}


@pytest.fixture
def ana() -> User:
    """The agent who looks."""
    return make_agent(name="Ana Lima")


@pytest.fixture
def browser(client: Client, ana: User) -> Client:
    """Her browser."""
    client.force_login(ana)
    return client


def words(answer: HttpResponse) -> str:
    """What stands on the page, without its markup."""
    return " ".join(re.sub(r"<[^>]+>", " ", answer.content.decode()).split())


def rows(answer: HttpResponse) -> list[str]:
    """Who stands in the list, in order."""
    names = re.findall(r'class="row-name"[^>]*>([^<]*)', answer.content.decode())
    return [name.strip() for name in names]


def write(browser: Client, thread: Thread, content: str, **how: Any) -> HttpResponse:
    """Send as the composer does."""
    body = {"content": content, "client_ref": str(uuid4())} | how.pop("body", {})
    return browser.post(f"/threads/{thread.pk}/messages/", body, **how)


# --- who may look ---


@pytest.mark.parametrize("address", ["/", "/threads/", "/threads/new/", "/threads/list/"])
def test_nobody_looks_without_logging_in(client: Client, address: str) -> None:
    assert client.get(address, follow=True).redirect_chain[-1][0].startswith("/accounts/login/")


def test_a_fragment_without_a_login_is_no_login_page(client: Client) -> None:
    assert client.get("/threads/list/", **HTMX).status_code == 401
    assert client.post("/threads/1/messages/", **HTMX).status_code == 401


def test_a_thread_that_is_not_there_is_not_found(browser: Client) -> None:
    assert browser.get("/threads/999999/").status_code == 404
    assert browser.get(f"/threads/{2**70}/").status_code == 404
    assert browser.post("/messages/999999/again/").status_code == 404


def test_every_answer_forbids_inline_code(browser: Client) -> None:
    policy = browser.get("/threads/")["Content-Security-Policy"]
    assert "require-trusted-types-for 'script'" in policy
    assert "unsafe" not in policy


# --- the list ---


def test_the_list_shows_the_newest_first_and_filters(browser: Client, ana: User) -> None:
    make_contact(ANNA, first_name="Anna")
    make_contact(BEN, first_name="Ben")
    first = receive(number=ANNA, date_sent=seconds_from_now(-600)).thread
    receive(number=BEN, date_sent=seconds_from_now(-300))
    assert rows(browser.get("/threads/")) == ["Ben", "Anna"]

    browser.post(f"/threads/{first.pk}/assignment/", {"assignee": ana.pk})
    assert rows(browser.get("/threads/?view=mine")) == ["Anna"]
    browser.post(f"/threads/{first.pk}/closure/")
    assert rows(browser.get("/threads/")) == ["Ben"]
    assert rows(browser.get("/threads/?view=closed")) == ["Anna"]
    assert rows(browser.get("/threads/?q=0123")) == ["Anna"], "a search finds what is closed"
    browser.post(f"/threads/{first.pk}/closure/", {"reopen": "1"})
    assert rows(browser.get("/threads/")) == ["Ben", "Anna"]


@pytest.mark.parametrize(
    "address", ["?view=nonsense", "?line=x", "?line=-1", "?before=~", "?q=%00", "?count=9e9"]
)
def test_a_meddled_address_still_shows_the_list(browser: Client, address: str) -> None:
    receive()
    assert browser.get(f"/threads/{address}").status_code == 200
    assert browser.get(f"/threads/list/{address}").status_code == 200


def test_pages_of_the_list_neither_lose_nor_repeat_a_row(browser: Client) -> None:
    for at in range(95):
        receive(number=f"+1415666{at:04d}", date_sent=seconds_from_now(-(at // 5)))
    address, seen = "/threads/", []
    while address:
        page = browser.get(address).content.decode()
        seen += re.findall(r'id="thread-row-(\d+)"', page)
        following = re.search(r'class="load-more"\s+href="([^"]+)"', page)
        address = following[1].replace("&amp;", "&") if following else ""
    assert len(seen) == len(set(seen)) == 95


def test_opening_a_thread_reads_it_and_unread_takes_that_back(browser: Client) -> None:
    thread = receive().thread
    assert rows(browser.get("/threads/?view=unread"))
    browser.get(f"/threads/{thread.pk}/")
    assert not rows(browser.get("/threads/?view=unread"))
    browser.post(f"/threads/{thread.pk}/unread/")
    assert rows(browser.get("/threads/?view=unread"))
    assert browser.post(f"/threads/{thread.pk}/read/").status_code == 204
    assert not rows(browser.get("/threads/?view=unread"))


def test_looking_at_what_is_read_writes_nothing(browser: Client) -> None:
    thread = receive().thread
    browser.get(f"/threads/{thread.pk}/")
    before = Reader.objects.values_list("pk", "read_revision").get()
    browser.get(f"/threads/{thread.pk}/")
    assert Reader.objects.values_list("pk", "read_revision").get() == before


# --- what people write is text ---


def test_words_are_text_and_only_web_addresses_are_links(browser: Client) -> None:
    hostile = '<img src=x onerror=alert(1)> javascript:alert(2) http://ok.example/?a=1&b="x'
    make_contact(ANNA, first_name="<b>Anna</b>", tags=["<i>"], custom_variables={"<u>": "<s>"})
    thread = receive(content=hostile, media_url="javascript:alert(3)").thread
    page = browser.get(f"/threads/{thread.pk}/").content.decode()
    assert "&lt;img src=x onerror=alert(1)&gt;" in page
    assert 'href="http://ok.example/?a=1&amp;b="' in page
    for raw in ("<img src=x", 'href="javascript', "<b>Anna", "<i>", "<u>", "<s>"):
        assert raw not in page


def test_what_is_no_text_is_shown_in_words(browser: Client) -> None:
    receive(content="", media_url="https://files.example/a/IMG_1.heic?sig=1")
    receive(content="", message_type="location", location={"latitude": 52.5, "longitude": 13.4})
    thread = receive(content="", message_type="sticker").thread
    page = browser.get(f"/threads/{thread.pk}/")
    assert "IMG_1.heic Being copied" in words(page)
    assert "openstreetmap.org/?mlat=52.500000&amp;mlon=13.400000" in page.content.decode()
    assert "A “sticker” that cannot be shown here" in words(page)


def test_days_begin_in_the_zone_of_the_browser(browser: Client) -> None:
    midnight = seconds_from_now().replace(hour=12, minute=30, second=0) - timedelta(days=30)
    receive(date_sent=midnight - timedelta(hours=2))
    thread = receive(date_sent=midnight).thread
    days = r'id="day-([\d-]+)"'
    page = browser.get(f"/threads/{thread.pk}/").content.decode()
    assert len(re.findall(days, page)) == 1
    browser.cookies["timezone"] = "Pacific/Auckland"  # 12 or 13 hours ahead
    page = browser.get(f"/threads/{thread.pk}/").content.decode()
    assert len(re.findall(days, page)) == 2


# --- older and newer messages ---


def test_older_pages_lead_to_the_first_message_without_gaps(browser: Client) -> None:
    for at in range(130):
        message = receive(content=f"Number {at}", date_sent=seconds_from_now(at // 7 - 1000))
    address, seen = f"/threads/{message.thread_id}/", list[str]()
    while address:
        page = browser.get(address).content.decode()
        seen = re.findall(r'id="message-(\d+)"', page) + seen
        older = re.search(r'id="older".*?href="([^"]+)"', page, re.DOTALL)
        address = older[1].replace("&amp;", "&") if older else ""
    expected = Message.objects.order_by("date_sent", "message_handle", "pk")
    assert seen == [str(pk) for pk in expected.values_list("pk", flat=True)]


# --- what changed ---


def test_changes_bring_what_is_new_and_what_moved_on(browser: Client, ana: User) -> None:
    thread = receive(content="First").thread
    sent = queue_message(thread, author=ana, content="Ours", client_ref=uuid4())
    since = Thread.objects.get(pk=thread.pk).revision
    receive(content="Second")
    page = browser.get(f"/threads/{thread.pk}/changes/?since={since}", **HTMX).content.decode()
    assert "Second" in page
    assert "First" not in page and f"message-{sent.pk}" not in page
    now = Thread.objects.get(pk=thread.pk).revision
    assert f'id="since" value="{now}"' in page
    browser.post(f"/messages/{sent.pk}/cancellation/", **HTMX)
    page = browser.get(f"/threads/{thread.pk}/changes/?since={now}", **HTMX).content.decode()
    assert 'hx-swap="innerMorph"' in page and f"message-{sent.pk}" not in page


def test_whoever_reads_further_up_stays_there_when_a_message_is_taken_back(
    browser: Client, ana: User
) -> None:
    for at in range(70):
        message = receive(content=f"Number {at}", date_sent=seconds_from_now(at - 100))
    thread = message.thread
    taken_back = queue_message(thread, author=ana, content="Oops", client_ref=uuid4())
    since = Thread.objects.get(pk=thread.pk).revision
    browser.post(f"/messages/{taken_back.pk}/cancellation/", **HTMX)
    asked = {"since": since, "first": str(place_of(Message.objects.get(content="Number 3")))}
    answer = browser.get(f"/threads/{thread.pk}/changes/", asked, **HTMX)
    assert re.findall(r"Number \d+", words(answer)) == [f"Number {at}" for at in range(3, 70)]


# --- sending ---


def test_the_composer_answers_a_script_with_nothing_but_news(browser: Client) -> None:
    thread = make_thread()
    answer = write(browser, thread, "Hello", **HTMX)
    assert (answer.status_code, answer.content) == (204, b"")
    assert "thread-acted" in answer["HX-Trigger"]
    assert thread.messages.get().content == "Hello"


def test_sending_without_scripts_leads_back_to_the_thread(browser: Client) -> None:
    thread = make_thread()
    answer = write(browser, thread, "Hello", follow=True)
    assert answer.redirect_chain == [(f"/threads/{thread.pk}/", 302)]
    assert "Hello" in words(answer)


def test_the_same_form_sent_twice_is_one_message(browser: Client) -> None:
    thread, body = make_thread(), {"client_ref": str(uuid4())}
    write(browser, thread, "Once", body=body)
    write(browser, thread, "Once", body=body)
    assert thread.messages.count() == 1


@pytest.mark.parametrize("how", [{}, HTMX])
def test_a_refusal_stands_beside_the_composer_and_keeps_the_draft(
    browser: Client, how: dict[str, str]
) -> None:
    thread = make_thread()
    make_contact(ANNA, opted_out=True)
    answer = write(browser, thread, "My long answer", **how)
    assert answer.status_code == 422
    assert "has opted out" in words(answer)
    # A script still has the words; without one the page gives them back.
    assert ("My long answer" in words(answer)) is not bool(how)
    assert not thread.messages.exists()


def test_a_waiting_message_gives_its_words_back(browser: Client, ana: User) -> None:
    thread = make_thread()
    message = queue_message(thread, author=ana, content="Too early", client_ref=uuid4())
    answer = browser.post(f"/messages/{message.pk}/cancellation/")
    assert ">Too early</textarea>" in answer.content.decode()
    assert not thread.messages.exists()
    assert browser.post(f"/messages/{message.pk}/cancellation/").status_code == 404


def test_a_failed_message_offers_one_more_attempt(browser: Client, ana: User) -> None:
    thread = make_thread()
    message = queue_message(thread, author=ana, content="Hello", client_ref=uuid4())
    Message.objects.filter(pk=message.pk).update(
        send_state=SendState.REJECTED, status="ERROR", error_code="5003"
    )
    page = words(browser.get(f"/threads/{thread.pk}/"))
    assert "Not sent. Sendblue was too busy" in page and "Send again" in page
    ref = {"client_ref": str(uuid4())}
    browser.post(f"/messages/{message.pk}/again/", ref)
    browser.post(f"/messages/{message.pk}/again/", ref)
    assert thread.messages.count() == 2
    page = words(browser.get(f"/threads/{thread.pk}/"))
    assert "It was sent again" in page and "Send again" not in page


def test_an_unknown_send_is_left_to_a_person(browser: Client, ana: User) -> None:
    thread = make_thread()
    message = queue_message(thread, author=ana, content="Hello", client_ref=uuid4())
    unknown = Message.objects.filter(pk=message.pk)
    unknown.update(send_state=SendState.UNKNOWN, resolve_after=seconds_from_now(60))
    page = words(browser.get(f"/threads/{thread.pk}/"))
    assert "Checking whether it was sent" in page and "Mark as sent" not in page
    unknown.update(resolve_after=None)
    page = words(browser.get(f"/threads/{thread.pk}/"))
    assert "Check the phone" in page and "Send again" in page
    browser.post(f"/messages/{message.pk}/sent/")
    assert "Marked as sent" in words(browser.get(f"/threads/{thread.pk}/"))


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"status": "DELIVERED", "service": "iMessage"}, "Delivered"),
        ({"status": "SENT", "service": "SMS"}, "Sent. SMS gives no proof of delivery"),
        ({"status": "SENT", "service": "iMessage"}, "Sent"),
        ({"status": "QUEUED", "service": "iMessage"}, "Accepted by Sendblue"),
        ({"status": "A_NEW_WORD", "service": "iMessage"}, "Accepted by Sendblue"),
    ],
)
def test_no_more_is_said_than_is_proved(browser: Client, fields: dict[str, str], said: str) -> None:
    thread = receive(is_outbound=True, **fields).thread
    page = browser.get(f"/threads/{thread.pk}/").content.decode()
    state = re.search(r'<span class="state[^>]*>(.*?)</span>', page, re.DOTALL)
    assert state and " ".join(re.sub(r"<time.*|<[^>]*>", "", state[1]).split()) == said


# --- a new conversation ---


def test_a_first_message_starts_a_conversation(browser: Client) -> None:
    line = make_line()
    body = {"line": line.pk, "number": "(415) 555-0123", "content": "Hi", "client_ref": uuid4()}
    answer = browser.post("/threads/new/", body, follow=True)
    thread = Thread.objects.get()
    assert thread.contact and thread.contact.number == ANNA
    assert answer.redirect_chain == [(f"/threads/{thread.pk}/", 302)]


def test_a_refused_first_message_keeps_everything_that_was_typed(browser: Client) -> None:
    line = make_line()
    body = {"line": line.pk, "number": "12", "content": "Hi there", "client_ref": uuid4()}
    answer = browser.post("/threads/new/", body)
    assert answer.status_code == 422
    page = answer.content.decode()
    assert "is not a phone number" in page and 'value="12"' in page and "Hi there" in page
    assert not Thread.objects.exists()


def test_the_line_is_suggested_with_its_reason(browser: Client, ana: User) -> None:
    shop, studio = make_line(), make_line("+14155550199", name="Studio")
    assert "Sendblue reports it as online" in words(browser.get("/threads/new/"))
    thread = make_thread(studio, BEN)
    queue_message(thread, author=ana, content="Hi", client_ref=uuid4())
    page = browser.get("/threads/new/?number=%2B14155559999")
    assert "You used it last" in words(page)
    assert f'<option value="{studio.pk}" selected' in page.content.decode()
    make_thread(shop, ANNA)
    page = browser.get("/threads/new/?number=%2B14155550123")
    assert "knows you by this line" in words(page)
    assert f'<option value="{shop.pk}" selected' in page.content.decode()
    Line.objects.filter(pk=shop.pk).update(blocked_at=seconds_from_now())
    page = browser.get("/threads/new/?number=%2B14155550123")
    assert "It is your only line that can send" in words(page)


def test_an_agent_may_want_enter_to_start_a_line(browser: Client, ana: User) -> None:
    browser.post("/preferences/", {})
    ana.refresh_from_db()
    assert not ana.enter_sends
    browser.post("/preferences/", {"enter_sends": "on"}, **HTMX)
    ana.refresh_from_db()
    assert ana.enter_sends
