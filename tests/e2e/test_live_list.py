"""The list keeps itself as a freshly loaded one would be, whatever happens and in which order."""

from __future__ import annotations

import random
from datetime import timedelta
from typing import TYPE_CHECKING

from playwright.sync_api import expect

from inbox.actions.triaging import assign, close, mark_read, mark_unread, reopen
from inbox.models import Line, Thread
from sendblue_inbox.clock import now
from tests.factories import make_contact, receive

from .screen import meet, without_page_load
from .site import OTHER_LINE, OUR_LINE, Site, new_number, wait_until

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from sendblue_inbox.models import User

    from .conftest import Agent, OpenPage

PEOPLE, MESSAGES = 30, 60
# What each row says and where, without the time of day, which goes on by itself.
ROWS = """() => [...document.querySelectorAll("#thread-rows > li")].map((row) => {
  const said = row.cloneNode(true);
  said.querySelector("time").remove();
  return [row.id, row.className.trim(), row.querySelector("a").getAttribute("href"),
    row.querySelector("time").title, said.textContent.replace(/\\s+/g, " ").trim()].join(" | ");
})"""
HIDE = """(hidden) => {
  Object.defineProperty(document, "hidden", { configurable: true, get: () => hidden });
  document.dispatchEvent(new Event("visibilitychange"));
}"""


def storm(numbers: list[str], users: list[User], *, seed: int) -> None:
    """Messages to all of these people's threads, some late, and team work in between."""
    dice = random.Random(seed)
    for n in range(MESSAGES):
        receive(
            number=dice.choice(numbers),
            line=dice.choice([OUR_LINE, OTHER_LINE]),
            content=f"Storm {seed}, {n}",
            date_sent=now() - timedelta(seconds=dice.choice([0, 0, 0, 5, 500])),
        )
        thread = Thread.objects.filter(contact__number__in=numbers).order_by("?")[0]
        user = dice.choice(users)
        dice.choice(
            [
                lambda thread=thread, user=user: assign(thread, to=user),
                lambda thread=thread, user=user: mark_read(thread, user=user),
                lambda thread=thread, user=user: mark_unread(thread, user=user),
                lambda thread=thread, user=user: close(thread),
                lambda thread=thread, user=user: reopen(thread),
            ]
        )()


def like_a_fresh_one(page: Page, agent: Agent) -> bool:
    """Whether the list says what the same address says when it is loaded now."""
    fresh = agent.context.new_page()
    fresh.goto(page.url)
    wanted, shown = fresh.evaluate(ROWS), page.evaluate(ROWS)
    fresh.close()
    rows = min(len(wanted), len(shown), 40)
    return rows > 0 and wanted[:rows] == shown[:rows]


def test_a_storm_leaves_every_list_as_a_fresh_one(
    live_site: Site, agents: tuple[Agent, Agent], open_page: OpenPage
) -> None:
    numbers = [new_number() for _ in range(PEOPLE)]
    for n, number in enumerate(numbers):
        make_contact(number, first_name="Storm", last_name=f"No{n:02}")
        receive(number=number, line=OUR_LINE)
    ana, ben = agents
    line = Line.objects.get(number=OTHER_LINE)
    paths = ("", "?view=mine", "?view=unread", f"?line={line.pk}", "?q=storm")
    pages = [(open_page(ana, f"/threads/{path}"), ana) for path in paths]
    pages += [(open_page(ben, f"/threads/{path}"), ben) for path in paths[:2]]
    under = pages[-2][0]
    users = [live_site.users[agent.name] for agent in agents]
    with without_page_load(*(page for page, _ in pages)):
        storm(numbers, users, seed=1)
        for page, agent in pages:
            wait_until(lambda: like_a_fresh_one(page, agent), f"{page.url} is up to date")  # noqa: B023
        # Rows keep their places under a resting pointer, and find their own when it leaves.
        above, pointed = (under.locator("#thread-rows > li").nth(n) for n in (1, 3))
        pointed.hover()
        box, gone = pointed.bounding_box(), above.get_attribute("id")
        assert gone
        close(Thread.objects.get(pk=gone.rpartition("-")[2]))
        expect(above).to_be_hidden()
        before = under.locator("#thread-rows > li").evaluate_all("rows => rows.map(row => row.id)")
        for number in numbers[::3]:
            receive(number=number, line=OUR_LINE, content="Under the pointer")
        expect(under.locator(".row-words", has_text="Under the pointer").nth(9)).to_be_attached()
        after = under.locator("#thread-rows > li").evaluate_all("rows => rows.map(row => row.id)")
        assert [row for row in after if row in before] == before
        assert pointed.bounding_box() == box
        under.mouse.move(900, 400)
        for page, agent in pages:
            wait_until(lambda: like_a_fresh_one(page, agent), f"{page.url} is up to date")  # noqa: B023


def test_a_hidden_tab_asks_when_it_is_looked_at(
    live_site: Site, agents: tuple[Agent, Agent], open_page: OpenPage
) -> None:
    person = meet(live_site, "Before")
    hidden, seen = (open_page(agent) for agent in agents)
    expect(person.row(hidden)).to_contain_text("Before")
    asked: list[str] = []
    hidden.evaluate(HIDE, True)
    hidden.on("request", lambda request: asked.append(request.url))
    person.writes("While nobody looks")
    expect(person.row(seen)).to_contain_text("While nobody looks")
    assert not asked
    hidden.evaluate(HIDE, False)
    expect(person.row(hidden)).to_contain_text("While nobody looks")
    assert len(asked) == 1
    assert f"rows={person.thread}" in asked[0]
