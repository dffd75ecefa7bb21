"""What must be true after a storm: every difference between the account and the database."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from tests.chaos.tree import Tree

SEND = "/api/send-message"
# One statement with everything that a thread repeats about its messages, counted anew.
RECOUNT = """
    SELECT t.id, t.revision, t.last_message_at, t.last_content, t.last_is_outbound, t.service,
           t.last_inbound_at, t.last_inbound_revision, t.trouble_count,
           n.date_sent AS newest_at, n.content AS newest_content, n.is_outbound AS newest_outbound,
           n.service AS newest_service, c.*
      FROM inbox_thread t
      JOIN LATERAL (
        SELECT * FROM inbox_message m WHERE m.thread_id = t.id
         ORDER BY date_sent DESC, message_handle DESC, id DESC LIMIT 1) n ON true
      JOIN LATERAL (
        SELECT max(date_sent) FILTER (WHERE is_news) AS inbound_at,
               coalesce(max(first_revision) FILTER (WHERE is_news), 0) AS inbound_revision,
               max(m.revision) AS highest, min(first_revision) AS lowest,
               count(*) AS rows, count(DISTINCT m.revision) AS revisions,
               count(DISTINCT first_revision) AS first_revisions,
               count(*) FILTER (WHERE is_news) AS unread,
               count(*) FILTER (WHERE NOT is_outbound) AS inbound,
               count(*) FILTER (WHERE m.revision < first_revision) AS backwards,
               count(*) FILTER (WHERE is_outbound AND trouble_settled_at IS NULL AND
                 (send_state IN ('rejected', 'unknown') OR status IN ('ERROR', 'DECLINED'))
               ) AS troubles
          FROM inbox_message m WHERE m.thread_id = t.id) c ON true
"""
EQUAL = (
    ("last_message_at", "newest_at"),
    ("last_content", "newest_content"),
    ("last_is_outbound", "newest_outbound"),
    ("last_inbound_at", "inbound_at"),
    ("last_inbound_revision", "inbound_revision"),
    ("trouble_count", "troubles"),
    ("unread", "inbound"),
    ("revisions", "rows"),
    ("first_revisions", "rows"),
)


def unfinished(tree: Tree) -> list[str]:
    """What still waits for somebody: events to be read, messages to leave."""
    counted = tree.sql(
        """SELECT 'events' AS what, count(*) AS waiting FROM webhooks_admin_webhookevent
            WHERE processed_at IS NULL
           UNION SELECT send_state, count(*) FROM inbox_message
            WHERE send_state IN ('queued', 'sending') GROUP BY 1"""
    )
    return [f"{row['waiting']} {row['what']}" for row in counted if row["waiting"]]


def differences(tree: Tree, accepted: list[str]) -> list[str]:
    """Everything in which the database and the account disagree; empty when all is well."""
    ours = tree.sql("SELECT * FROM inbox_message")
    ledger = tree.control("GET", "ledger", path=SEND)["entries"]
    return [
        *unfinished(tree),
        *_about_sends(ours, ledger, accepted),
        *_about_messages(ours, tree.messages()),
        *_about_order(ours, ledger),
        *about_threads(tree.sql(RECOUNT)),
        *_about_deliveries(tree),
    ]


def _about_sends(
    ours: list[dict[str, Any]], ledger: list[dict[str, Any]], accepted: list[str]
) -> Iterator[str]:
    sends = {row["callback_token"]: row for row in ours if row["callback_token"]}
    by_ref = Counter(str(row["client_ref"]) for row in sends.values())
    yield from (
        f"accepted click {ref} has {by_ref[ref]} rows" for ref in accepted if by_ref[ref] != 1
    )
    if len(sends) != len(accepted):
        yield f"{len(sends)} sends for {len(accepted)} accepted clicks"
    posts = Counter(map(token_of, ledger))
    yield from (f"row {token} was POSTed {n} times" for token, n in posts.items() if n > 1)
    yield from (f"a POST of no row: {token}" for token in posts if token not in sends)
    for entry in ledger:
        row = sends.get(token_of(entry))
        handle = entry.get("message_handle")
        if row and handle and (row["send_state"], row["message_handle"]) != ("accepted", handle):
            yield f"send {row['id']}: {row['send_state']}, but the account has it as {handle}"
    made = {entry.get("message_handle") for entry in ledger}
    for row in sends.values():
        if row["send_state"] not in ("accepted", "rejected", "unknown"):
            yield f"send {row['id']} is stuck in {row['send_state']}"
        if row["send_state"] == "accepted" and row["message_handle"] not in made:
            yield f"send {row['id']} is called accepted, but the account never made it"


def _about_messages(ours: list[dict[str, Any]], theirs: dict[str, dict[str, Any]]) -> Iterator[str]:
    known = Counter(row["message_handle"] for row in ours if row["message_handle"])
    yield from (f"{handle} has {n} rows" for handle, n in known.items() if n > 1)
    yield from (f"{handle} is lost" for handle in theirs.keys() - known.keys())
    yield from (f"{handle} is invented" for handle in known.keys() - theirs.keys())
    for row in ours:
        truth = theirs.get(row["message_handle"])
        if not truth:
            continue
        sent = datetime.fromisoformat(truth["date_sent"])
        if (row["status"], row["content"], row["date_sent"]) != (
            truth["status"],
            truth["content"],
            sent,
        ):
            yield f"{row['message_handle']}: {row['status']} here, {truth['status']} there"


def _about_order(ours: list[dict[str, Any]], ledger: list[dict[str, Any]]) -> Iterator[str]:
    """Clicks leave in their order; on screen the people's numbered words stand in theirs."""
    sends = {row["callback_token"]: row for row in ours if row["callback_token"]}
    left: dict[int, int] = {}
    for entry in ledger:
        row = sends.get(token_of(entry))
        if row:
            if row["id"] < left.get(row["thread_id"], 0):
                yield f"send {row['id']} left after a later one of its thread"
            left[row["thread_id"]] = row["id"]
    on_screen = sorted(ours, key=lambda row: (row["date_sent"], row["message_handle"], row["id"]))
    said: dict[int, int] = {}
    for row in on_screen:
        if row["is_outbound"] or not row["content"].startswith("word "):
            continue
        number = int(row["content"].split()[1])
        if number <= said.get(row["thread_id"], -1):
            yield f"word {number} of thread {row['thread_id']} stands in the wrong place"
        said[row["thread_id"]] = number


def about_threads(threads: Iterable[dict[str, Any]]) -> Iterator[str]:
    """The columns of threads that do not say what their messages say, by RECOUNT."""
    for thread in threads:
        for column, counted in EQUAL:
            if thread[column] != thread[counted]:
                yield f"thread {thread['id']}: {column} is {thread[column]}, not {thread[counted]}"
        if thread["service"] != thread["newest_service"] and thread["newest_service"]:
            yield f"thread {thread['id']}: service is {thread['service']}"
        if thread["highest"] > thread["revision"] or thread["backwards"]:
            yield f"thread {thread['id']}: its revision went backwards"


def _about_deliveries(tree: Tree) -> Iterator[str]:
    """Each 200 stands for one committed delivery; a broken connection may stand for one more."""
    taken, tried = Counter[str](), Counter[str]()
    for entry in tree.control("GET", "deliveries")["entries"]:
        kind = entry["url"].split("/hooks/sendblue/")[1].split("/")[0]
        taken[kind] += entry["status"] == 200
        tried[kind] += entry["status"] == 200 or entry["status"] is None
    counted = tree.sql(
        """SELECT kind, sum(times_received) AS times, count(*) FILTER (
             WHERE quarantined_at IS NOT NULL) AS given_up
             FROM webhooks_admin_webhookevent GROUP BY kind"""
    )
    for row in counted:
        kind = row["kind"]
        if not taken[kind] <= row["times"] <= tried[kind]:
            yield f"{kind}: {row['times']} received, {taken[kind]} to {tried[kind]} delivered"
        if row["given_up"]:
            yield f"{kind}: {row['given_up']} events were given up"


def token_of(entry: dict[str, Any]) -> str:
    """The token of our row in a POST of the ledger."""
    return str(entry["body"].get("status_callback", "")).rstrip("/").rpartition("/")[2]
