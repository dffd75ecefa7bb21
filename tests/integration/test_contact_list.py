"""The list of people: whoever is asked for, in order, page by page, in both directions."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from contacts import listing
from contacts.filtering import SORTS, ContactFilter
from contacts.listing import Place, contact_page, in_order
from contacts.models import Contact, Label
from sendblue_inbox.clock import now
from sendblue_inbox.roles import Role
from tests.factories import make_agent, make_contact

if TYPE_CHECKING:
    from django.test import Client

pytestmark = pytest.mark.django_db
PEOPLE = 60
FILTERS = [
    "",
    "q=ann",
    "q=5550",
    "tag=rare",
    "tag=vip&opted_out=no",
    "q=ann&tag=vip&sendblue=missing",
]


@pytest.fixture
def people() -> list[Contact]:
    """A list with ties in every order."""
    names = ("Anna", "Ben", "Zoë", "")
    made = [
        make_contact(
            f"+1415555{at:04d}",
            first_name=names[at % 4],
            company_name=("Acme", "acme", "Öko", "", "")[at % 5],
            tags=["vip"] * (at % 3 == 0) + ["rare"] * (at == 41),
            opted_out=at % 10 == 0,
        )
        for at in range(PEOPLE)
    ]
    for at, contact in enumerate(made):
        Contact.objects.filter(pk=contact.pk).update(created_at=now() - timedelta(hours=at // 7))
    return made


def forward(asked: ContactFilter) -> list[list[int]]:
    """The keys of all pages, by their links to the next."""
    page = contact_page(asked, limit=7)
    pages = [page]
    while page.next:
        page = contact_page(asked, after=again(page.next, asked), limit=7)
        pages.append(page)
    assert pages[0].previous is None
    return [[contact.pk for contact in page.contacts] for page in pages]


def again(place: Place, asked: ContactFilter) -> Place:
    """A place as it comes back in an address."""
    found = Place.parse(str(place), sort=asked.sort)
    assert found == place
    return found


@pytest.mark.parametrize("sort", SORTS)
@pytest.mark.parametrize("walked", [9, 1000])
def test_the_pages_are_the_list_in_both_directions(
    people: list[Contact], monkeypatch: pytest.MonkeyPatch, sort: str, walked: int
) -> None:
    monkeypatch.setattr(listing, "WALKED", walked)
    for query in FILTERS:
        pages_agree(ContactFilter.parse(f"{query}&sort={sort}"))


def pages_agree(asked: ContactFilter) -> None:
    pages = forward(asked)
    everybody = [pk for page in pages for pk in page]
    assert everybody == list(in_order(asked).values_list("pk", flat=True))
    assert len(everybody) == asked.count() > 0
    place = Place(*in_order(asked).values_list("key", "pk").last())
    page = contact_page(asked, before=place, limit=7)
    back: list[int] = []
    while page.previous:
        back = [contact.pk for contact in page.contacts] + back
        page = contact_page(asked, before=again(page.previous, asked), limit=7)
    assert back == everybody[-1 - len(back) : -1]
    assert [contact.pk for contact in page.contacts] == pages[0]


def test_who_has_no_company_comes_last(people: list[Contact]) -> None:
    found = in_order(ContactFilter(sort="company"))
    companies = [contact.company_name.lower() for contact in found]
    assert companies == ["acme"] * 24 + ["öko"] * 12 + [""] * 24


@pytest.mark.parametrize(
    "words",
    ["zoë", "ZOE mar", "marchetti", "Bäckerei", "backerei", "+44 20 7946 0018", "(020) 7946-0018"]
    + ["7946", "gold", "2031", "zo", "442", "mar 7946"],
)
def test_people_are_found_by_whatever_is_known_of_them(words: str) -> None:
    zoe = make_contact(
        "+442079460018",
        first_name="Zoë",
        last_name="Marchetti",
        company_name="Bäckerei",
        tags=["gold"],
        custom_variables={"Customer": "2031"},
    )
    make_contact("+14155550199", first_name="Ben", last_name="Other")
    assert list(ContactFilter(q=words).contacts()) == [zoe]


@pytest.mark.parametrize(
    ("asked", "columns"),
    [
        (ContactFilter(line="+14155550100"), {"sendblue_number": "+14155550100"}),
        (ContactFilter(assignee="ana@example.com"), {"assigned_to_email": "ana@example.com"}),
        (ContactFilter(verified="yes"), {"verified": True}),
        (ContactFilter(verified="no"), {"verified": False}),
        (ContactFilter(opted_out="yes"), {"opted_out": True}),
        (ContactFilter(sendblue="refused"), {"push_state": "refused"}),
        (ContactFilter(sendblue="waiting"), {"push_state": "waiting"}),
        (ContactFilter(sendblue="conflict"), {"conflicts": {"first_name": "Anne"}}),
    ],
)
def test_what_the_list_is_narrowed_to(asked: ContactFilter, columns: dict[str, object]) -> None:
    likes = make_contact("+14155550123", at_sendblue={})
    Contact.objects.filter(pk=likes.pk).update(**columns)
    make_contact("+14155550124", at_sendblue={})
    gone = make_contact("+14155550125", removed_at=now())
    Contact.objects.filter(pk=gone.pk).update(**columns)
    follows = make_contact("+14155550126", merged_into=likes)
    Contact.objects.filter(pk=follows.pk).update(**columns)
    assert [contact.pk for contact in contact_page(asked).contacts] == [likes.pk]
    assert ContactFilter.parse(asked.query) == asked
    assert asked.words().startswith("people ")


def test_what_makes_no_sense_is_not_asked() -> None:
    asked = ContactFilter.parse("sort=shoe&verified=perhaps&sendblue=x&tag=%00&unknown=1")
    assert asked == ContactFilter()
    assert asked.words() == "everybody"
    for token in ("", "1", "x~y", "-1~a", "9" * 30 + "~a", "1~\x00", "1~today", "1~2026-01-01"):
        assert Place.parse(token, sort="newest") is None


@pytest.fixture
def manager(client: Client) -> Client:
    """A logged-in browser of somebody who may change many contacts."""
    client.force_login(make_agent(name="Ana Lima", role=Role.MANAGER))
    return client


def shown(html: str) -> list[int]:
    """The keys of the rows of a page."""
    return [int(pk) for pk in re.findall(r'id="contact-row-(\d+)"', html)]


def test_a_page_has_an_address_for_everything(people: list[Contact], manager: Client) -> None:
    first = manager.get("/contacts/?tag=vip&sort=newest").content.decode()
    assert shown(first) == forward_keys("tag=vip&sort=newest")
    everybody = manager.get("/contacts/").content.decode()
    following = re.search(r'href="([^"]+)" rel="next"', everybody)
    assert following
    page = manager.get(following[1].replace("&amp;", "&")).content.decode()
    assert shown(everybody) + shown(page) == forward_keys("")
    assert 'rel="prev"' in page
    assert 'name="count" value="20"' in manager.get("/contacts/?tag=vip&all").content.decode()
    assert "<strong>20</strong> match" in manager.get("/contacts/count/?tag=vip").content.decode()
    nobody = manager.get("/contacts/?q=nobody&tag=vip").content.decode()
    assert "There are no people that match “nobody”, tagged “vip”." in nobody
    for odd in ("after=x", "before=9~z", "sort=newest&after=1~x", "q=%00", "after=" + "9" * 40):
        assert manager.get(f"/contacts/?{odd}").status_code == 200


def forward_keys(query: str) -> list[int]:
    return list(in_order(ContactFilter.parse(query)).values_list("pk", flat=True))


def test_a_screen_that_holds_its_rows_is_told_that_the_list_moved(
    people: list[Contact], manager: Client
) -> None:
    rows = forward_keys("tag=vip")
    names = ",".join(map(str, rows))
    answer = manager.get(f"/contacts/list/?tag=vip&shown={names}")
    assert set(shown(answer.content.decode())) == set(rows)
    assert "HX-Trigger" not in answer
    make_contact("+14155559999", first_name="Aaron", tags=["vip"])
    answer = manager.get(f"/contacts/list/?tag=vip&shown={names}")
    assert answer["HX-Trigger"] == "contacts-moved"
    assert "Aaron" not in answer.content.decode()


def test_who_may_not_change_many_has_nothing_to_choose(
    people: list[Contact], client: Client
) -> None:
    client.force_login(make_agent(role=Role.AGENT))
    page = client.get("/contacts/").content.decode()
    assert len(shown(page)) == listing.A_PAGE
    assert 'type="checkbox" id="choose-' not in page
    assert client.get("/contacts/exports/").status_code == 403
    assert client.post("/contacts/exports/", {"query": ""}).status_code == 403


def test_the_list_costs_the_same_however_long_it_is(manager: Client) -> None:
    make_contact("+14155550123", first_name="Ann", tags=["vip"])
    Label.objects.create(kind=Label.Kind.TAG, name="vip")

    def queries(path: str) -> int:
        with CaptureQueriesContext(connection) as captured:
            assert manager.get(path).status_code == 200
        return len(captured)

    paths = (
        "/contacts/",
        "/contacts/?q=ann&tag=vip",
        "/contacts/list/?tag=vip",
        "/contacts/count/",
    )
    queries("/contacts/")
    few = [queries(path) for path in paths]
    for at in range(120):
        make_contact(f"+1415556{at:04d}", first_name="Ann", tags=["vip"], company_name="Acme")
    assert [queries(path) for path in paths] == few
    assert few <= [8, 10, 8, 4]
