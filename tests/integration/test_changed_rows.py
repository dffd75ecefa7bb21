"""Rows asked for by name: those that the filter shows, as they are now, for this agent alone."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from contacts.models import Contact
from inbox.actions.triaging import assign, close, mark_read
from inbox.models import Line, Thread
from tests.factories import BEN, make_agent, receive

if TYPE_CHECKING:
    from sendblue_inbox.models import User

pytestmark = pytest.mark.django_db
ROW = re.compile(r'<hx-partial id="thread-row-(\d+)" hx-swap="outerMorph">(.*?)</hx-partial>', re.S)


def browser_of(agent: User) -> Client:
    """A logged-in browser of somebody."""
    client = Client()
    client.force_login(agent)
    return client


def rows(browser: Client, *pks: int, address: str = "view=open") -> dict[int, str]:
    """The rows that come, as words without markup but with the badges."""
    asked = ",".join(map(str, pks))
    answer = browser.get(f"/threads/list/?{address}&rows={asked}", headers={"HX-Request": "true"})
    assert answer.status_code == 200
    page = answer.content.decode()
    nonces = set(re.findall(r'hx-nonce="([^"]*)"', page))
    assert nonces <= set(re.findall(r"'nonce-([^']+)'", answer["Content-Security-Policy"]))
    assert "\0" not in page
    return {int(pk): html for pk, html in ROW.findall(page)}


def test_rows_come_where_the_filter_shows_them() -> None:
    agent = make_agent()
    browser = browser_of(agent)
    first, second = receive(number="+14155550101").thread, receive(number="+14155550102").thread
    both = (first.pk, second.pk)
    assert rows(browser, *both).keys() == set(both)
    assert rows(browser, first.pk, 2**62).keys() == {first.pk}
    close(second)
    assert rows(browser, *both).keys() == {first.pk}
    assert rows(browser, *both, address="view=closed").keys() == {second.pk}
    assert rows(browser, *both, address="view=mine").keys() == set()
    assign(first, to=agent)
    assert rows(browser, *both, address="view=mine").keys() == {first.pk}
    assert rows(browser, *both, address="view=unread").keys() == {first.pk}
    mark_read(first, user=agent)
    assert rows(browser, *both, address="view=unread").keys() == set()
    assert rows(browser, *both, address="q=0102").keys() == {second.pk}
    for nonsense in ("", "x", "1x,-2,,9" * 99, "²", "9" * 30):
        assert browser.get(f"/threads/list/?rows={nonsense}").status_code == 200


def test_a_drawing_is_shared_but_nothing_of_an_agent_is() -> None:
    agent = make_agent("ben@example.com")
    ana, ben = browser_of(make_agent("ana@example.com")), browser_of(agent)
    thread = receive().thread
    assert "1 unread" in rows(ana, thread.pk)[thread.pk]
    mark_read(thread, user=agent)
    assert "unread" not in rows(ben, thread.pk)[thread.pk]
    assert "1 unread" in rows(ana, thread.pk)[thread.pk]
    here = rows(ben, thread.pk, address=f"selected={thread.pk}")[thread.pk]
    assert 'aria-current="page"' in here
    assert 'aria-current="page"' not in rows(ben, thread.pk)[thread.pk]
    assert "?q=415" in rows(ben, thread.pk, address="q=415")[thread.pk]
    ana.cookies["timezone"] = "Asia/Kolkata"
    assert "+05:30" in rows(ana, thread.pk)[thread.pk]
    assert "+05:30" not in rows(ben, thread.pk)[thread.pk]


@pytest.mark.django_db(transaction=True)
def test_what_a_row_says_is_never_of_a_moment_ago() -> None:
    """Whatever changes, and in whichever table, the next answer says it."""
    browser = browser_of(make_agent())
    group = {"group_id": "group-1", "participants": [BEN, "+14155550177"]}
    alone, together = receive().thread, receive(**group).thread
    pks = (alone.pk, together.pk)
    agent = make_agent("cleo@example.com", name="Cleo Quist")
    Line.objects.create(number="+15550100077", name="Another line")
    changes = {
        "Words just now": lambda: receive(content="Words just now"),
        "Renata": lambda: Contact.objects.filter(pk=alone.contact_id).update(first_name="Renata"),
        "Hotline": lambda: Line.objects.filter(pk=alone.line_id).update(name="Hotline"),
        "Assigned to Cleo Quist": lambda: assign(alone, to=agent),
        "Assigned to Dora": lambda: type(agent).objects.filter(pk=agent.pk).update(name="Dora"),
        "Bruno": lambda: Contact.objects.filter(number="+14155550177").update(first_name="Bruno"),
        "Choir": lambda: Thread.objects.filter(pk=together.pk).update(group_display_name="Choir"),
    }
    for words, change in changes.items():
        assert words not in "".join(rows(browser, *pks).values())
        change()
        assert words in "".join(rows(browser, *pks).values()), words


def test_rows_cost_the_same_for_one_and_for_many() -> None:
    browser = browser_of(make_agent())
    pks = [receive(number=f"+1415666{at:04d}").thread_id for at in range(30)]

    def queries(*pks: int) -> int:
        with CaptureQueriesContext(connection) as captured:
            assert len(rows(browser, *pks)) == len(pks)
        return len(captured)

    assert queries(*pks[:1]) == queries(*pks[1:]) <= 7
    # Who asks again within the second gets what was drawn.
    assert queries(*pks) <= 5
