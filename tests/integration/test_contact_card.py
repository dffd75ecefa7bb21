"""One person’s card: what can be typed into it, who did what, what was agreed, gone and back."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from contacts.actions.editing import edit_contact, remove_contact
from contacts.actions.pushing import drain_pushing
from contacts.actions.saving import record_contacts
from contacts.models import ConsentChange, Contact, ContactImport, ImportRow
from inbox.actions.looking_up import drain_looking
from inbox.models import Line
from sendblue_inbox.sendblue.client import client_from_settings
from tests.factories import ANNA, BEN, make_agent, make_contact, make_line, make_thread, receive

if TYPE_CHECKING:
    from django.http import HttpResponse
    from django.test import Client

    from sendblue_inbox.models import User
    from tests.conftest import Simulator

pytestmark = pytest.mark.django_db(transaction=True)
HTMX = {"HTTP_HX_REQUEST": "true"}


@pytest.fixture
def ana() -> User:
    return make_agent(name="Ana Lima")


@pytest.fixture
def browser(client: Client, ana: User) -> Client:
    client.force_login(ana)
    return client


@pytest.fixture
def anna() -> Contact:
    return make_contact(ANNA, first_name="Anna", tags=["vip"], custom_variables={"plan": "a"})


def words(answer: HttpResponse) -> str:
    """What stands on the page, without its markup."""
    return " ".join(re.sub(r"<[^>]+>", " ", answer.content.decode()).split())


def put(browser: Client, contact: Contact, field: str, value: str, seen: str, **how: Any) -> Any:
    address = f"/contacts/{contact.pk}/fields/{field}/"
    return browser.post(address, {"value": value, "seen": seen}, **how)


def at_sendblue(simulator: Simulator, number: str = ANNA) -> dict[str, Any]:
    found = [row for row in simulator.state()["contacts"] if row["phone"] == number]
    return found[0] if found else {}


# --- somebody new ---


@pytest.mark.parametrize(
    ("typed", "line", "kept"),
    [
        ("(415) 555-0123", "+14155550100", "+14155550123"),
        ("0151 23456789", "+4930123456", "+4915123456789"),
        ("+44 20 7946 0958", "+14155550100", "+442079460958"),
        (" Anna@Example.com ", "+14155550100", "anna@example.com"),
    ],
)
def test_a_number_is_read_as_it_is_written_where_our_lines_are(
    browser: Client, typed: str, line: str, kept: str
) -> None:
    make_line(line)
    assert kept in words(browser.get("/contacts/number/", {"number": typed}))
    answer = browser.post("/contacts/new/", {"number": typed, "first_name": "Anna"})
    made = Contact.objects.get(number=kept)
    assert answer["Location"] == f"/contacts/{made.pk}/"
    assert (made.first_name, made.push_state) == ("Anna", "waiting")


def test_whoever_is_there_already_is_named_and_stays_as_they_are(
    browser: Client, anna: Contact
) -> None:
    told = browser.get("/contacts/number/", {"number": "415 555 0123"})
    assert f'href="/contacts/{anna.pk}/"' in told.content.decode()
    typed = {"number": ANNA, "first_name": "Annie", "label": ["shoe"], "variable": ["42"]}
    answer = browser.post("/contacts/new/", typed)
    page = answer.content.decode()
    assert (answer.status_code, 'value="Annie"' in page, 'value="42"' in page) == (422, True, True)
    anna.refresh_from_db()
    assert anna.first_name == "Anna"


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("number", "12", "is not a phone number"),
        ("number", "", "The number is missing."),
        ("first_name", "x" * 201, "The first name has 201 characters; 200 is the most."),
        ("last_name", "a\x00b", "The last name has a character in it that cannot be kept."),
        ("assigned_to_email", "ana", "is not an e-mail address."),
        ("tags", "a," + "b" * 101, "A tag has 101 characters"),
    ],
)
def test_what_cannot_be_kept_is_said_and_nothing_typed_is_lost(
    browser: Client, field: str, value: str, sentence: str
) -> None:
    typed = {"number": BEN, "company_name": "Birch & Co"} | {field: value}
    answer = browser.post("/contacts/new/", typed)
    assert answer.status_code == 422
    assert sentence in words(answer).replace("&#x27;", "'")
    assert "Birch &amp; Co" in answer.content.decode()
    assert not Contact.objects.exists()


# --- edits ---


def test_an_edit_is_kept_noted_and_on_its_way(browser: Client, anna: Contact, ana: User) -> None:
    answer = put(browser, anna, "first_name", "  Anne   Marie ", "Anna", **HTMX)
    assert (answer.status_code, f"contact-{anna.pk}" in answer["HX-Trigger"]) == (204, True)
    browser.post(f"/contacts/{anna.pk}/tags/", {"add": "new, vip,"})
    browser.post(f"/contacts/{anna.pk}/tags/", {"drop": "vip"})
    browser.post(f"/contacts/{anna.pk}/variables/", {"label": "shoe", "value": "42"})
    browser.post(f"/contacts/{anna.pk}/variables/", {"label": "plan", "drop": "1"})
    anna.refresh_from_db()
    assert (anna.first_name, anna.tags, anna.push_state) == ("Anne Marie", ["new"], "waiting")
    assert anna.custom_variables == {"shoe": "42"}
    said = words(browser.get(f"/contacts/{anna.pk}/history/", **HTMX))
    for step in ("First name was Anna is Anne Marie", "Tag was vip removed", "shoe is 42"):
        assert step in said
    assert "Ana Lima" in said
    card = words(browser.get(f"/contacts/{anna.pk}/card/", **HTMX))
    assert "Saved here, waiting to be saved at Sendblue" in card


def test_a_save_over_a_newer_value_shows_both(browser: Client, anna: Contact) -> None:
    ben = make_agent("ben@example.com", name="Ben Oz")
    edit_contact(anna, author=ben, first_name="Anne", custom_variables={"plan": "b"})
    clash = put(browser, anna, "first_name", "Annie", "Anna", **HTMX)
    assert clash.status_code == 409
    assert "Ben Oz changed it just now" in words(clash)
    assert "Mine: Annie" in words(clash) and "Theirs: Anne" in words(clash)
    variable = {"label": "plan", "value": "c", "seen": "a"}
    address = f"/contacts/{anna.pk}/variables/"
    assert browser.post(address, variable, **HTMX).status_code == 409
    page = put(browser, anna, "first_name", "Annie", "Anna")
    assert (page.status_code, 'value="Annie"' in page.content.decode()) == (409, True)
    assert put(browser, anna, "first_name", "Annie", "Anne", **HTMX).status_code == 204
    # Two who mean the same do not disagree.
    assert put(browser, anna, "first_name", "Annie", "Anna", **HTMX).status_code == 204
    anna.refresh_from_db()
    assert (anna.first_name, anna.custom_variables) == ("Annie", {"plan": "b"})


@pytest.mark.parametrize(
    ("address", "body", "sentence"),
    [
        ("fields/first_name/", {"value": "x" * 201}, "201 characters"),
        ("fields/assigned_to_email/", {"value": "ana"}, "is not an e-mail address"),
        ("fields/sendblue_number/", {"value": "12"}, "is not a phone number"),
        ("tags/", {"add": "\x00"}, "cannot be kept"),
        ("variables/", {"label": "", "value": "1"}, "The label is missing."),
        ("variables/", {"label": "size", "value": ""}, "Give size a value."),
        ("variables/", {"label": "plan", "value": "z"}, "plan is there already: a."),
        ("consent/", {"opted_out": "no", "note": " "}, "Say how you know"),
    ],
)
def test_a_refusal_stands_beside_its_field(
    browser: Client, anna: Contact, address: str, body: dict[str, str], sentence: str
) -> None:
    before = Contact.objects.values().get()
    answer = browser.post(f"/contacts/{anna.pk}/{address}", body, **HTMX)
    assert answer.status_code == 422
    assert sentence in words(answer)
    assert 'id="card-error-' in answer.content.decode()
    assert Contact.objects.values().get() == before


def test_a_conflict_is_shown_with_both_sides_and_picked(
    browser: Client, simulator: Simulator, ana: User
) -> None:
    old = {"phone": ANNA, "first_name": "Anna", "custom_variables": {"plan": "a", "size": "s"}}
    simulator.reset(contacts=[old])
    record_contacts(client_from_settings().list_contacts())
    anna = Contact.objects.get(number=ANNA)
    theirs = {"plan": "theirs", "size": "theirs"}
    client_from_settings().update_contact(number=ANNA, first_name="Anne", custom_variables=theirs)
    ours = {"plan": "ours", "size": "ours"}
    edit_contact(anna, author=ana, first_name="Annie", custom_variables=ours)
    record_contacts(client_from_settings().list_contacts())
    card = words(browser.get(f"/contacts/{anna.pk}/card/", **HTMX))
    assert "Here, by Ana Lima, just now Annie" in card
    assert "At Sendblue, seen just now Anne" in card
    address = f"/contacts/{anna.pk}/conflicts/"
    browser.post(address, {"field": "first_name", "keep": "theirs"}, **HTMX)
    browser.post(address, {"field": "custom_variables.plan", "keep": "ours"}, **HTMX)
    anna.refresh_from_db()
    assert anna.conflicts == {"custom_variables.size": "theirs"}
    # An edit of another variable does not settle it.
    browser.post(f"/contacts/{anna.pk}/variables/", {"label": "shoe", "value": "42"}, **HTMX)
    drain_pushing()
    anna.refresh_from_db()
    assert (anna.first_name, anna.custom_variables["plan"]) == ("Anne", "ours")
    assert anna.conflicts == {"custom_variables.size": "theirs"}
    kept = at_sendblue(simulator)["custom_variables"]
    assert kept == {"plan": "ours", "size": "theirs", "shoe": "42"}


# --- consent ---


def test_consent_goes_both_ways_here_and_at_sendblue(
    browser: Client, simulator: Simulator, ana: User
) -> None:
    simulator.reset(contacts=[{"phone": ANNA, "first_name": "Anna"}])
    record_contacts(client_from_settings().list_contacts())
    thread = make_thread()
    anna = thread.contact
    address = f"/contacts/{anna.pk}/consent/"
    browser.post(address, {"opted_out": "yes", "note": "asked by phone"}, **HTMX)
    drain_pushing()
    assert at_sendblue(simulator)["opt_out"]
    anna.refresh_from_db()
    assert (anna.opted_out, anna.push_state) == (True, "saved")
    write = {"content": "Hello", "client_ref": "5f0e2a8e-6a5b-4a39-9a0c-3f5a1d1f0001"}
    assert browser.post(f"/threads/{thread.pk}/messages/", write, **HTMX).status_code == 422
    card = words(browser.get(f"/contacts/{anna.pk}/"))
    assert "Ana Lima noted it: asked by phone" in card

    record_contacts(client_from_settings().list_contacts())
    browser.post(address, {"opted_out": "no", "note": "asked again"}, **HTMX)
    drain_pushing()
    assert not at_sendblue(simulator)["opt_out"]
    assert browser.post(f"/threads/{thread.pk}/messages/", write, **HTMX).status_code == 204
    told = ConsentChange.objects.order_by("pk").values_list("opted_out", "note", "author")
    assert list(told) == [(True, "asked by phone", ana.pk), (False, "asked again", ana.pk)]
    said = words(browser.get(f"/contacts/{anna.pk}/history/", **HTMX))
    assert said.index("Opted in") < said.index("Opted out")


def test_the_message_that_proves_it_is_one_press_away(browser: Client) -> None:
    stop = receive(content="STOP")
    page = browser.get(f"/contacts/{stop.thread.contact_id}/").content.decode()
    link = f"/messages/?handle={stop.message_handle}"
    assert f'href="{link}"' in page
    there = browser.get(link)
    assert there["Location"] == f"/threads/{stop.thread_id}/?at={stop.pk}#message-{stop.pk}"
    assert browser.get("/messages/?handle=nothing").status_code == 404
    assert browser.get("/messages/?handle=").status_code == 404


# --- verify, look up, delete ---


def test_a_number_is_verified_and_looked_up(
    browser: Client, simulator: Simulator, anna: Contact
) -> None:
    no = {"status": 400, "body": {"status": "ERROR", "message": "Not a mobile number"}}
    simulator.fault(method="POST", path="/api/v2/contacts/verify", mode=no, times=1)
    address = f"/contacts/{anna.pk}/verification/"
    refused = browser.post(address, **HTMX)
    assert refused.status_code == 422
    assert "Sendblue did not verify the number: Not a mobile number" in words(refused)
    assert browser.post(address, **HTMX).status_code == 204
    anna.refresh_from_db()
    assert anna.verified
    assert "Verified at Sendblue" in words(browser.get(f"/contacts/{anna.pk}/"))
    asked = words(browser.post(f"/contacts/{anna.pk}/lookup/", **HTMX))
    assert "Looking up which service reaches them" in asked
    drain_looking()
    assert "a lookup found" in words(browser.get(f"/contacts/{anna.pk}/threads/", **HTMX))
    assert [entry["path"] for entry in simulator.ledger("/api/evaluate-service")]


def test_somebody_removed_is_gone_there_and_comes_back_as_they_were(
    browser: Client, simulator: Simulator, anna: Contact
) -> None:
    simulator.reset(contacts=[])
    edit_contact(anna, author=None, company_name="Alder")
    drain_pushing()
    assert at_sendblue(simulator)["company_name"] == "Alder"
    removed = browser.post(f"/contacts/{anna.pk}/removal/", follow=True)
    assert (removed.status_code, "Bring back" in words(removed)) == (410, True)
    drain_pushing()
    assert at_sendblue(simulator) == {}
    for address in ("card/", "threads/", "conversation/"):
        assert browser.get(f"/contacts/{anna.pk}/{address}").status_code == 404
    for address in ("tags/", "fields/first_name/", "consent/", "removal/", "saving/", "lookup/"):
        assert browser.post(f"/contacts/{anna.pk}/{address}").status_code == 404
    browser.post(f"/contacts/{anna.pk}/restoration/")
    drain_pushing()
    anna.refresh_from_db()
    assert (anna.first_name, anna.company_name, anna.tags) == ("Anna", "Alder", ["vip"])
    assert (anna.custom_variables, anna.push_state) == ({"plan": "a"}, "saved")
    told = at_sendblue(simulator)
    assert (told["first_name"], told["tags"]) == ("Anna", ["vip"])
    browser.post(f"/contacts/{anna.pk}/restoration/")
    assert anna.changes.count() == 9, "once is enough"


def test_nobody_else_sees_or_changes_a_card(client: Client, anna: Contact) -> None:
    for address in ("", "card/", "history/", "threads/"):
        answer = client.get(f"/contacts/{anna.pk}/{address}")
        assert answer["Location"].startswith("/accounts/login/")
    assert client.post(f"/contacts/{anna.pk}/removal/").status_code == 302
    client.force_login(make_agent("vic@example.com", role="viewer"))
    card = client.get(f"/contacts/{anna.pk}/").content.decode()
    assert re.search(r"<fieldset[^>]* disabled>", card)
    assert "removal" not in card
    assert client.post(f"/contacts/{anna.pk}/removal/").status_code == 403
    assert client.get("/contacts/999999/").status_code == 404
    anna.refresh_from_db()
    assert anna.removed_at is None


# --- history and conversations ---


def test_history_is_read_in_pages_and_names_the_file(
    browser: Client, anna: Contact, ana: User
) -> None:
    run = ContactImport.objects.create(name="people.csv", size=1, author=ana)
    ImportRow.objects.create(run=run, row=7, line=8, number=ANNA, verdict="new", contact_id=anna.pk)
    edit_contact(anna, author=ana, source="csv", last_name="Csv")
    anna.changes.update(run=run)
    for at in range(45):
        edit_contact(anna, author=ana, company_name=f"Company {at}")
    remove_contact(make_contact(BEN, first_name="Ben"), author=ana)
    address, seen = f"/contacts/{anna.pk}/history/", list[str]()
    while address:
        page = browser.get(address, **HTMX).content.decode()
        seen += re.findall(r"<ins[^>]*>.*?</span>([^<]+)</ins>", page)
        older = re.search(r'href="([^"]+before=[^"]+)"', page)
        if not older and "before" not in address:
            older = re.search(r'href="([^"]+before=[^"]+)"', words_of(browser, anna))
        address = older[1].replace("&amp;", "&") if older else ""
    assert seen == [*(f"Company {at}" for at in reversed(range(45))), "Csv"]
    assert f'href="/contacts/imports/{run.pk}/"' in page
    assert "Came with row 7 of a file" in page
    # A page that is open gets what is new, and still all that it showed.
    first = browser.get(f"/contacts/{anna.pk}/history/", **HTMX).content.decode()
    again = re.search(r'hx-get="([^"]+until=[^"]+)"', first)
    assert again
    edit_contact(anna, author=ana, company_name="Newest")
    page = browser.get(again[1].replace("&amp;", "&"), **HTMX).content.decode()
    assert page.count("<ins") == first.count("<ins") + 1


def words_of(browser: Client, contact: Contact) -> str:
    return browser.get(f"/contacts/{contact.pk}/").content.decode()


def test_a_card_costs_the_same_however_much_happened(browser: Client, ana: User) -> None:
    anna = receive(number=ANNA).thread.contact
    addresses = [f"/contacts/{anna.pk}/{part}" for part in ("", "card/", "history/", "threads/")]
    quiet = [queries(browser, address) for address in addresses]
    for at in range(6):
        edit_contact(anna, author=ana, company_name=f"Company {at}", tags=[f"tag {at}"])
        receive(number=ANNA, line=f"+1415555{at:04d}", content="START" if at % 2 else "STOP")
        receive(number=ANNA, group_id=f"group-{at}", participants=[ANNA, BEN])
    busy = [queries(browser, address) for address in addresses]
    # The members of groups are one more.
    assert busy == [*quiet[:3], quiet[3] + 1]
    assert all(count <= 12 for count in busy), busy


def queries(browser: Client, address: str) -> int:
    with CaptureQueriesContext(connection) as captured:
        assert browser.get(address, **HTMX).status_code == 200
    return len(captured)


def test_the_card_shows_their_conversations(browser: Client) -> None:
    first = receive(number=ANNA, content="Where is my order?").thread
    receive(number=BEN, content="Not theirs")
    receive(number=BEN, group_id="group-1", participants=[ANNA, BEN], content="Lunch?")
    said = words(browser.get(f"/contacts/{first.contact_id}/threads/", **HTMX))
    assert said.index("Lunch?") < said.index("Where is my order?")
    assert "Not theirs" not in said
    opened = browser.get(f"/contacts/{first.contact_id}/conversation/")
    assert opened["Location"] == f"/threads/{first.pk}/"
    stranger = make_contact("+14155550199")
    opened = browser.get(f"/contacts/{stranger.pk}/conversation/")
    assert opened["Location"] == "/threads/new/?number=%2B14155550199"
    assert Line.objects.exists()
