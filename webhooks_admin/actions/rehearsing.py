"""What reading a delivery again would change: it is read for real, looked at, and taken back.

Nothing of it is ever committed, so no screen wakes and no bell rings.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime
from itertools import chain
from typing import TYPE_CHECKING, Any

from django.db import models, transaction
from django.db.models import Q

from contacts.models import Contact
from inbox.actions.recording import TooEarly, Unreadable
from inbox.models import Line, Message, Participant, Thread
from sendblue_inbox.sendblue.payloads.reading import numbers, texts

from .dispatching import handle, read_body

if TYPE_CHECKING:
    from collections.abc import Iterable

    from webhooks_admin.models import WebhookEvent

# Where a body names people, lines and groups.
NUMBERS = ("number", "from_number", "to_number", "sendblue_number", "participants")
# Bookkeeping, which moves with every change and says nothing by itself.
SILENT = {
    *("id", "revision", "first_revision", "reset_revision", "last_inbound_revision"),
    *("created_at", "updated_at", "search_text", "search_pieces", "sort_name", "callback_token"),
    *("usage", "usage_sampled_at", "group_due_at", "contact_status_wanted_at"),
}
NOT_YET = "One of our sends is under way that it may be about; it is read a second later."
LONGEST = 300
Sight = dict[tuple[str, int], dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Change:
    """One field of one row; `before` is null where the row would be new."""

    row: str
    pk: int
    field: str
    before: Any
    after: Any

    def as_json(self) -> dict[str, Any]:
        """The change as it is kept."""
        return asdict(self)


def rehearse(event: WebhookEvent) -> list[Change]:
    """Everything that reading the delivery now would change; usually nothing.

    Raises Unreadable where it could not be read, and whatever its handler raises.
    """
    body = read_body(bytes(event.body))
    with transaction.atomic():
        try:
            with transaction.atomic():
                message_pk = handle(event)["message_id"]
                after = _sight(message_pk, body)
                transaction.set_rollback(True)
        except TooEarly as error:
            raise Unreadable(NOT_YET) from error
        before = _sight(message_pk, body)
    return list(_differences(before, after))


def _sight(message_pk: int | None, body: dict[str, Any]) -> Sight:
    """All rows that the delivery may be about, as they are inside this transaction."""
    named = set(chain.from_iterable(numbers(body.get(name)) for name in NUMBERS))
    messages = list(Message.objects.filter(pk=message_pk or 0))
    groups = set(texts(body.get("group_id")))
    threads = Thread.objects.filter(
        Q(pk__in=[message.thread_id for message in messages])
        | Q(contact__number__in=named, line__number__in=named, group_id="")
        | Q(group_id__in=groups - {""})
    )
    sight: Sight = {}
    rows: Iterable[models.Model] = chain(
        messages,
        threads,
        Contact.objects.filter(number__in=named),
        Line.objects.filter(number__in=named),
    )
    for row in rows:
        name = str(row._meta.verbose_name)
        sight[name, row.pk] = {
            field.attname: _plain(getattr(row, field.attname))
            for field in row._meta.concrete_fields
            if field.name not in SILENT
        }
    people = Participant.objects.filter(thread__in=[pk for name, pk in sight if name == "thread"])
    for thread_pk, number in people.filter(left_at=None).values_list("thread", "contact__number"):
        sight["thread", thread_pk].setdefault("participants", []).append(number)
    return sight


def _differences(before: Sight, after: Sight) -> Iterable[Change]:
    for key, columns in after.items():
        known = before.get(key)
        for field, value in columns.items():
            was = known.get(field) if known else None
            if was != value and not (known is None and value in (None, "", [], {}, False, 0)):
                yield Change(*key, field, was, value)
    for key in before.keys() - after.keys():
        yield Change(*key, "", "there", "gone")


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, str):
        return value[:LONGEST]
    return value
