"""Answers of every shape around contacts, lines, groups and subscriptions."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from sendblue_inbox.sendblue.payloads import (
    AccountUsage,
    ContactPayload,
    GroupChange,
    GroupPayload,
    LineStates,
    LocationState,
    MessagePage,
    TypingPayload,
    WebhookEntry,
    Webhooks,
)
from sendblue_inbox.sendblue.terms import WEBHOOK_KINDS

PERSON, LINE = "+15550100777", "+15550100001"
AT = datetime(2026, 10, 20, 14, 3, 11, tzinfo=UTC)
INBOUND = {"message_handle": "m-1", "number": PERSON, "is_outbound": False}


def test_a_page_is_read_from_every_envelope() -> None:
    envelope = {
        "status": "OK",
        "data": [INBOUND, "not a row", None],
        "pagination": {"total": "7", "limit": 3, "offset": 3, "hasMore": True},
    }
    page = MessagePage.parse(envelope, limit=100, offset=3)
    assert (len(page.items), page.total, page.offset, page.has_more) == (1, 7, 3, True)
    assert MessagePage.parse([INBOUND], limit=1, offset=0).has_more is True
    bare = MessagePage.parse({"messages": [INBOUND]}, limit=100, offset=0)
    assert (len(bare.items), bare.total, bare.has_more) == (1, None, False)
    assert MessagePage.parse(None, limit=100, offset=0).items == ()


def test_typing_names_the_line_as_sender() -> None:
    body = {"number": PERSON, "from_number": LINE, "is_typing": True, "timestamp": None}
    assert TypingPayload.parse(body) == TypingPayload(PERSON, LINE, is_typing=True, timestamp=None)
    turned = {**body, "number": LINE, "from_number": PERSON}
    assert TypingPayload.parse(turned, lines=(LINE,)).number == PERSON


@pytest.mark.parametrize("key", ["phone", "number", "phone_number", "phoneNumber"])
def test_a_contact_is_known_by_any_name_of_its_number(key: str) -> None:
    contact = ContactPayload.parse({key: PERSON, "opt_out": True, "custom_variables": {"a": 1}})
    assert (contact.number, contact.opted_out) == (PERSON, True)
    assert contact.custom_variables == {"a": "1"}


def test_a_contact_said_twice_is_read_in_snake_case() -> None:
    doubled = {"first_name": "Ada", "firstName": "ADA", "optOut": False, "verified": None}
    contact = ContactPayload.from_envelope({"status": "OK", "contact": doubled})
    assert (contact.first_name, contact.opted_out, contact.verified) == ("Ada", False, None)


def test_usage_tells_unknown_from_zero() -> None:
    usage = AccountUsage.parse(
        {
            "status": "OK",
            "enabled": True,
            "lines": [
                {
                    "phone": LINE,
                    "state": "limited",
                    "hourly": {"used": 15, "remaining": 0, "nextSlotAt": AT.isoformat()},
                    "daily": {"remaining": None},
                    "availableAt": "2026-10-20T14:03:11Z",
                }
            ],
        }
    )  # fmt: skip
    (line,) = usage.lines
    assert (line.hourly.remaining, line.daily.remaining) == (0, None)
    assert line.hourly.next_slot_at == line.available_at == AT


def test_line_states_and_groups_and_changes_are_read() -> None:
    states = LineStates.parse(
        {"data": [{"worker_id": "w", "status": "degraded", "assignment": "grace_period"}]}
    )
    assert (states.lines[0].status, states.lines[0].sendblue_number) == ("DEGRADED", "")
    group = GroupPayload.parse({"status": "OK", "data": {"group_id": "g", "group_name": None}})
    assert (group.group_id, group.group_name) == ("g", "")
    assert GroupChange.parse({"message": "done", "status": "OK"}).message == "done"
    assert LocationState.many({"number": PERSON, "state": "not_shared"})[0].number == PERSON


# --- webhook subscriptions -----------------------------------------------------------------------

FOREIGN = {"url": "https://b.test/x?y=1", "secret": None, "sendblue_numbers": [LINE], "extra": 1}


def test_subscriptions_of_others_go_back_exactly_as_they_came() -> None:
    listed = {
        "receive": ["http://a.test/ ", FOREIGN],
        "brand_new_kind": [{"url": "https://c.test"}],
        "call_log": [],
        "globalSecret": "shared",
        "version": 3,
    }
    hooks = Webhooks.parse({"status": "OK", "webhooks": listed})
    assert hooks.as_body() == listed
    assert [entry.url for entry in hooks.of("receive")] == ["http://a.test/ ", FOREIGN["url"]]
    assert hooks.of("receive")[1].sendblue_numbers == (LINE,)
    assert hooks.of("outbound") == ()
    assert "shared" not in repr(hooks)


def test_one_shape_stands_for_both_spellings_of_an_entry() -> None:
    assert WebhookEntry.parse("https://a.test") == WebhookEntry.parse({"url": "https://a.test"})
    assert WebhookEntry.parse({"secret": "s"}) is None


def test_our_entries_are_written_as_each_kind_takes_them() -> None:
    entry = WebhookEntry("https://a.test", secret="s", sendblue_numbers=(LINE,))
    assert entry.as_body("receive") == {
        "url": "https://a.test",
        "secret": "s",
        "sendblue_numbers": [LINE],
    }
    assert entry.as_body("outbound") == {"url": "https://a.test", "secret": "s"}
    assert entry.as_body("contact_created") == "https://a.test"
    assert WebhookEntry("https://a.test").as_body("receive") == "https://a.test"


@pytest.mark.parametrize("odd", [None, [], {"webhooks": None}, {"webhooks": {"receive": None}}])
def test_no_subscriptions_are_none(odd: Any) -> None:
    hooks = Webhooks.parse(odd)
    assert all(hooks.of(kind) == () for kind in WEBHOOK_KINDS)
