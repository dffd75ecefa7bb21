"""A storm of messages while everything is killed again and again: nothing lost, nothing twice.

CHAOS_KILLS, CHAOS_EVENTS (webhooks) and CHAOS_SENDS make it bigger, CHAOS_SEED repeats one.
"""

from __future__ import annotations

import os
import random
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from tests.chaos.agent import Agent
from tests.chaos.audit import SEND, differences, unfinished
from tests.chaos.tree import Tree, wait_until
from tests.conftest import free_port

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.chaos
KILLS = int(os.environ.get("CHAOS_KILLS", "20"))
EVENTS = int(os.environ.get("CHAOS_EVENTS", "1000"))
SENDS = int(os.environ.get("CHAOS_SENDS", "200" if EVENTS <= 1000 else str(EVENTS // 5)))
SEED = int(os.environ.get("CHAOS_SEED", random.randrange(10**6)))
# A send brings a callback and a webhook for each of at least two statuses.
INBOUND = max(EVENTS - 4 * SENDS, EVENTS // 4)
PARTS = ("web", "worker", "beat", "valkey", "postgres")
LINES = ["+14155550100", "+16465550101"]
PEOPLE = [f"+1212555010{n}" for n in range(8)] + ["+12125550190", "+12125550194"]
AGENTS = 2
SECONDS_BETWEEN_KILLS = (0.4, 2.2)
# Poison is given up after five attempts; five kills in a row must not look like poison.
QUIET_SECONDS = 60.0 + EVENTS / 50
# No limit of a line may get in the way: this is not about pace.
UNLIMITED = {
    "throughput_per_s": 0.0,
    "new_contacts_per_hour": 0,
    "new_contacts_per_day": 0,
    "pre_reply_messages": 0,
    "follow_ups_per_day": 0,
    "burst_per_s": 0,
    "queue_size": 0,
    "requests_per_10_s": 0,
}
UNLIMITED_LINES = """
    UPDATE inbox_line SET seconds_per_message = 0.001, burst = 100000, queue_limit = 100000,
           new_contacts_per_hour = 100000, new_contacts_per_day = 100000,
           messages_before_reply = 100000
"""
# The leases of the dead run out: what would take a minute of waiting.
RUN_OUT = (
    "UPDATE inbox_line SET sender_until = now() WHERE sender_until > now()",
    "UPDATE inbox_message SET lease_until = now() WHERE lease_until > now()",
    "UPDATE inbox_syncstate SET lease_until = now() WHERE lease_until > now()",
    "UPDATE webhooks_admin_webhookevent SET process_after = now(), lease_until = now()"
    " WHERE lease_until > now()",
)
# A send in doubt holds its thread back for a minute.
A_MINUTE_LATER = "UPDATE inbox_message SET attempted_at = attempted_at - interval '61 seconds'"
POLL_NOW = "UPDATE inbox_syncstate SET next_run_at = now() WHERE kind = 'messages'"


@pytest.fixture
def tree() -> Iterator[Tree]:
    tree = Tree(free_port(), free_port())
    try:
        yield tree
    finally:
        assert tree.stop() == [], "processes had to be killed at the end"


def test_nothing_is_lost_and_nothing_happens_twice(tree: Tree) -> None:
    print(f"\nCHAOS_SEED={SEED} kills={KILLS} inbound={INBOUND} sends={SENDS}")
    chance = random.Random(SEED)
    bring_up(tree)
    threads = [row["id"] for row in tree.sql("SELECT id FROM inbox_thread ORDER BY id")]
    agents = [Agent(tree.url) for _ in range(AGENTS)]
    for agent in agents:
        agent.log_in()
    watcher, over = Watcher(tree), threading.Event()
    began = time.monotonic()
    with ThreadPoolExecutor() as crowd:
        try:
            work = [crowd.submit(people_write, tree, random.Random(SEED + 1))]
            work += [
                crowd.submit(agent_writes, agent, threads, n, random.Random(SEED + 2 + n))
                for n, agent in enumerate(agents)
            ]
            watching = crowd.submit(watcher.watch, over)
            killed = kill_at_random(tree, chance)
            for part in work:
                part.result(120)
        finally:
            over.set()
    watching.result(60)
    accepted = [ref for agent in agents for ref in agent.accepted]
    storm = time.monotonic() - began
    calm_down(tree)
    found = until_settled(tree, accepted)
    tell_figures(tree, killed, storm, time.monotonic() - began, agents)
    assert not found, f"CHAOS_SEED={SEED}:\n" + "\n".join(found[:40]) + f"\n{tree.output()}"
    assert sum(killed.values()) == KILLS
    assert not watcher.went_back, f"revisions went backwards: {watcher.went_back}"


def bring_up(tree: Tree) -> None:
    """The tree with its lines known, its webhooks registered and one thread for each person."""
    wait_until(lambda: is_there(tree), 30)
    tree.control("POST", "reset", {"lines": LINES, "contacts": [], "messages": []})
    tree.control("POST", "options", UNLIMITED | {"retry_delays_s": [0.5, 2.0, 8.0]})
    tree.start()
    wait_until(lambda: bool(tree.control("GET", "state")["webhooks"].get("outbound")), 60)
    for n, person in enumerate(PEOPLE):
        line = LINES[n % len(LINES)]
        tree.control("POST", "inbound", {"from": person, "to": line, "content": "word 0"})
    count = "SELECT count(*) AS threads FROM inbox_thread"
    wait_until(lambda: tree.sql(count)[0]["threads"] == len(PEOPLE), 60)
    tree.sql(UNLIMITED_LINES)
    tree.control("POST", "deliveries", {"duplicate": 0.2, "shuffle_within_s": 3.0})


def is_there(tree: Tree) -> bool:
    try:
        return bool(tree.control("GET", "state"))
    except OSError:
        return False
    except Exception as error:
        if type(error).__module__.startswith("httpx"):
            return False
        raise


def people_write(tree: Tree, chance: random.Random) -> None:
    """The people's numbered words, spread over the storm."""
    words = Counter[str]()
    for _ in range(INBOUND):
        person = chance.choice(PEOPLE)
        words[person] += 1
        line = LINES[PEOPLE.index(person) % len(LINES)]
        content = f"word {words[person]} of {person[-2:]}"
        tree.control("POST", "inbound", {"from": person, "to": line, "content": content})
        time.sleep(chance.uniform(0, 2 * storm_seconds() / INBOUND))


def agent_writes(agent: Agent, threads: list[int], name: int, chance: random.Random) -> None:
    """An agent's share of the sends."""
    share = SENDS // AGENTS + (name < SENDS % AGENTS)
    for n in range(share):
        agent.send(chance.choice(threads), f"answer {n} of agent {name}")
        time.sleep(chance.uniform(0, storm_seconds() / share))


def kill_at_random(tree: Tree, chance: random.Random) -> Counter[str]:
    """SIGKILL one part after the other, never waiting for the last one to be well again."""
    killed = Counter[str]()
    while sum(killed.values()) < KILLS:
        time.sleep(chance.uniform(*SECONDS_BETWEEN_KILLS))
        part = chance.choice(PARTS)
        if not tree.kill(part):
            continue
        killed[part] += 1
        if part in ("worker", "postgres"):
            for statement in RUN_OUT:
                tree.sql(statement)
    return killed


def calm_down(tree: Tree) -> None:
    """The last workers die, and a minute passes in which nobody kills."""
    tree.kill("worker")
    for statement in (*RUN_OUT, A_MINUTE_LATER, POLL_NOW):
        tree.sql(statement)


def until_settled(tree: Tree, accepted: list[str]) -> list[str]:
    """What is still wrong when everybody has had time to finish."""
    deadline = time.monotonic() + QUIET_SECONDS
    while True:
        found = unfinished(tree) or differences(tree, accepted)
        if not found or time.monotonic() > deadline:
            return found
        time.sleep(0.5)


def storm_seconds() -> float:
    """About how long the kills take."""
    return KILLS * sum(SECONDS_BETWEEN_KILLS) / 2


def tell_figures(
    tree: Tree, killed: Counter[str], storm: float, total: float, agents: list[Agent]
) -> None:
    states = tree.sql("SELECT send_state, count(*) FROM inbox_message GROUP BY 1 ORDER BY 1")
    events = tree.sql(
        "SELECT count(*) AS rows, sum(times_received) AS times, max(attempts) AS attempts"
        " FROM webhooks_admin_webhookevent"
    )[0]
    posts = len(tree.control("GET", "ledger", path=SEND)["entries"])
    tried = len(tree.control("GET", "deliveries")["entries"])
    print(f"killed {dict(killed)} in {storm:.0f} s, settled after {total:.0f} s")
    print(f"forms posted {sum(agent.posts for agent in agents)}, POSTs to the account {posts}")
    print(f"deliveries tried {tried}, received {events['times']}, kept as {events['rows']} rows,")
    print(f"read in at most {events['attempts']} attempts; sends {states}")


class Watcher:
    """Somebody who looks at the revisions all the time: they only ever grow."""

    def __init__(self, tree: Tree) -> None:
        self.tree = tree
        self.seen: dict[int, int] = {}
        self.went_back: list[int] = []

    def watch(self, over: threading.Event) -> None:
        """Look every half second until it is over."""
        while not over.wait(0.5):
            for row in self.tree.sql("SELECT id, revision FROM inbox_thread"):
                if row["revision"] < self.seen.get(row["id"], 0):
                    self.went_back.append(row["id"])
                self.seen[row["id"]] = row["revision"]
