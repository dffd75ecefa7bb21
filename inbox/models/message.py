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


class Message(models.Model):
    """A message in a thread. Field names are Sendblue's (contract, section 2.0).

    Order on screen is (`date_sent`, `message_handle`, `id`), never arrival. `send_state` is empty
    for messages that were not sent from here.
    """

    thread = models.ForeignKey(Thread, on_delete=models.CASCADE, related_name="messages")
    line = models.ForeignKey(Line, on_delete=models.PROTECT, related_name="+", db_index=False)
    message_handle = models.CharField(max_length=200, blank=True)
    is_outbound = models.BooleanField()
    message_type = models.CharField(max_length=32, blank=True)
    number = models.CharField(max_length=254, blank=True)
    content = models.TextField(blank=True)
    media_url = models.TextField(blank=True)
    send_style = models.CharField(max_length=32, blank=True)
    service = models.CharField(max_length=16, blank=True)
    status = models.CharField(max_length=32, blank=True)
    was_downgraded = models.BooleanField(null=True)
    error_code = models.CharField(max_length=64, blank=True)
    error_message = models.TextField(blank=True)
    location = models.JSONField(null=True, blank=True)
    app_card = models.JSONField(null=True, blank=True)
    reply_to_handle = models.CharField(max_length=200, blank=True)
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
                condition=Q(is_outbound=True, trouble_settled_at__isnull=True)
                & (Q(send_state__in=["rejected", "unknown"]) | Q(status__in=["ERROR", "DECLINED"])),
                name="message_in_trouble",
            ),
            models.Index(
                fields=["line", "created_at"],
                condition=Q(opens_contact=True),
                name="message_opens_contact",
            ),
        )

    def __str__(self) -> str:
        return f"message {self.pk}"

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
