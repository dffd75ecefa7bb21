"""A conversation: one person, or one group, on one line."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.functional import cached_property

from contacts.models import Contact
from sendblue_inbox.clock import now

from .line import Line

if TYPE_CHECKING:
    from collections.abc import Iterable

# Nobody is told when a phone goes away in the middle of a word (contract 2.3, 3.4).
TYPING_LASTS = timedelta(seconds=60)

# How the group_id of a group begins that Sendblue has not named yet.
NEW_GROUP = "new-"
# So many people name a group that has no name of its own.
MOST_NAMES = 3


class Thread(models.Model):
    """A conversation with a contact on a line, or a group by its `group_id`.

    `revision` counts changes under the row lock and is the cursor of the live screen: every
    message carries the revision of its first and its last change. Columns that start with `last_`
    repeat what the newest message says, so that the list reads no messages.
    """

    line = models.ForeignKey(Line, on_delete=models.PROTECT, related_name="threads")
    contact = models.ForeignKey(
        Contact, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    group_id = models.CharField(max_length=200, blank=True)
    group_display_name = models.CharField(max_length=200, blank=True)
    participants = models.ManyToManyField(Contact, through="Participant", related_name="+")
    service = models.CharField(max_length=16, blank=True)

    is_closed = models.BooleanField(default=False)
    assignee = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
    )

    revision = models.BigIntegerField(default=0)
    # Screens that are older than this must take the whole page again: a bubble went away.
    reset_revision = models.BigIntegerField(default=0)
    last_message_at = models.DateTimeField()
    last_content = models.CharField(max_length=160, blank=True)
    last_is_outbound = models.BooleanField(default=False)
    last_inbound_at = models.DateTimeField(null=True, blank=True)
    last_inbound_revision = models.BigIntegerField(default=0)
    # Sends that failed or whose outcome nobody knows: the list marks them.
    trouble_count = models.PositiveIntegerField(default=0)
    # Somebody at the other end types, and until when that is to be believed.
    typing_number = models.CharField(max_length=254, blank=True, db_default="")
    typing_until = models.DateTimeField(null=True, blank=True)
    # The picture of a group, in our own storage; when Sendblue was last asked about the group.
    group_photo = models.CharField(max_length=200, blank=True, db_default="")
    group_read_at = models.DateTimeField(null=True, blank=True)
    # When one of its messages was last handed over: the others take their turns before the next.
    last_claimed_at = models.DateTimeField(null=True, blank=True)
    # Whether the person is new to the line, as Sendblue said (contract 2.8), and when to ask that.
    contact_status = models.JSONField(default=dict, blank=True, db_default={})
    contact_status_wanted_at = models.DateTimeField(null=True, blank=True)
    # When it is to be asked about the group again.
    group_due_at = models.DateTimeField(null=True, blank=True)
    # When the newest list of its people and its newest name were told; older ones change nothing.
    members_as_of = models.DateTimeField(null=True, blank=True)
    named_as_of = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=["line", "contact"], condition=Q(group_id=""), name="thread_of_contact"
            ),
            models.UniqueConstraint(
                fields=["group_id"], condition=~Q(group_id=""), name="thread_of_group"
            ),
            models.CheckConstraint(
                condition=Q(contact__isnull=False) | ~Q(group_id=""), name="thread_is_of_someone"
            ),
        )
        indexes = (
            models.Index(F("last_message_at").desc(), F("id").desc(), name="thread_newest"),
            models.Index(
                "is_closed", F("last_message_at").desc(), F("id").desc(), name="thread_open_newest"
            ),
            models.Index(
                "line", F("last_message_at").desc(), F("id").desc(), name="thread_line_newest"
            ),
            models.Index(
                "assignee", F("last_message_at").desc(), F("id").desc(), name="thread_mine_newest"
            ),
            models.Index(
                fields=["contact_status_wanted_at"],
                condition=Q(contact_status_wanted_at__isnull=False),
                name="thread_status_wanted",
            ),
            models.Index(
                fields=["group_due_at"],
                condition=Q(group_due_at__isnull=False),
                name="thread_group_due",
            ),
        )

    def __str__(self) -> str:
        return f"thread {self.pk}"

    @property
    def is_group(self) -> bool:
        """Whether more than one person is at the other end."""
        return bool(self.group_id)

    @property
    def sort_key(self) -> str:
        """A text whose alphabetical order is the order of lists, backwards: newest is last."""
        return f"{self.last_message_at:%Y-%m-%dT%H:%M:%S.%f}|{self.pk:020d}"

    @property
    def awaits_group_id(self) -> bool:
        """Whether it is a group that we begin and that Sendblue has not named yet."""
        return self.group_id.startswith(NEW_GROUP)

    @cached_property
    def members(self) -> list[Participant]:
        """Who is or was in the group, in the order in which they came; one query, once."""
        rows = Participant.objects.filter(thread=self).select_related("contact")
        return placed(rows.defer("contact__search_text", "contact__search_pieces").order_by("pk"))

    @property
    def people(self) -> list[Contact]:
        """Who is in the group now."""
        return [member.contact for member in self.members if member.left_at is None]

    @property
    def faces(self) -> list[Participant]:
        """Who stands for the group where there is room for two: those with a name first."""
        present = [member for member in self.members if member.left_at is None]
        return sorted(present, key=lambda member: not member.contact.initials)[:2]

    @property
    def title(self) -> str:
        """Who this is with: the person, the name of the group, or the first names of its people."""
        if self.contact:
            return str(self.contact)
        return self.group_display_name or first_names(self.people) or "Group"

    @property
    def typing_since(self) -> datetime | None:
        """When they were last reported to start typing, or to have stopped."""
        if self.typing_until and self.typing_number:
            return self.typing_until - TYPING_LASTS
        return self.typing_until

    @property
    def typing_left(self) -> int:
        """For how many milliseconds more they are believed to type; 0: nobody does.

        What they wrote since ends it, whichever of both reports came first.
        """
        since = self.typing_since
        if not self.typing_number or since is None:
            return 0
        if self.last_inbound_at and self.last_inbound_at >= since:
            return 0
        left = since + TYPING_LASTS - now()
        return max(int(left.total_seconds() * 1000), 0)


class Participant(models.Model):
    """A person in a conversation."""

    thread = models.ForeignKey(Thread, on_delete=models.CASCADE)
    contact = models.ForeignKey(Contact, on_delete=models.PROTECT)
    # When they were seen to have left; their old messages keep their name.
    left_at = models.DateTimeField(null=True, blank=True)
    # Among the members as they were read: so people of one group differ in colour.
    place: int = 0

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["contact", "thread"], name="participant_once"),
        )

    def __str__(self) -> str:
        return f"participant {self.pk}"


def placed(members: Iterable[Participant]) -> list[Participant]:
    """The members, who are in order, each with its place."""
    rows = list(members)
    for place, member in enumerate(rows):
        member.place = place
    return rows


def first_names(people: list[Contact]) -> str:
    """Anna, Ben and Carla; Anna, Ben and 2 more."""
    names = [person.first_name or str(person) for person in people]
    if len(names) > MOST_NAMES:
        names[MOST_NAMES - 1 :] = [f"{len(names) - MOST_NAMES + 1} more"]
    return " and ".join(filter(None, [", ".join(names[:-1]), *names[-1:]]))


class FormerThread(models.Model):
    """A conversation that turned out to be another: a group that we began and that was there.

    Its primary key is that of the thread that is gone, so its address still leads somewhere.
    """

    id = models.BigIntegerField(primary_key=True)
    thread = models.ForeignKey(Thread, on_delete=models.CASCADE, related_name="former")

    def __str__(self) -> str:
        return f"former thread {self.pk}"


class Reader(models.Model):
    """How far an agent has read a conversation: the revision up to which nothing is unread."""

    thread = models.ForeignKey(Thread, on_delete=models.CASCADE, related_name="readers")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    read_revision = models.BigIntegerField(default=0)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["user", "thread"], name="reader_once"),)

    def __str__(self) -> str:
        return f"reader {self.pk}"
