"""What Sendblue told us, as it came."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from contacts.models.run import Run
from sendblue_inbox.roles import Role

if TYPE_CHECKING:
    from sendblue_inbox.models import User


# Kinds that only say that there is something to ask Sendblue for.
HINTS = ("contact_created", "line_assigned")


class WebhookEvent(models.Model):
    """One delivery, kept as received. The identical body of the same kind is the same row.

    `body` is bytes: PostgreSQL's json refuses NUL and lone surrogates, which do arrive.
    """

    class Verdict(models.TextChoices):
        """What it changed when it was read last."""

        NEW = "new", "New"
        CHANGED = "changed", "Changed something"
        SAME = "same", "Nothing new"
        HINT = "hint", "Looked up at Sendblue"
        KEPT = "kept", "Kept, not read"

    kind = models.CharField(max_length=32)
    # The token of the message row in a status callback's address; empty for account webhooks.
    token = models.CharField(max_length=64, blank=True)
    body = models.BinaryField()
    body_sha256 = models.BinaryField(max_length=32)
    headers = models.JSONField(default=dict)
    times_received = models.PositiveIntegerField(default=1)
    received_at = models.DateTimeField()
    last_received_at = models.DateTimeField()
    attempts = models.PositiveSmallIntegerField(default=0)
    process_after = models.DateTimeField()
    lease_until = models.DateTimeField(null=True, blank=True)
    processed_at = models.DateTimeField(null=True, blank=True)
    # Set when the event was given up on: it waits for a person.
    quarantined_at = models.DateTimeField(null=True, blank=True)
    error = models.TextField(blank=True)
    # --- what came of it, known once it has been read ---
    verdict = models.CharField(
        max_length=16, choices=Verdict.choices, blank=True, default="", db_default=""
    )
    duration_ms = models.PositiveIntegerField(null=True, blank=True)
    # The row of the timeline that it is about. Not checked by the database: rows become others'.
    message_id = models.BigIntegerField(null=True, blank=True)
    # What it is looked up by: whatever its body calls so.
    message_handle = models.CharField(max_length=200, blank=True, default="", db_default="")
    number = models.CharField(max_length=254, blank=True, default="", db_default="")
    # How often a person had it read again.
    replays = models.PositiveSmallIntegerField(default=0, db_default=0)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["kind", "token", "body_sha256"], name="event_once"),
        )
        indexes = (
            # Hints come by the hundred thousand while a list is saved at Sendblue: apart from those
            # that say something themselves, so that none of these waits behind them.
            models.Index(
                fields=["process_after"],
                condition=Q(processed_at__isnull=True, quarantined_at__isnull=True)
                & ~Q(kind__in=HINTS),
                name="event_due",
            ),
            models.Index(
                fields=["process_after"],
                condition=Q(processed_at__isnull=True, quarantined_at__isnull=True, kind__in=HINTS),
                name="event_hint_due",
            ),
            models.Index(fields=["-received_at", "-id"], name="event_newest"),
            models.Index(fields=["kind", "-received_at", "-id"], name="event_newest_of_kind"),
            # Filled in when it is read, so keeping a delivery pays for none of these.
            models.Index(
                fields=["message_handle", "-received_at", "-id"],
                condition=~Q(message_handle=""),
                name="event_of_handle",
            ),
            models.Index(
                fields=["number", "-received_at", "-id"],
                condition=~Q(number=""),
                name="event_of_number",
            ),
            models.Index(
                fields=["-received_at", "-id"],
                condition=Q(quarantined_at__isnull=False),
                name="event_put_aside",
            ),
        )

    def __str__(self) -> str:
        return f"{self.kind} event {self.pk}"


class Replay(Run):
    """Deliveries that a person has read again: first a rehearsal, which shows what it would change,
    then for real. `query` is the filter (webhooks_admin/filtering.py), or `events` their keys.
    """

    class State(models.TextChoices):
        """Where it stands. A person moves it on from REHEARSED."""

        REHEARSING = "rehearsing", "Being rehearsed"
        REHEARSED = "rehearsed", "Rehearsed, nothing changed yet"
        REPLAYING = "replaying", "Being read again"
        DONE = "done", "Read again"
        CANCELLED = "cancelled", "Cancelled"

    state = models.CharField(max_length=16, choices=State.choices, default=State.REHEARSING)
    query = models.TextField(blank=True)
    events = ArrayField(models.BigIntegerField(), default=list, blank=True)
    # Deliveries that came after this are not meant.
    newest = models.BigIntegerField()
    # {events, changing, failing}
    counts = models.JSONField(default=dict, blank=True)

    class Meta:
        indexes = (
            models.Index(
                fields=["created_at"],
                condition=Q(state__in=["rehearsing", "replaying"]),
                name="replay_due",
            ),
        )

    def __str__(self) -> str:
        return f"replay {self.pk}"


class ReplayFinding(models.Model):
    """A delivery that reading again would change something, or that could not be read."""

    replay = models.ForeignKey(Replay, on_delete=models.CASCADE, related_name="findings")
    event = models.ForeignKey(WebhookEvent, on_delete=models.CASCADE, related_name="+")
    # As webhooks_admin/actions/rehearsing.py finds them.
    changes = models.JSONField(default=list, blank=True)
    error = models.CharField(max_length=300, blank=True)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["replay", "event"], name="finding_once"),)

    def __str__(self) -> str:
        return f"finding {self.pk}"


class SubscriptionCheck(models.Model):
    """What the last look at the account's subscriptions found; one row.

    `missing` are the kinds that do not reach this inbox as they should, `refused` those among the
    wanted ones that this Sendblue server does not know.
    """

    checked_at = models.DateTimeField()
    missing = ArrayField(models.CharField(max_length=32), default=list, blank=True)
    refused = ArrayField(models.CharField(max_length=32), default=list, blank=True)

    class Meta:
        constraints = (models.CheckConstraint(condition=Q(pk=1), name="one_subscription_check"),)

    def __str__(self) -> str:
        return f"{len(self.missing)} subscriptions missing"


class TotpAccessQuerySet(models.QuerySet["TotpAccess"]):
    """The secrets, by who may see their codes."""

    def usable_by(self, user: User) -> Self:
        """Those whose codes the person may see: granted by name or by role; administrators all."""
        if user.may_administer:
            return self
        granted = Q(roles__contains=[user.role]) | Q(pk__in=user.totp_access.values("pk"))
        return self.filter(granted) if user.may_write else self.none()


class TotpAccess(models.Model):
    """A secret for one-time codes at Sendblue, and who besides administrators sees its codes.

    Sendblue keeps the secret and makes the codes; neither is ever here. The label is as last seen.
    """

    class Given(models.TextChoices):
        """The roles that it can be given to."""

        AGENT = Role.AGENT.value, "Every agent"
        MANAGER = Role.MANAGER.value, "Every manager"

    secret_id = models.CharField(max_length=200, unique=True)
    label = models.CharField(max_length=254, blank=True)
    issuer = models.CharField(max_length=254, blank=True)
    roles = ArrayField(
        models.CharField(max_length=16, choices=Given.choices), default=list, blank=True
    )
    users = models.ManyToManyField(settings.AUTH_USER_MODEL, blank=True, related_name="totp_access")

    objects = TotpAccessQuerySet.as_manager()

    def __str__(self) -> str:
        return " · ".join(filter(None, (self.issuer, self.label))) or self.secret_id
