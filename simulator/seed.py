"""The state that a fresh simulator starts in: the stories, or what a reset asks for."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from .clock import DAY, HOUR, MINUTE, iso, milliseconds_of
from .inbound import group_of
from .phones import fate_of
from .state import Contact, Line, Phone, Seat, World
from .store import Message
from .stories import PLACE, SEATS, STORIES, US, Person, Said, Story

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

LINES = ("+14155550100", "+16465550101")
_AGO = re.compile(r"(\d+)([dhm])")
_UNITS = {"d": DAY, "h": HOUR, "m": MINUTE}
_APP_CARD = {
    "appName": "Orders",
    "extensionBundleId": "example.test.orders",
    "teamId": "TEAM000001",
    "url": "https://example.test/orders/1",
    "layout": {"caption": "Your order"},
}
_SMALL_TALK = (
    "Thank you, that helps a lot.",
    "When will it arrive?",
    "Could you send me the invoice again?",
    "It is on its way to you.",
    "Do you have it in blue?",
    "We are open until six today.",
    "Great, see you on Saturday!",
    "I'll check and come back to you in a minute.",
)


def sow(world: World, wishes: Mapping[str, Any]) -> None:
    """Fill an empty world; wishes are those of POST /_sim/reset.

    Contacts and messages may be lists of objects with the API's field names, or a number: then
    so many are made up. Without either the stories are told.
    """
    for wish in wishes.get("lines") or LINES:
        _line(world, wish)
    if world.options.profile == "sdk":
        _fixtures(world)
    for first_name, last_name, email in SEATS:
        seat = Seat(world.new_uuid(), email, first_name, last_name, world.clock.now() - 90 * DAY)
        world.seats[seat.seat_id] = seat
    if "contacts" not in wishes and "messages" not in wishes:
        for story in STORIES:
            _tell(world, story)
        return
    _contacts(world, wishes.get("contacts") or [])
    messages = wishes.get("messages") or []
    if isinstance(messages, int):
        world.messages.load(_invented(world, messages))
    else:
        world.messages.load([_message(world, wish) for wish in messages])


def _line(world: World, wish: Any) -> Line:
    fields = wish if isinstance(wish, dict) else {"number": wish}
    line = world.add_line(str(fields["number"]))
    line.status = str(fields.get("status", line.status))
    line.blocked = bool(fields.get("blocked", False))
    line.usage = dict(fields.get("usage") or {})
    return line


def _tell(world: World, story: Story) -> None:
    line = list(world.lines)[story.line % len(world.lines)]
    for person in story.people:
        world.phones[person.number] = Phone(person.service)
        if person.in_contacts:
            _befriend(world, person, line, _ago(world, story.said[0].ago))
    group_id = ""
    if len(story.people) > 1:
        group = group_of(world, "", line, [person.number for person in story.people])
        group.name, group.created = story.group_name, _ago(world, story.said[0].ago)
        group.updated, group_id = group.created, group.group_id
    told: list[Message] = []
    for said in story.said:
        told.append(_said(world, story, said, line, group_id, told))
    world.messages.load(told)


def _befriend(world: World, person: Person, line: str, at: int) -> None:
    world.contacts[person.number] = Contact(
        contact_id=f"c_{world.new_uuid()[:13]}",
        phone=person.number,
        created=at,
        first_name=person.first_name,
        last_name=person.last_name,
        company_name=person.company_name,
        sendblue_number=line,
        tags=list(person.tags),
        custom_variables=dict(person.about),
        verified=True,
    )


def _said(
    world: World, story: Story, said: Said, line: str, group_id: str, told: list[Message]
) -> Message:
    outbound = said.by == US
    number = story.people[0].number if outbound else said.by
    phone = world.phone(number)
    at = _ago(world, said.ago) + world.random.randrange(MINUTE)
    extra: dict[str, Any] = {}
    if said.place:
        extra["location"] = {**PLACE, "timestamp": iso(at)}
    if said.replies_to is not None:
        parent = told[said.replies_to].handle
        extra["reply_to"] = {"message_handle": parent, "part_index": 0}
        extra["thread_originator"] = {"message_handle": parent, "part": "0"}
    status = "RECEIVED"
    if outbound:
        status = "SENT" if phone.service == "SMS" else "DELIVERED"
    if said.failed:
        status = "ERROR"
        extra |= {"error_code": 10001, "error_message": "Failed to send message"}
    if said.text.strip().lower() == "stop":
        phone.opted_out = True
        world.contacts[number].opt_out = True
    handle = world.new_uuid()
    return Message(
        handle=handle if outbound else handle.upper(),
        line=line,
        number=number,
        content=said.text,
        is_outbound=outbound,
        status=status,
        created=at,
        service=phone.service,
        media_url=world.media_url(said.picture) if said.picture else "",
        message_type="group" if group_id else ("location" if said.place else "message"),
        group_id=group_id,
        send_style=said.style,
        was_downgraded=phone.service == "SMS" if outbound else None,
        extra=extra,
    )


def _ago(world: World, text: str) -> int:
    return world.clock.now() - sum(int(n) * _UNITS[unit] for n, unit in _AGO.findall(text))


def _contacts(world: World, wishes: Any) -> None:
    rows = _invented_contacts(wishes) if isinstance(wishes, int) else wishes
    for row in rows:
        number = str(row.get("phone") or row["number"])
        fate = fate_of(number)
        opted_out = bool(row.get("opt_out", fate.opted_out))
        world.phones[number] = Phone(str(row.get("service", fate.service)), opted_out)
        created = row.get("created_at")
        world.contacts[number] = Contact(
            contact_id=str(row.get("contact_id") or f"c_{world.new_uuid()[:13]}"),
            phone=number,
            created=milliseconds_of(created) if created else world.clock.now(),
            first_name=str(row.get("first_name") or ""),
            last_name=str(row.get("last_name") or ""),
            company_name=str(row.get("company_name") or ""),
            tags=list(row.get("tags") or []),
            custom_variables=dict(row.get("custom_variables") or {}),
            opt_out=opted_out,
        )


def _invented_contacts(count: int) -> Iterator[dict[str, Any]]:
    return (
        {"number": f"+1312{2_000_000 + n}", "first_name": f"Customer {n + 1}"} for n in range(count)
    )


def _invented(world: World, count: int) -> Iterator[Message]:
    """So many messages over the last year, evenly in time, by chance among contacts and lines."""
    numbers = list(world.contacts) or [row["number"] for row in _invented_contacts(100)]
    lines, choose, now = list(world.lines), world.random.choice, world.clock.now()
    step = 365 * DAY / max(count, 1)
    for n in range(count):
        outbound = world.random.random() < 0.5
        handle, number = world.new_uuid(), choose(numbers)
        yield Message(
            handle=handle if outbound else handle.upper(),
            line=lines[int(number[-4:]) % len(lines)],
            number=number,
            content=choose(_SMALL_TALK),
            is_outbound=outbound,
            status="DELIVERED" if outbound else "RECEIVED",
            created=now - int((count - n) * step),
            was_downgraded=False if outbound else None,
        )


def _message(world: World, wish: Mapping[str, Any]) -> Message:
    """A message given by the API's field names; only the contact's number is required."""
    number = str(wish["number"])
    line = str(wish.get("sendblue_number") or wish.get("line") or next(iter(world.lines)))
    outbound = bool(wish.get("is_outbound", False))
    group_id, sent = str(wish.get("group_id") or ""), wish.get("date_sent")
    if group_id:
        group_of(world, group_id, line, wish.get("participants") or [number])
    updated = wish.get("date_updated")
    return Message(
        handle=str(wish.get("message_handle") or world.new_uuid()),
        line=line,
        number=number,
        content=str(wish.get("content") or ""),
        is_outbound=outbound,
        status=str(wish.get("status") or ("DELIVERED" if outbound else "RECEIVED")),
        created=milliseconds_of(sent) if sent else world.clock.stamp(),
        updated=milliseconds_of(updated) if updated else 0,
        service=str(wish.get("service") or world.phone(number).service),
        media_url=str(wish.get("media_url") or ""),
        message_type=str(wish.get("message_type") or ("group" if group_id else "message")),
        group_id=group_id,
        send_style=str(wish.get("send_style") or ""),
        was_downgraded=wish.get("was_downgraded"),
    )


def _fixtures(world: World) -> None:
    """What the test suite of the official SDK takes for granted (contract, section 7)."""
    for number in ("+19998887777", "+16292925296", "+12125550101", "+15551234567"):
        world.add_line(number)
    for handle in ("msg_abc123def456", "message_handle", "message_id", "handle"):
        world.messages.add(
            Message(
                handle=handle,
                line="+19998887777",
                number="+1234567890",
                content="Hello",
                is_outbound=True,
                status="SENT",
                created=world.clock.stamp(),
                extra={"app_card": _APP_CARD},
            )
        )
