"""One message, ours or theirs. An outbound row is its own place in the queue."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from .line import Line
from .thread import Thread


class SendState(models.TextChoices):
    """What we know of our own attempt to hand a message to Sendblue.

    Kept apart from Sendblue's `status`, which tells what became of it afterwards.
    """

    QUEUED = "queued", "waits for its turn"
    SENDING = "sending", "handed over right now"
    ACCEPTED = "accepted", "Sendblue has it"
    REJECTED = "rejected", "refused, surely not sent"
    UNKNOWN = "unknown", "the answer was lost: sent or not, nobody knows yet"
    MARKED_SENT = "marked", "a person looked at the phone and says it was sent"


class Kind(models.TextChoices):
    """What a row of the timeline is. All that we ask of Sendblue is claimed and posted alike."""

    MESSAGE = "message", "words or a file"
    CAROUSEL = "carousel", "2 to 20 pictures in one"
    REACTION = "reaction", "a tapback that stands on another message"
    LOCATION_REQUEST = "location_request", "we asked where they are"
    FACETIME_CALL = "facetime_call", "we called them by FaceTime"
    CALL = "call", "a telephone call that Sendblue tells of"
    GROUP_NAME = "group_name", "we changed the name of the group"
    GROUP_PHOTO = "group_photo", "we changed the picture of the group"
    GROUP_ADD = "group_add", "we added somebody to the group"
    GROUP_REMOVE = "group_remove", "we removed somebody from the group"


# What a person gets as a bubble; the rest are marks on a bubble or lines between them.
WRITTEN = (Kind.MESSAGE, Kind.CAROUSEL)


# Sends that failed or that nobody knows the fate of, until a person has dealt with them.
TROUBLE = Q(is_outbound=True, trouble_settled_at__isnull=True) & (
    Q(send_state__in=["rejected", "unknown"]) | Q(status__in=["ERROR", "DECLINED"])
)


class Message(models.Model):
    """A row of a thread's timeline, most often a message; names are Sendblue's (contract 2.0).

    Order on screen is (`date_sent`, `message_handle`, `id`), never arrival. `send_state` is empty
    for messages that were not sent from here. A tapback has `reaction`, and `reacts_to` once the
    message that it quotes is known: then it is a mark there and no bubble of its own.
    """

    # No column: what the report that was recorded last did to the row ("new", "changed", "same").
    last_report: str = ""

    thread = models.ForeignKey(Thread, on_delete=models.CASCADE, related_name="messages")
    line = models.ForeignKey(Line, on_delete=models.PROTECT, related_name="+", db_index=False)
    message_handle = models.CharField(max_length=200, blank=True)
    is_outbound = models.BooleanField()
    # Columns that came later have a default in the database: older workers go on writing rows.
    kind = models.CharField(
        max_length=24, choices=Kind.choices, default=Kind.MESSAGE, db_default=Kind.MESSAGE
    )
    message_type = models.CharField(max_length=32, blank=True)
    number = models.CharField(max_length=254, blank=True)
    content = models.TextField(blank=True)
    media_url = models.TextField(blank=True)
    # How many rows of MediaFile belong to it.
    file_count = models.PositiveSmallIntegerField(default=0, db_default=0)
    send_style = models.CharField(max_length=32, blank=True)
    service = models.CharField(max_length=16, blank=True)
    status = models.CharField(max_length=32, blank=True)
    was_downgraded = models.BooleanField(null=True)
    error_code = models.CharField(max_length=64, blank=True)
    error_message = models.TextField(blank=True)
    location = models.JSONField(null=True, blank=True)
    app_card = models.JSONField(null=True, blank=True)
    reply_to_handle = models.CharField(max_length=200, blank=True)
    # The part of the message that is replied or reacted to, from 0.
    part_index = models.PositiveSmallIntegerField(default=0, db_default=0)
    # One of Sendblue's six words, or the emoji itself.
    reaction = models.CharField(max_length=64, blank=True, db_default="")
    reaction_is_removal = models.BooleanField(default=False, db_default=False)
    reaction_quote = models.TextField(blank=True, db_default="")
    reacts_to = models.ForeignKey(
        "self",
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="reactions",
        db_index=False,
    )
    # What a line between the bubbles tells: of a call, of a change of the group.
    details = models.JSONField(default=dict, blank=True, db_default={})
    seat_id = models.CharField(max_length=128, blank=True)
    sender_email = models.CharField(max_length=254, blank=True)
    date_sent = models.DateTimeField()
    date_updated = models.DateTimeField(null=True, blank=True)
    delivered_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    first_revision = models.BigIntegerField()
    revision = models.BigIntegerField()
    # Inbound and not old history: counts as unread for agents who have not seen it.
    is_news = models.BooleanField(default=False)
    arrived_late = models.BooleanField(default=False)
    # Gone from Sendblue's store because somebody here asked for it; the phone keeps it.
    deleted_at_sendblue = models.DateTimeField(null=True, blank=True)
    # Somebody asked for that: when Sendblue is told so, or told so again.
    delete_after = models.DateTimeField(null=True, blank=True)

    # --- our own sends ---
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    client_ref = models.UUIDField(null=True, blank=True, unique=True)
    # In the status callback's address; made by the server, because the browser knows client_ref.
    callback_token = models.CharField(max_length=64, null=True, blank=True, unique=True)
    send_state = models.CharField(max_length=16, choices=SendState.choices, blank=True)
    send_after = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    attempted_at = models.DateTimeField(null=True, blank=True)
    lease_until = models.DateTimeField(null=True, blank=True)
    # When the resolver looks again for a send whose answer was lost; null: a person decides.
    resolve_after = models.DateTimeField(null=True, blank=True)
    # When a person dealt with a failed or unknown send: sent again, or marked as sent.
    trouble_settled_at = models.DateTimeField(null=True, blank=True)
    opens_contact = models.BooleanField(default=False)
    # Somebody waits for it: goes before what nobody asked for.
    is_reply = models.BooleanField(default=False, db_default=False)
    pre_reply_override = models.BooleanField(default=False, db_default=False)
    # How it was expected to travel when it was written; scored against `service` afterwards.
    forecast_service = models.CharField(max_length=16, blank=True, db_default="")
    again_of = models.ForeignKey(
        "self",
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="attempts_again",
        db_index=False,
    )

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=["message_handle"], condition=~Q(message_handle=""), name="handle_once"
            ),
        )
        indexes = (
            models.Index(
                "thread",
                F("date_sent").desc(),
                F("message_handle").desc(),
                F("id").desc(),
                name="message_order",
            ),
            models.Index(fields=["thread", "revision"], name="message_changes"),
            models.Index(
                fields=["thread", "first_revision"],
                condition=Q(is_news=True),
                name="message_unread",
            ),
            models.Index(
                fields=["line", "send_after", "id"],
                condition=Q(send_state="queued"),
                name="message_due",
            ),
            models.Index(
                fields=["thread"],
                condition=Q(send_state__in=["queued", "sending", "unknown"]),
                name="message_in_flight",
            ),
            models.Index(
                fields=["thread"],
                condition=TROUBLE,
                name="message_in_trouble",
            ),
            models.Index(
                fields=["again_of"],
                condition=Q(again_of__isnull=False),
                name="message_attempts",
            ),
            models.Index(
                fields=["delete_after"],
                condition=Q(delete_after__isnull=False),
                name="message_to_delete",
            ),
            models.Index(
                fields=["line", "created_at"],
                condition=Q(opens_contact=True),
                name="message_opens_contact",
            ),
            models.Index(
                fields=["reacts_to"],
                condition=Q(reacts_to__isnull=False),
                name="message_reactions",
            ),
            models.Index(
                fields=["thread", "date_sent"],
                condition=Q(kind="reaction"),
                name="message_tapbacks",
            ),
            models.Index(
                F("date_sent").desc(),
                F("id").desc(),
                condition=TROUBLE,
                name="message_trouble_newest",
            ),
            models.Index(
                fields=["line", "date_sent"],
                condition=~Q(forecast_service=""),
                name="message_forecast",
            ),
        )

    def __str__(self) -> str:
        return f"message {self.pk}"

    @property
    def is_written(self) -> bool:
        """Whether it is a bubble: words or files, not a mark or a line between bubbles.

        A tapback is the words that it came as while nobody knows what it quotes.
        """
        is_text = self.kind == Kind.REACTION and not self.send_state and not self.reacts_to_id
        return self.kind in WRITTEN or is_text

    @property
    def stage(self) -> str:
        """The highest thing that is proved, in one word for the screen.

        One of: received, waiting, sending, unknown, failed, accepted, sent, delivered, read.
        """
        if not self.is_outbound:
            return "received"
        if self.send_state == SendState.REJECTED or self.status in {"ERROR", "DECLINED"}:
            return "failed"
        states = {
            SendState.QUEUED: "waiting",
            SendState.SENDING: "sending",
            SendState.UNKNOWN: "unknown",
        }
        if self.send_state in states:
            return states[SendState(self.send_state)]
        words = {"SENT": "sent", "DELIVERED": "delivered", "READ": "read"}
        return words.get(self.status, "sent" if self.send_state == "marked" else "accepted")

    @property
    def sort_key(self) -> str:
        """A text whose alphabetical order is the order on screen."""
        return f"{self.date_sent:%Y-%m-%dT%H:%M:%S.%f}|{self.message_handle}|{self.pk:020d}"
