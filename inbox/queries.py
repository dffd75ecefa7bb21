"""Questions about threads and messages. Each costs the same in a small and in a huge inbox."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

from django.contrib.auth import get_user_model
from django.db import connection
from django.db.models import Case, F, OuterRef, Q, Subquery, Value, When
from django.db.models.expressions import RawSQL
from django.db.models.functions import Coalesce

from contacts.models import Contact
from contacts.queries import matching
from inbox.models import TROUBLE, Line, Message, Participant, Reader, SendState, Thread
from inbox.models.thread import placed
from sendblue_inbox.clock import now
from sendblue_inbox.keyset import Place
from sendblue_inbox.phone import NotANumber, to_address

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from sendblue_inbox.models import User

THREADS_A_PAGE = 40
MESSAGES_A_PAGE = 50
TROUBLES_A_PAGE = 50
MOST_CHANGES = 100
MOST_NAMED = 200
# Unread messages are counted up to here; the screen shows "99+".
MOST_UNREAD = 100
# A new colleague does not start with years of unread messages.
UNREAD_BEFORE_JOINING = timedelta(days=1)
ALL_READ = 2**62
XMINS = """
    (inbox_thread.xmin, contacts_contact.xmin, inbox_line.xmin, sendblue_inbox_user.xmin,
     CASE WHEN inbox_thread.group_id <> '' THEN (
        SELECT array_agg((member.xmin, person.xmin) ORDER BY member.id)
          FROM inbox_participant member
          JOIN contacts_contact person ON person.id = member.contact_id
         WHERE member.thread_id = inbox_thread.id) END)::text
"""
# The line that an agent used last is remembered this long.
LATELY = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class ThreadFilter:
    """What of the inbox is shown: a view (`open`, `unread`, `mine`, `closed`), a line, words."""

    view: str = "open"
    line: int | None = None
    query: str = ""


@dataclass(frozen=True, slots=True)
class ThreadPage:
    """Threads, newest first, each with `unread`; and the place to go on from, if there is more."""

    threads: list[Thread]
    next: Place | None


class RowVersion(NamedTuple):
    """What a row of the list depends on, but for the clock.

    `xmins` says which transactions last wrote the rows of the thread, its line, its assignee and
    its people (PostgreSQL, System Columns): it changes with whatever is shown of them.
    """

    pk: int
    unread: int
    xmins: str


@dataclass(frozen=True, slots=True)
class SuggestedLine:
    """The line to write to somebody from, and why this one."""

    line: Line
    reason: str


@dataclass(frozen=True, slots=True)
class Changes:
    """What happened in a thread since a revision; `since` is the cursor for the next question.

    `is_reset`: too much or something removed, so the screen must take the whole page again.
    """

    added: list[Message]
    changed: list[Message]
    since: int
    is_reset: bool = False


def thread_page(
    threads: QuerySet[Thread],
    *,
    user: User,
    filters: ThreadFilter,
    before: Place | None = None,
    limit: int = THREADS_A_PAGE,
) -> ThreadPage:
    """A page of the list, from the newest or from `before` on; two queries."""
    found = _filtered(with_pointer(threads, user), user, filters)
    if before:
        # The first condition bounds the index scan, the second settles equal times.
        found = found.filter(last_message_at__lte=before.at).filter(
            Q(last_message_at__lt=before.at) | Q(pk__lt=before.pk)
        )
    rows = list(_with_row(found).order_by("-last_message_at", "-pk")[: limit + 1])
    page, more = rows[:limit], len(rows) > limit
    add_unread(page)
    add_members(page)
    last = Place(page[-1].last_message_at, page[-1].pk) if more else None
    return ThreadPage(page, last)


def threads_with(
    threads: QuerySet[Thread], contact: Contact, *, user: User, limit: int = THREADS_A_PAGE
) -> list[Thread]:
    """The newest conversations with a person, on whichever of their numbers, groups too."""
    numbers = Contact.objects.filter(Q(pk=contact.pk) | Q(merged_into=contact)).values("pk")
    alone = Thread.objects.filter(contact__in=numbers).values("pk")
    groups = Participant.objects.filter(contact__in=numbers).values("thread")
    # Named one by one: asked in one go, the newest threads of everybody would be walked.
    theirs = threads.filter(pk__in={pk for (pk,) in alone.union(groups).values_list("pk")})
    found = _with_row(with_pointer(theirs, user)).order_by("-last_message_at", "-pk")
    rows = list(found[:limit])
    add_unread(rows)
    add_members(rows)
    return rows


def row_versions(
    threads: QuerySet[Thread], pks: list[int], *, user: User, filters: ThreadFilter
) -> list[RowVersion]:
    """Those of the named threads that the filter shows; two queries that carry no words."""
    named = _filtered(with_pointer(threads.filter(pk__in=pks), user), user, filters)
    joins = ("contact__number", "line__number", "assignee__email")
    xmins = RawSQL(XMINS, [])  # nosec B611 a constant
    rows = list(named.annotate(xmins=xmins).values_list("pk", "pointer", "xmins", *joins))
    unread = unread_counts([(pk, pointer) for pk, pointer, *_ in rows])
    return [RowVersion(pk, unread[pk], xmins) for pk, _, xmins, *_ in rows]


def threads_with_row(threads: QuerySet[Thread], pks: list[int]) -> list[Thread]:
    """The threads with what a row shows, but for what is each agent's own; two queries."""
    found = list(_with_row(threads.filter(pk__in=pks)))
    add_members(found)
    return found


def with_pointer(threads: QuerySet[Thread], user: User) -> QuerySet[Thread]:
    """The threads, each with `pointer`: the revision up to which the agent has read."""
    own = Reader.objects.filter(thread=OuterRef("pk"), user=user).values("read_revision")
    joined = user.date_joined - UNREAD_BEFORE_JOINING
    never_opened = Case(When(last_inbound_at__gt=joined, then=Value(0)), default=Value(ALL_READ))
    return threads.annotate(pointer=Coalesce(Subquery(own), never_opened))


def add_unread(threads: list[Thread]) -> None:
    """Give each thread that has a `pointer` its `unread` count; one query."""
    counts = unread_counts([(thread.pk, thread.pointer) for thread in threads])  # type: ignore[attr-defined]
    for thread in threads:
        thread.unread = counts[thread.pk]  # type: ignore[attr-defined]


def unread_counts(pointers: list[tuple[int, int]]) -> dict[int, int]:
    """By thread, how many messages are news beyond the pointer, at most MOST_UNREAD; one query."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT t.id, (SELECT count(*) FROM (
                SELECT 1 FROM inbox_message m
                 WHERE m.thread_id = t.id AND m.is_news AND m.first_revision > t.pointer
                 LIMIT %s) AS seen)
              FROM unnest(%s::bigint[], %s::bigint[]) AS t (id, pointer)
            """,
            [MOST_UNREAD, [pk for pk, _ in pointers], [pointer for _, pointer in pointers]],
        )
        return dict(cursor.fetchall())


def add_members(threads: list[Thread]) -> None:
    """Give each group its `members`; one query, where there is a group."""
    groups = {thread.pk: thread for thread in threads if thread.is_group}
    if not groups:
        return
    found: dict[int, list[Participant]] = {pk: [] for pk in groups}
    rows = Participant.objects.filter(thread__in=groups).select_related("contact")
    rows = rows.defer("contact__search_text", "contact__search_pieces")
    for member in rows.order_by("pk"):
        found[member.thread_id].append(member)
    for pk, members in found.items():
        groups[pk].members = placed(members)


def message_page(
    thread: Thread,
    *,
    before: Place | None = None,
    after: Place | None = None,
    limit: int = MESSAGES_A_PAGE,
) -> list[Message]:
    """Up to `limit` messages in screen order: the newest, those before a place or after one."""
    order = ("date_sent", "message_handle", "pk")
    if after:
        return list(shown(_beyond(thread, after, "gt")).order_by(*order)[:limit])
    found = _beyond(thread, before, "lt") if before else thread.messages.all()
    newest_first = shown(found).order_by(*(f"-{column}" for column in order))
    return list(newest_first[:limit])[::-1]


def place_of(message: Message) -> Place:
    """The message's place in its thread."""
    return Place(message.date_sent, message.pk, message.message_handle)


def changes_since(thread: Thread, since: int) -> Changes:
    """What is new or different after the revision `since`.

    One statement, and the new cursor is the highest revision in its result: a second statement
    could see a newer state than the first, and what lay between would never be shown.
    """
    rows: list[Any] = list(
        shown(thread.messages.filter(revision__gt=since))
        .annotate(reset_revision=F("thread__reset_revision"))
        .order_by("revision")[: MOST_CHANGES + 1]
    )
    reset = rows[0].reset_revision if rows else thread.reset_revision
    if reset > since or len(rows) > MOST_CHANGES:
        return Changes([], [], thread.revision, is_reset=True)
    added = [message for message in rows if message.first_revision > since]
    changed = [message for message in rows if message.first_revision <= since]
    added.sort(key=lambda message: message.sort_key)
    return Changes(added, changed, rows[-1].revision if rows else since)


def attempts_of(message: Message) -> list[Message]:
    """The message and all attempts before and after it with the same content, oldest first."""
    chain = RawSQL(  # noqa: S611
        """
        WITH RECURSIVE earlier AS (
            SELECT id, again_of_id FROM inbox_message WHERE id = %s
            UNION SELECT m.id, m.again_of_id FROM inbox_message m
                    JOIN earlier ON m.id = earlier.again_of_id),
        attempts AS (
            SELECT id FROM earlier
            UNION SELECT m.id FROM inbox_message m JOIN attempts ON m.again_of_id = attempts.id)
        SELECT id FROM attempts
        """,
        [message.pk],
    )
    return list(Message.objects.filter(pk__in=chain).select_related("author").order_by("pk"))


def trouble_page(
    messages: QuerySet[Message], *, kind: str, line: int | None, before: Place | None
) -> tuple[list[Message], Place | None]:
    """Messages that failed or of which nobody knows, newest first, and the place to go on from."""
    found = messages.filter(TROUBLE)
    if kind:
        unknown = Q(send_state=SendState.UNKNOWN)
        found = found.filter(unknown if kind == "unknown" else ~unknown)
    if line:
        found = found.filter(line=line)
    if before:
        found = found.filter(date_sent__lte=before.at).filter(
            Q(date_sent__lt=before.at) | Q(pk__lt=before.pk)
        )
    found = found.select_related("thread__line", "thread__contact")
    rows = list(found.order_by("-date_sent", "-pk")[: TROUBLES_A_PAGE + 1])
    page, more = rows[:TROUBLES_A_PAGE], len(rows) > TROUBLES_A_PAGE
    return page, Place(page[-1].date_sent, page[-1].pk) if more else None


def people_in(thread: Thread) -> dict[str, Contact]:
    """Who is in the thread or was, by number."""
    return {member.contact.number: member.contact for member in thread.members}


def unread_for(thread: Thread, user: User) -> bool:
    """Whether something in the thread is news to this agent."""
    threads = with_pointer(Thread.objects.filter(pk=thread.pk), user)
    return threads.filter(last_inbound_revision__gt=F("pointer")).exists()


def agents() -> list[User]:
    """The people who work here, by name."""
    return list(get_user_model().objects.filter(is_active=True).order_by("name", "email"))


def suggested_line(user: User, number: str) -> SuggestedLine | None:
    """The line to write to that number from; None where there is none that can send.

    What the person knows comes first, then what the agent last used, then what works.
    """
    able = [line for line in Line.objects.order_by("pk") if not line.trouble]
    if not able:
        return None
    if len(able) == 1:
        return SuggestedLine(able[0], "It is your only line that can send.")
    with contextlib.suppress(NotANumber):
        address = to_address(number)
        known = Thread.objects.filter(contact__number=address, line__in=able, group_id="")
        newest = known.order_by("-last_message_at").select_related("line", "contact").first()
        if newest:
            return SuggestedLine(newest.line, f"{newest.contact} knows you by this line.")
    used = Message.objects.filter(author=user, line__in=able, created_at__gt=now() - LATELY)
    last = used.order_by("-pk").select_related("line").first()
    if last:
        return SuggestedLine(last.line, "You used it last.")
    online = [line for line in able if line.status == Line.Status.ONLINE]
    if online:
        return SuggestedLine(online[0], "Sendblue reports it as online.")
    return SuggestedLine(able[0], "It is the first of your lines.")


def shown(messages: QuerySet[Message]) -> QuerySet[Message]:
    """The rows that stand in the thread by themselves, with what they show beside their columns."""
    return messages.filter(reacts_to__isnull=True).select_related("author")


def _filtered(threads: QuerySet[Thread], user: User, filters: ThreadFilter) -> QuerySet[Thread]:
    if filters.line:
        threads = threads.filter(line=filters.line)
    if filters.query.strip():
        people = Participant.objects.filter(contact__in=matching(filters.query))
        named = _groups_named(filters.query.strip())
        found = Q(pk__in=people.values("thread"))
        # A search looks everywhere: what was put away is found again.
        return threads.filter(found | Q(pk__in=named) if named else found)
    threads = threads.filter(is_closed=filters.view == "closed")
    if filters.view == "mine":
        threads = threads.filter(assignee=user)
    if filters.view == "unread":
        threads = threads.filter(last_inbound_revision__gt=F("pointer"))
    return threads


def _groups_named(words: str) -> list[int]:
    """The groups with these words in their name; few enough to be named one by one."""
    groups = Thread.objects.exclude(group_id="").filter(group_display_name__icontains=words)
    return list(groups.values_list("pk", flat=True)[:MOST_NAMED])


def _with_row(threads: QuerySet[Thread]) -> QuerySet[Thread]:
    """The threads with what a row shows beside its own columns."""
    found = threads.select_related("contact", "line", "assignee")
    return found.defer("contact__search_text", "contact__search_pieces")


def _beyond(thread: Thread, place: Place, side: str) -> QuerySet[Message]:
    at, text, pk = f"date_sent__{side}", f"message_handle__{side}", f"pk__{side}"
    return thread.messages.filter(**{f"{at}e": place.at}).filter(
        Q(**{at: place.at})
        | Q(date_sent=place.at, **{text: place.text})
        | Q(date_sent=place.at, message_handle=place.text, **{pk: place.pk})
    )
