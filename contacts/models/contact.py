"""A person at the other end of a line."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Case, F, Q, Value, When
from django.db.models.functions import Concat, Lower

from sendblue_inbox.phone import national

# How people are sorted by company and then by name; who has none comes last.
COMPANY_KEY = Concat(
    Case(When(company_name="", then=Value("\uffff")), default=Lower("company_name")),
    Value("\x01"),
    F("sort_name"),
)


class Contact(models.Model):
    """A person, known by a phone number in E.164 or an iMessage e-mail address.

    Field names are Sendblue's (contract, section 2.6). `at_sendblue` is what Sendblue was last
    seen to have, so that a change here and a change there can be told apart; null: it has no such
    contact. A removed contact keeps its row, without its personal fields, for its conversations.
    """

    class Push(models.TextChoices):
        """How far a change that was made here has come."""

        NONE = "", "nothing to save"
        WAITING = "waiting", "waits to be saved at Sendblue"
        SAVED = "saved", "saved at Sendblue"
        REFUSED = "refused", "refused by Sendblue"

    number = models.CharField(max_length=254, unique=True)
    first_name = models.CharField(max_length=200, blank=True)
    last_name = models.CharField(max_length=200, blank=True)
    company_name = models.CharField(max_length=200, blank=True)
    assigned_to_email = models.CharField(max_length=254, blank=True)
    sendblue_number = models.CharField(max_length=32, blank=True)
    tags = ArrayField(models.CharField(max_length=100), default=list, blank=True)
    custom_variables = models.JSONField(default=dict, blank=True)
    verified = models.BooleanField(null=True)
    opted_out = models.BooleanField(default=False)
    # When the newest word about consent was written; older words that come later change nothing.
    opted_out_as_of = models.DateTimeField(null=True, blank=True)
    # The folded name, or the number: how the list is sorted. Collations differ, this does not.
    sort_name = models.CharField(max_length=254, blank=True, editable=False, db_default="")
    # Folded name, company and number, and their three-letter pieces (sendblue_inbox/fragments.py).
    search_text = models.TextField(blank=True, editable=False)
    search_pieces = ArrayField(models.TextField(), default=list, blank=True, editable=False)
    # --- the same contact at Sendblue ---
    at_sendblue = models.JSONField(null=True, blank=True)
    seen_at_sendblue = models.DateTimeField(null=True, blank=True)
    # Complete sweeps of Sendblue's list in a row that did not have it; two are believed.
    missed_sweeps = models.PositiveSmallIntegerField(default=0, db_default=0)
    # What both sides changed, by field: Sendblue's value. A person picks.
    conflicts = models.JSONField(default=dict, blank=True, db_default={})
    # Counts edits made here: a push that was overtaken by another edit is not the last word.
    version = models.PositiveIntegerField(default=0, db_default=0)
    push_state = models.CharField(
        max_length=16, choices=Push.choices, default=Push.NONE, blank=True, db_default=""
    )
    push_error = models.CharField(max_length=300, blank=True, db_default="")
    push_after = models.DateTimeField(null=True, blank=True)
    push_attempts = models.PositiveSmallIntegerField(default=0, db_default=0)
    pushed_at = models.DateTimeField(null=True, blank=True)
    removed_at = models.DateTimeField(null=True, blank=True)
    # The person whose other number this is: it follows that contact and is no row of the list.
    merged_into = models.ForeignKey(
        "self", on_delete=models.SET_NULL, null=True, blank=True, related_name="other_numbers"
    )
    # The import that saved it last: how much of it is at Sendblue yet. Not checked by the database.
    last_import = models.ForeignKey(
        "contacts.ContactImport",
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        db_constraint=False,
        db_index=False,
    )
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        indexes = (
            GinIndex(fields=["search_pieces"], name="contact_search_pieces"),
            GinIndex(fields=["tags"], name="contact_tags"),
            models.Index(
                fields=["push_after"], condition=Q(push_state="waiting"), name="contact_push_due"
            ),
            models.Index(
                F("created_at").desc(),
                F("id").desc(),
                condition=Q(removed_at__isnull=True),
                name="contact_newest",
            ),
            models.Index(
                fields=["sort_name", "id"],
                condition=Q(removed_at__isnull=True),
                name="contact_by_name",
            ),
            models.Index(
                COMPANY_KEY,
                F("id"),
                condition=Q(removed_at__isnull=True),
                name="contact_by_company",
            ),
            # What the list is narrowed to (contacts/filtering.py), where few may match.
            models.Index(fields=["assigned_to_email"], name="contact_assignee"),
            models.Index(
                fields=["sendblue_number"], condition=~Q(sendblue_number=""), name="contact_line"
            ),
            models.Index(fields=["verified"], name="contact_verified"),
            models.Index(fields=["id"], condition=Q(opted_out=True), name="contact_opted_out"),
            models.Index(
                fields=["id"], condition=Q(push_state="refused"), name="contact_push_refused"
            ),
            models.Index(fields=["id"], condition=~Q(conflicts={}), name="contact_in_conflict"),
            models.Index(
                fields=["id"], condition=Q(at_sendblue__isnull=True), name="contact_only_here"
            ),
            models.Index(
                fields=["last_import", "push_state"],
                condition=Q(last_import__isnull=False),
                name="contact_of_import",
            ),
        )

    def __str__(self) -> str:
        return self.name or national(self.number)

    @property
    def name(self) -> str:
        """First and last name, or the company, or nothing."""
        return f"{self.first_name} {self.last_name}".strip() or self.company_name

    @property
    def leftovers(self) -> list[str]:
        """Custom variables that were removed: Sendblue keeps their names, without a value."""
        return list((self.at_sendblue or {}).get("emptied", ()))

    @property
    def initials(self) -> str:
        """One or two letters for the person's avatar; empty where only a number is known."""
        words = self.name.split()
        return "".join(word[0] for word in (*words[:1], *words[1:][-1:])).upper()
