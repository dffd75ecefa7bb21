"""Plain functions that make rows for tests, through the project’s own actions where possible."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from contacts.actions.saving import ensure_contact, index_for_search
from inbox.actions.recording import record_message, thread_with
from inbox.models import Line, Message, Thread
from sendblue_inbox.models import User
from sendblue_inbox.sendblue.payloads import MessagePayload

if TYPE_CHECKING:
    from contacts.models import Contact

OUR_LINE = "+14155550100"
ANNA = "+14155550123"
BEN = "+14155550124"
_numbers = itertools.count(1)


def make_agent(email: str = "agent@example.com", **fields: Any) -> User:
    """A person who can log in with the password `correct horse battery`."""
    return User.objects.create_user(email, "correct horse battery", **fields)


def make_line(number: str = OUR_LINE, **fields: Any) -> Line:
    """One of our lines."""
    return Line.objects.create(number=number, status="ONLINE", **fields)


def make_contact(number: str = ANNA, **fields: Any) -> Contact:
    """A person."""
    contact = ensure_contact(number)
    for name, value in fields.items():
        setattr(contact, name, value)
    index_for_search(contact)
    contact.save()
    return contact


def make_thread(line: Line | None = None, number: str = ANNA) -> Thread:
    """An empty conversation with a person."""
    line = line or Line.objects.filter(number=OUR_LINE).first() or make_line()
    return thread_with(line, make_contact(number), moment())


def moment(seconds: float = 0) -> datetime:
    """Now, or so many seconds later."""
    return datetime.now(UTC) + timedelta(seconds=seconds)


def report(**fields: Any) -> dict[str, Any]:
    """A message as a `receive` webhook tells it (contract, section 3.2); override what matters."""
    number = fields.pop("number", ANNA)
    line = fields.pop("line", OUR_LINE)
    outbound = fields.get("is_outbound", False)
    sent = fields.pop("date_sent", moment())
    return {
        "accountEmail": "owner@example.test",
        "content": "Where is my order?",
        "is_outbound": outbound,
        "status": "SENT" if outbound else "RECEIVED",
        "error_code": None,
        "error_message": None,
        "error_detail": None,
        "message_handle": f"handle-{next(_numbers)}",
        "date_sent": sent.isoformat(),
        "date_updated": sent.isoformat(),
        "from_number": line if outbound else number,
        "number": number,
        "to_number": number if outbound else line,
        "was_downgraded": None,
        "media_url": "",
        "message_type": "message",
        "group_id": "",
        "participants": [],
        "send_style": "",
        "opted_out": False,
        "sendblue_number": line,
        "service": "iMessage",
        "group_display_name": "",
    } | fields


def receive(**fields: Any) -> Message:
    """Record a report as if a webhook had brought it."""
    return record_message(
        MessagePayload.parse(report(**fields), lines=[OUR_LINE]), seen_at=moment()
    )
