"""A message told in several ways is read as one (Sendblue API contract, section 5)."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sendblue_inbox.sendblue.payloads import (
    ContactPayload,
    Location,
    MessagePayload,
    MessageRef,
    TypingPayload,
    storable,
)
from sendblue_inbox.sendblue.payloads.reading import moment, number
from sendblue_inbox.sendblue.terms import STATUS_RANK, normalize_status

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


def parse(lines: tuple[str, ...] = (), **changes: Any) -> MessagePayload:
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
def test_the_person_is_told_from_the_line(
    lines: tuple[str, ...], stated: str | None, is_outbound: Any, from_number: str, to_number: str
) -> None:
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
def test_a_missing_direction_follows_from_the_rest(
    changes: dict[str, Any], is_outbound: Any
) -> None:
    message = parse(is_outbound=None, **changes)
    assert message.is_outbound is is_outbound
    assert (message.number, message.line_number) == (PERSON, LINE)


def test_without_a_number_field_the_other_side_is_the_person() -> None:
    assert parse(number=None).number == PERSON
    assert parse(number="", from_number=LINE, to_number=PERSON).number == PERSON
    outbound = parse(number=None, is_outbound=True, from_number=LINE, to_number=PERSON)
    assert outbound.number == PERSON


def test_our_known_lines_decide_before_the_direction() -> None:
    turned = {"sendblue_number": None, "from_number": LINE, "to_number": PERSON}
    message = parse(lines=(LINE,), number=None, **turned)
    assert (message.number, message.line_number) == (PERSON, LINE)


def test_our_own_line_in_the_number_field_is_not_the_person() -> None:
    assert parse(number=LINE).number == PERSON


def test_a_replaced_line_is_known_by_what_the_payload_states() -> None:
    message = parse(lines=(OTHER_LINE,))
    assert (message.number, message.line_number) == (PERSON, LINE)


def test_a_group_answer_may_name_arrays() -> None:
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


def test_participants_count_in_groups_only() -> None:
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
def test_numbers_have_one_plus(written: Any, read: Any) -> None:
    assert number(written) == read


# --- single values -------------------------------------------------------------------------------


@pytest.mark.parametrize("nothing", ["", None])
def test_null_and_empty_mean_the_same(nothing: str | None) -> None:
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


def test_a_missing_field_reads_like_null() -> None:
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
def test_error_codes_are_text(written: Any, read: Any) -> None:
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
def test_statuses_are_upper_case_and_unknown_ones_stay(written: Any, read: Any) -> None:
    assert parse(status=written).status == read


def test_unknown_and_neutral_statuses_never_move_a_message_on() -> None:
    order = ["QUEUED", "REGISTERED", "PENDING", "ACCEPTED", "SENT", "DELIVERED", "READ"]
    assert [STATUS_RANK[status] for status in order] == list(range(1, 8))
    assert STATUS_RANK["SUCCESS"] == STATUS_RANK.get(normalize_status("teleported"), 0) == 0


def test_being_downgraded_is_three_valued() -> None:
    assert [parse(was_downgraded=value).was_downgraded for value in (None, "", True, "false")] == [
        None,
        None,
        True,
        False,
    ]


@pytest.mark.parametrize(
    ("written", "read"), [("imessage", "iMessage"), ("sms", "SMS"), ("Pigeon", "Pigeon")]
)
def test_services_have_one_spelling(written: Any, read: Any) -> None:
    assert parse(service=written).service == read


def test_the_account_is_named_by_either_key() -> None:
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
def test_dates_are_read_in_every_form(written: Any) -> None:
    read = moment(written)
    assert read == AT
    assert read is not None
    assert read.tzinfo is UTC


@pytest.mark.parametrize(
    "written",
    [
        None, "", "soon", 0, True, [], {}, "0001-01-01T00:00:00Z", "9999-12-31T23:59:59-12:00",
        "2026-02-30T00:00:00Z", 1e300, float("inf"), float("nan"), {"_seconds": "x"}, -5,
        {"_seconds": None}, "20261020T", 10**400,
    ],
)  # fmt: skip
def test_dates_that_are_none_are_none(written: Any) -> None:
    assert moment(written) is None


def test_text_is_what_the_database_takes() -> None:
    assert parse(content="a\0b").content == "ab"
    assert parse(content="a\ud83db").content == "a\ufffdb"
    assert parse(content="\ud83d\ude00").content == "😀"
    assert storable({"a\0": ["\ud800", float("nan"), 1.5, {"b": "\0"}]}) == {
        "a": ["\ufffd", None, 1.5, {"b": ""}]
    }


def test_replies_and_places_are_read() -> None:
    message = parse(
        reply_to={"message_handle": "p", "part_index": "2"},
        thread_originator={"message_handle": "r", "part": 1},
        location={"latitude": "52.5", "longitude": 13.4, "timestamp": 1792504991},
        message_type="location",
    )
    assert message.reply_to == MessageRef("p", 2)
    assert message.thread_originator == MessageRef("r", 1)
    assert message.location == Location(52.5, 13.4, timestamp=AT)
    assert parse(location={"latitude": 1}, reply_to={"part_index": 1}).location is None


def test_what_people_write_stays_out_of_the_repr() -> None:
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
def test_no_content_however_odd_is_refused(payload: Any) -> None:
    for body in (payload, {**INBOUND, **payload}):
        message = MessagePayload.parse(body, lines=(LINE,))
        for text in (message.content, message.number, message.status, message.message_handle):
            assert "\0" not in text
            text.encode()
        TypingPayload.parse(body)
        ContactPayload.parse(body)
        json.dumps(storable(body), allow_nan=False).encode()


@pytest.mark.parametrize("payload", [None, [], "x", 1])
def test_what_is_no_object_is_no_message(payload: Any) -> None:
    for kind in (MessagePayload, TypingPayload, ContactPayload):
        with pytest.raises(ValueError, match="JSON object"):
            kind.parse(payload)
