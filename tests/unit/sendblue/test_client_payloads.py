"""What Sendblue says in several ways is read as one (Sendblue API contract, section 5)."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sendblue_inbox.sendblue.payloads import (
    AccountUsage,
    ContactPayload,
    GroupChange,
    GroupPayload,
    LineStates,
    LocationState,
    MessagePage,
    MessagePayload,
    TypingPayload,
    WebhookEntry,
    Webhooks,
    storable,
)
from sendblue_inbox.sendblue.payloads.reading import moment, number
from sendblue_inbox.sendblue.terms import STATUS_RANK, WEBHOOK_KINDS, normalize_status

PERSON, LINE, OTHER_LINE = "+15550100777", "+15550100001", "+15550100002"

INBOUND = {
    "accountEmail": "owner@example.test",
    "content": "Where is my order?",
    "is_outbound": False,
    "status": "RECEIVED",
    "error_code": None,
    "message_handle": "5D0C7C1E-2B64-4B0D-9C55-7A6A4C0B9E11",
    "date_sent": "2026-10-20T14:03:11.482Z",
    "date_updated": "2026-10-20T14:03:11.482Z",
    "from_number": PERSON,
    "number": PERSON,
    "to_number": LINE,
    "was_downgraded": None,
    "plan": "dedicated",
    "media_url": "",
    "message_type": "message",
    "group_id": "",
    "participants": [],
    "send_style": "",
    "opted_out": False,
    "sendblue_number": LINE,
    "service": "iMessage",
    "group_display_name": "",
}


def parse(lines=(), **changes):
    return MessagePayload.parse({**INBOUND, **changes}, lines=lines)


# --- who is the person, who is the line ----------------------------------------------------------

IN, OUT, UNSAID = False, True, None


@pytest.mark.parametrize("stated", [LINE, None])
@pytest.mark.parametrize("lines", [(), (LINE,), ("1 (555) 010-0001", OTHER_LINE)])
@pytest.mark.parametrize(
    ("is_outbound", "from_number", "to_number"),
    [
        (IN, PERSON, LINE),
        (IN, LINE, PERSON),  # as one vendor page shows it
        (OUT, LINE, PERSON),
        (IN, "15550100777", "++15550100001"),
        ("false", PERSON, LINE),
        ("true", LINE, PERSON),
    ],
)
def test_the_person_is_told_from_the_line(lines, stated, is_outbound, from_number, to_number):
    message = parse(
        lines=lines,
        is_outbound=is_outbound,
        from_number=from_number,
        to_number=to_number,
        sendblue_number=stated,
    )
    assert (message.number, message.line_number) == (PERSON, LINE)
    assert message.is_outbound is (is_outbound in (OUT, "true"))


@pytest.mark.parametrize(
    ("changes", "is_outbound"),
    [
        ({"status": "RECEIVED"}, False),
        ({"status": "SENT", "from_number": LINE, "to_number": PERSON}, True),
        ({"status": "SENT", "from_number": PERSON, "to_number": LINE}, False),
        ({"status": "SENT", "sendblue_number": "", "from_number": LINE, "to_number": PERSON}, True),
    ],
)
def test_a_missing_direction_follows_from_the_rest(changes, is_outbound):
    message = parse(is_outbound=None, **changes)
    assert message.is_outbound is is_outbound
    assert (message.number, message.line_number) == (PERSON, LINE)


def test_without_a_number_field_the_other_side_is_the_person():
    assert parse(number=None).number == PERSON
    assert parse(number="", from_number=LINE, to_number=PERSON).number == PERSON
    outbound = parse(number=None, is_outbound=True, from_number=LINE, to_number=PERSON)
    assert outbound.number == PERSON


def test_our_own_line_in_the_number_field_is_not_the_person():
    assert parse(number=LINE).number == PERSON


def test_a_replaced_line_is_known_by_what_the_payload_states():
    message = parse(lines=(OTHER_LINE,))
    assert (message.number, message.line_number) == (PERSON, LINE)


def test_a_group_answer_may_name_arrays():
    both = [PERSON, "15550100778"]
    message = parse(
        is_outbound=True,
        message_type="group",
        group_id="g-1",
        from_number=LINE,
        number=both,
        to_number=both,
    )
    assert message.number == PERSON
    assert message.line_number == LINE
    assert message.participants == (PERSON, "+15550100778")


def test_participants_count_in_groups_only():
    both = [PERSON, LINE]
    assert parse(participants=both).participants == ()
    assert parse(participants=both, group_id="g").participants == (PERSON, LINE)


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("+15550100777", PERSON),
        ("15550100777", PERSON),
        ("++15550100777", PERSON),
        ("+1 (555) 010-0777", PERSON),
        ("\u202a+1\u00a0555.010.0777\u202c", PERSON),
        (15550100777, PERSON),
        ([None, PERSON], PERSON),
        ("jo@example.test", "jo@example.test"),
        ("72727", "72727"),
        ("AMAZON", "AMAZON"),
        (None, ""),
        ({}, ""),
        (True, ""),
    ],
)
def test_numbers_have_one_plus(written, read):
    assert number(written) == read


# --- single values -------------------------------------------------------------------------------


@pytest.mark.parametrize("nothing", ["", None])
def test_null_and_empty_mean_the_same(nothing):
    fields = (
        "media_url",
        "group_id",
        "send_style",
        "group_display_name",
        "error_code",
        "error_message",
        "error_detail",
        "error_reason",
        "error_key",
        "seat_id",
        "sender_email",
    )
    message = parse(**dict.fromkeys(fields, nothing))
    assert {getattr(message, field) for field in fields} == {""}


def test_a_missing_field_reads_like_null():
    message = MessagePayload.parse({})
    assert message == MessagePayload(
        message_handle="", number="", line_number="", is_outbound=False
    )
    assert (message.was_downgraded, message.opted_out, message.date_sent) == (None, None, None)


@pytest.mark.parametrize(
    ("written", "read"),
    [(5509, "5509"), ("5509", "5509"), (5509.0, "5509"), (0, ""), ("0", ""), (None, ""),
     ("SMS_LIMIT_REACHED", "SMS_LIMIT_REACHED"), (False, ""), (10**30, "")],
)  # fmt: skip
def test_error_codes_are_text(written, read):
    assert parse(error_code=written).error_code == read


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("delivered", "DELIVERED"),
        (" Sent ", "SENT"),
        ("failed", "ERROR"),
        ("TELEPORTED", "TELEPORTED"),
        (None, ""),
    ],
)
def test_statuses_are_upper_case_and_unknown_ones_stay(written, read):
    assert parse(status=written).status == read


def test_unknown_and_neutral_statuses_never_move_a_message_on():
    order = ["QUEUED", "REGISTERED", "PENDING", "ACCEPTED", "SENT", "DELIVERED", "READ"]
    assert [STATUS_RANK[status] for status in order] == list(range(1, 8))
    assert STATUS_RANK["SUCCESS"] == STATUS_RANK.get(normalize_status("teleported"), 0) == 0


def test_being_downgraded_is_three_valued():
    assert [parse(was_downgraded=value).was_downgraded for value in (None, "", True, "false")] == [
        None,
        None,
        True,
        False,
    ]


@pytest.mark.parametrize(
    ("written", "read"), [("imessage", "iMessage"), ("sms", "SMS"), ("Pigeon", "Pigeon")]
)
def test_services_have_one_spelling(written, read):
    assert parse(service=written).service == read


def test_the_account_is_named_by_either_key():
    assert parse().account_email == "owner@example.test"
    assert parse(accountEmail=None, account_email="b@example.test").account_email == (
        "b@example.test"
    )


AT = datetime(2026, 10, 20, 14, 3, 11, tzinfo=UTC)


@pytest.mark.parametrize(
    "written",
    [
        "2026-10-20T14:03:11Z",
        "2026-10-20T14:03:11.000+00:00",
        "2026-10-20T16:03:11+02:00",
        "2026-10-20T14:03:11",
        "2026-10-20 14:03:11",
        "Tue, 20 Oct 2026 14:03:11 GMT",
        1792504991,
        1792504991.0,
        1792504991000,
        "1792504991",
        "1792504991000",
        {"_seconds": 1792504991, "_nanoseconds": 0},
        {"seconds": "1792504991"},
    ],
)
def test_dates_are_read_in_every_form(written):
    assert moment(written) == AT
    assert moment(written).tzinfo is UTC


@pytest.mark.parametrize(
    "written",
    [
        None, "", "soon", 0, True, [], {}, "0001-01-01T00:00:00Z", "9999-12-31T23:59:59-12:00",
        "2026-02-30T00:00:00Z", 1e300, float("inf"), float("nan"), {"_seconds": "x"}, -5,
        {"_seconds": None}, "20261020T", 10**400,
    ],
)  # fmt: skip
def test_dates_that_are_none_are_none(written):
    assert moment(written) is None


def test_text_is_what_the_database_takes():
    assert parse(content="a\0b").content == "ab"
    assert parse(content="a\ud83db").content == "a\ufffdb"
    assert parse(content="\ud83d\ude00").content == "😀"
    assert storable({"a\0": ["\ud800", float("nan"), 1.5, {"b": "\0"}]}) == {
        "a": ["\ufffd", None, 1.5, {"b": ""}]
    }


def test_replies_and_places_are_read():
    message = parse(
        reply_to={"message_handle": "p", "part_index": "2"},
        thread_originator={"message_handle": "r", "part": 1},
        location={"latitude": "52.5", "longitude": 13.4, "timestamp": 1792504991},
        message_type="location",
    )
    assert (message.reply_to.message_handle, message.reply_to.part_index) == ("p", 2)
    assert message.thread_originator.part_index == 1
    assert (message.location.latitude, message.location.timestamp) == (52.5, AT)
    assert parse(location={"latitude": 1}, reply_to={"part_index": 1}).location is None


def test_what_people_write_stays_out_of_the_repr():
    shown = repr(parse(media_url="https://media.test/secret.png"))
    assert "order" not in shown
    assert "0777" not in shown
    assert "secret.png" not in shown


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(st.characters())
    | st.sampled_from([PERSON, LINE, "RECEIVED", "2026-10-20T14:03:11Z", "\ud800", "\0"]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=6,
)


@settings(max_examples=300, deadline=None)
@given(
    st.dictionaries(
        st.sampled_from([*INBOUND, "reply_to", "location", "app_card", "error_message"]),
        json_values,
    )
)
def test_no_content_however_odd_is_refused(payload):
    for body in (payload, {**INBOUND, **payload}):
        message = MessagePayload.parse(body, lines=(LINE,))
        for text in (message.content, message.number, message.status, message.message_handle):
            assert "\0" not in text
            text.encode()
        TypingPayload.parse(body)
        ContactPayload.parse(body)
        json.dumps(storable(body), allow_nan=False).encode()


@pytest.mark.parametrize("payload", [None, [], "x", 1])
def test_what_is_no_object_is_no_message(payload):
    for kind in (MessagePayload, TypingPayload, ContactPayload):
        with pytest.raises(ValueError, match="JSON object"):
            kind.parse(payload)


# --- answers around the message ------------------------------------------------------------------


def test_a_page_is_read_from_every_envelope():
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


def test_typing_names_the_line_as_sender():
    body = {"number": PERSON, "from_number": LINE, "is_typing": True, "timestamp": None}
    assert TypingPayload.parse(body) == TypingPayload(PERSON, LINE, is_typing=True, timestamp=None)
    turned = {**body, "number": LINE, "from_number": PERSON}
    assert TypingPayload.parse(turned, lines=(LINE,)).number == PERSON


@pytest.mark.parametrize("key", ["phone", "number", "phone_number", "phoneNumber"])
def test_a_contact_is_known_by_any_name_of_its_number(key):
    contact = ContactPayload.parse({key: PERSON, "opt_out": True, "custom_variables": {"a": 1}})
    assert (contact.number, contact.opted_out) == (PERSON, True)
    assert contact.custom_variables == {"a": "1"}


def test_a_contact_said_twice_is_read_in_snake_case():
    doubled = {"first_name": "Ada", "firstName": "ADA", "optOut": False, "verified": None}
    contact = ContactPayload.from_envelope({"status": "OK", "contact": doubled})
    assert (contact.first_name, contact.opted_out, contact.verified) == ("Ada", False, None)


def test_usage_tells_unknown_from_zero():
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


def test_line_states_and_groups_and_changes_are_read():
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


def test_subscriptions_of_others_go_back_exactly_as_they_came():
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


def test_one_shape_stands_for_both_spellings_of_an_entry():
    assert WebhookEntry.parse("https://a.test") == WebhookEntry.parse({"url": "https://a.test"})
    assert WebhookEntry.parse({"secret": "s"}) is None


def test_our_entries_are_written_as_each_kind_takes_them():
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
def test_no_subscriptions_are_none(odd):
    hooks = Webhooks.parse(odd)
    assert all(hooks.of(kind) == () for kind in WEBHOOK_KINDS)
