"""Filling a database with conversations that look lived in, for trials and benchmarks.

Rows go in by COPY, a million messages in a minute or two. What threads repeat of their messages
(last words, revisions, trouble) is computed along the way by the rules of the actions, so that a
recount agrees.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.contrib.auth import get_user_model
from django.db import connection, transaction
from django.db.models import NOT_PROVIDED
from django.db.models.expressions import DatabaseDefault
from psycopg.types.json import Jsonb

from contacts.actions.merging import values_of
from contacts.actions.saving import index_for_search
from contacts.models import Contact, Label
from inbox.actions.touching import summary
from inbox.demo_words import COMPANIES, FIRST_NAMES, LAST_NAMES, line_of_talk
from inbox.models import Line, Message, Participant, Reader, SendState, Thread
from sendblue_inbox.clock import now
from sendblue_inbox.sendblue.terms import Service, Status

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from django.db.models import Model

LINES = 20
# Lengths of conversations follow Zipf's law: a few are very long, most are short. With 100,000
# threads and 1,000,000 messages the longest has about 20,000.
ZIPF = 0.8
HISTORY = timedelta(days=365)
# Which of how many people are called so.
TAGS = {"vip": 50, "newsletter": 3, "wholesale": 700}
FAILED = 0.01
WITH_MEDIA = 0.03
MESSAGE_COLUMNS = (
    *("thread", "line", "message_handle", "is_outbound", "message_type", "number", "content"),
    *("media_url", "service", "status", "was_downgraded", "error_code", "error_message"),
    *("date_sent", "date_updated", "delivered_at", "created_at", "first_revision", "revision"),
    *("is_news", "author", "send_state", "attempts", "attempted_at", "trouble_settled_at"),
)


@dataclass(slots=True)
class Talk:
    """One conversation in the making; the lower half is known once its messages are."""

    pk: int
    contact: Contact
    line_pk: int
    length: int
    last_at: datetime
    service: str
    unread: int
    newest: Message | None = None
    last_news_at: datetime | None = None
    last_news_revision: int = 0
    trouble: int = 0


class Seeder:
    """Makes up an inbox; in an empty database one seed always gives the same conversations."""

    def __init__(self, *, seed: int = 1) -> None:
        self.dice = random.Random(seed)  # noqa: S311  # words, not secrets
        self.now = now()
        users = get_user_model().objects.filter(is_active=True).order_by("pk")
        self.agents = list(users.values_list("pk", flat=True))
        self.addresses = list(users.values_list("email", flat=True))

    def fill(self, *, threads: int, messages: int, contacts: int) -> None:
        """Add so many rows of each, in one transaction.

        A thread has at least one message, and a contact at most one thread on a line; both go
        before the figures given.
        """
        with transaction.atomic():
            talks = self._talks(
                threads,
                max(messages, threads),
                self._people(max(contacts, -(-threads // LINES), 1)),
                self._lines(),
            )
            copy_rows(Message, MESSAGE_COLUMNS, self._messages(talks))
            copy_rows(Thread, *self._threads(talks))
            pairs = ((talk.pk, talk.contact.pk) for talk in talks)
            copy_rows(Participant, ("thread", "contact"), pairs)
            copy_rows(Reader, ("thread", "user", "read_revision"), self._readers(talks))
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")

    def _lines(self) -> list[int]:
        made = [
            Line(number=f"+1555900{n:04d}", name=f"Shop {n + 1}", status=Line.Status.ONLINE)
            for n in range(LINES)
        ]
        Line.objects.bulk_create(made, ignore_conflicts=True)
        numbers = [line.number for line in made]
        return list(Line.objects.filter(number__in=numbers).values_list("pk", flat=True))

    def _people(self, count: int) -> list[Contact]:
        """Contacts with numbers of an area code that does not exist, so that nobody has them."""
        choose, first_pk = self.dice.choice, reserve(Contact, count)
        people = []
        for n in range(count):
            told = self.now - HISTORY * ((count - n) / count)
            contact = Contact(
                pk=first_pk + n,
                number=f"+1555{(first_pk + n) % 9_000_000:07d}",
                first_name=choose(FIRST_NAMES),
                last_name=choose(LAST_NAMES),
                company_name=choose(COMPANIES) if n % 7 == 0 else "",
                sendblue_number=f"+1555900{choose(range(LINES)):04d}" if n % 2 else "",
                assigned_to_email=choose(self.addresses) if self.addresses and n % 5 == 0 else "",
                verified=(True, True, None)[n % 3] if n % 500 else False,
                opted_out=n % 100 == 99,
                tags=[tag for tag, every in TAGS.items() if n % every == 0],
                custom_variables={"Plan": choose(("Free", "Pro", "Team"))} if n % 4 == 0 else {},
                push_state=Contact.Push.NONE if n % 1000 else Contact.Push.REFUSED,
                push_error="" if n % 1000 else "Sendblue does not know this number.",
                created_at=told,
                updated_at=told,
            )
            if n % 10:
                contact.at_sendblue, contact.seen_at_sendblue = values_of(contact), self.now
            index_for_search(contact)
            people.append(contact)
        names = [field.name for field in Contact._meta.concrete_fields]
        copy_rows(Contact, names, ([_plain(p, name) for name in names] for p in people))
        words = [(Label.Kind.TAG, tag) for tag in TAGS] + [(Label.Kind.VARIABLE, "Plan")]
        Label.objects.bulk_create(
            (Label(kind=kind, name=name) for kind, name in words), ignore_conflicts=True
        )
        return people

    def _talks(
        self, count: int, messages: int, people: list[Contact], lines: list[int]
    ) -> list[Talk]:
        first_pk, dice = reserve(Thread, count), self.dice
        lengths = zipf_lengths(count, messages)
        dice.shuffle(lengths)
        talks = []
        for n, length in enumerate(lengths):
            turn, person = divmod(n, len(people))
            # Half of all conversations are of the last weeks, a few of the last hour.
            age = HISTORY.total_seconds() * dice.random() ** 3
            talks.append(
                Talk(
                    pk=first_pk + n,
                    contact=people[person],
                    line_pk=lines[(person + turn) % len(lines)],
                    length=length,
                    last_at=self.now - timedelta(seconds=age),
                    service=dice.choices(tuple(Service), weights=(76, 20, 4))[0].value,
                    unread=dice.choices((0, 1, 2, 5), weights=(85, 8, 4, 3))[0],
                )
            )
        return talks

    def _messages(self, talks: Iterable[Talk]) -> Iterator[Sequence[Any]]:
        for talk in talks:
            sent = talk.last_at - min(HISTORY, timedelta(hours=6) * talk.length)
            step = (talk.last_at - sent) / talk.length
            for revision in range(1, talk.length + 1):
                sent += step
                yield self._message(talk, revision, sent)

    def _message(self, talk: Talk, revision: int, sent: datetime) -> Sequence[Any]:
        dice = self.dice
        # The unread ones at the end are the person's.
        is_outbound = revision <= talk.length - talk.unread and dice.random() < 0.5
        failed = is_outbound and dice.random() < FAILED
        is_settled = failed and revision < talk.length - 2
        has_media = dice.random() < WITH_MEDIA
        author = dice.choice(self.agents) if is_outbound and self.agents else None
        arrived = sent + timedelta(seconds=1)
        status = _status(is_outbound=is_outbound, failed=failed, service=talk.service)
        content = line_of_talk(dice, name=talk.contact.first_name, is_outbound=is_outbound)
        media_url = f"https://media.example.test/{talk.pk}-{revision}.jpg" if has_media else ""
        talk.trouble += failed and not is_settled
        if not is_outbound:
            talk.last_news_at, talk.last_news_revision = sent, revision
        if revision == talk.length:
            talk.newest = Message(
                content=content, media_url=media_url, is_outbound=is_outbound, date_sent=sent
            )
        return (
            talk.pk,
            talk.line_pk,
            f"DEMO-{talk.pk:08X}-{revision:06X}",
            is_outbound,
            "message",
            talk.contact.number,
            content,
            media_url,
            talk.service,
            status,
            False if is_outbound else None,
            "10001" if failed else "",
            "Failed to send message" if failed else "",
            sent,
            arrived,
            arrived if status == Status.DELIVERED else None,
            arrived,
            revision,
            revision,
            not is_outbound,
            author,
            SendState.ACCEPTED.value if author else "",
            1 if author else 0,
            sent if author else None,
            arrived if is_settled else None,
        )

    def _threads(self, talks: list[Talk]) -> tuple[Sequence[str], Iterator[Sequence[Any]]]:
        names = (
            *("id", "line", "contact", "service", "is_closed", "assignee", "revision"),
            *("last_message_at", "last_content", "last_is_outbound", "last_inbound_at"),
            *("last_inbound_revision", "trouble_count", "created_at"),
        )
        return names, map(self._thread, talks)

    def _thread(self, talk: Talk) -> Sequence[Any]:
        newest, dice = talk.newest, self.dice
        if newest is None:
            raise ValueError("The messages of a thread come first.")
        return (
            talk.pk,
            talk.line_pk,
            talk.contact.pk,
            talk.service,
            not talk.unread and dice.random() < 0.3,
            dice.choice(self.agents) if self.agents and dice.random() < 0.3 else None,
            talk.length,
            newest.date_sent,
            summary(newest),
            newest.is_outbound,
            talk.last_news_at,
            talk.last_news_revision,
            talk.trouble,
            self.now - HISTORY,
        )

    def _readers(self, talks: list[Talk]) -> Iterator[Sequence[Any]]:
        for talk in talks:
            for agent in self.agents:
                yield talk.pk, agent, max(talk.length - talk.unread, 0)


def zipf_lengths(count: int, total: int) -> list[int]:
    """So many lengths of at least one that add up to the total, longest first."""
    weights = [(rank + 1) ** -ZIPF for rank in range(count)]
    share = (total - count) / sum(weights) if count else 0
    lengths = [1 + int(share * weight) for weight in weights]
    for n in range(total - sum(lengths)):
        lengths[n % count] += 1
    return lengths


def reserve(model: type[Model], count: int) -> int:
    """Take so many primary keys out of the model's sequence; the first of them."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT setval(name, nextval(name) + %s) FROM pg_get_serial_sequence(%s, 'id') name",
            [count, model._meta.db_table],
        )
        return cursor.fetchone()[0] - count


def copy_rows(model: type[Model], names: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """COPY the rows in; fields that are not named get the model's or the database's defaults."""
    fields = {field.name: field for field in model._meta.concrete_fields}
    given = [fields.pop(name) for name in names]
    rest = [
        field
        for field in fields.values()
        if not (field.primary_key or field.null) and field.db_default is NOT_PROVIDED
    ]
    defaults = tuple(field.get_default() for field in rest)
    columns = ", ".join(f'"{field.column}"' for field in (*given, *rest))
    with (
        connection.cursor() as cursor,
        cursor.copy(f'COPY "{model._meta.db_table}" ({columns}) FROM STDIN') as copy,
    ):
        for row in rows:
            copy.write_row((*row, *defaults))


def _plain(row: Model, name: str) -> Any:
    value = getattr(row, name)
    if isinstance(value, DatabaseDefault):
        value = row._meta.get_field(name).db_default  # type: ignore[union-attr]
    return Jsonb(value) if isinstance(value, dict) else value


def _status(*, is_outbound: bool, failed: bool, service: str) -> str:
    if not is_outbound:
        return Status.RECEIVED.value
    if failed:
        return Status.ERROR.value
    return Status.SENT.value if service == Service.SMS else Status.DELIVERED.value
