"""What agents ask for many contacts at once."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from django import forms

from contacts.actions.jobs import MOST_CHOSEN
from contacts.filtering import NOBODY
from contacts.models import BulkJob, Contact
from sendblue_inbox.phone import EMAIL

Kind = BulkJob.Kind
ASKABLE = [(kind.value, kind.label) for kind in Kind if kind != Kind.UNDO]
LONGEST_TAG = Contact._meta.get_field("tags").base_field.max_length  # type: ignore[union-attr]
LONGEST_KEY = 18  # digits


class JobForm(forms.Form):
    """One act on a selection (`pk`, repeated or with commas) or on all that match (`query`)."""

    kind = forms.ChoiceField(choices=ASKABLE)
    argument = forms.CharField(max_length=254, required=False)
    query = forms.CharField(max_length=2000, required=False)
    count = forms.IntegerField(min_value=0, required=False)
    token = forms.UUIDField(required=False)
    confirmed = forms.BooleanField(required=False)

    def clean(self) -> dict[str, Any]:
        """Refuse what the act cannot be done with, in a sentence beside its field."""
        given = super().clean() or {}
        kind, argument = given.get("kind"), given.get("argument", "")
        if kind in {Kind.TAG, Kind.UNTAG} and not self.has_error("argument"):
            if not argument:
                self.add_error("argument", "Say which tag.")
            elif len(argument) > LONGEST_TAG:
                self.add_error("argument", f"A tag has at most {LONGEST_TAG} characters.")
        elif kind == Kind.ASSIGN:
            given["argument"] = "" if argument == NOBODY else argument
            if argument != NOBODY and not EMAIL.fullmatch(argument):
                self.add_error("argument", "Choose somebody, or nobody.")
        else:
            given["argument"] = ""
        given["token"] = given.get("token") or uuid4()
        return given

    @property
    def takes_all(self) -> bool:
        """Whether it is about all that match, not about a selection."""
        return not self.pks() and "query" in self.data

    def pks(self) -> list[int]:
        """The chosen contacts, once each; one more than allowed are enough to be refused."""
        told = ",".join(self.data.getlist("pk")).split(",")  # type: ignore[attr-defined]
        known = (pk for pk in told if pk.isascii() and pk.isdigit() and len(pk) <= LONGEST_KEY)
        return list(dict.fromkeys(map(int, known)))[: MOST_CHOSEN + 1]
