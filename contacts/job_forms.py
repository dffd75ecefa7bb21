"""What agents ask for many contacts at once."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from django import forms
from django.core.exceptions import ValidationError

from contacts.actions.jobs import MOST_CHOSEN
from contacts.filtering import NOBODY
from contacts.forms import MOST_TAG, SEPARATORS, Address, Words
from contacts.models import BulkJob

Kind = BulkJob.Kind
ASKABLE = [(kind.value, kind.label) for kind in Kind if kind != Kind.UNDO]
TAG, ASSIGNEE = Words("A tag", most=MOST_TAG), Address("The assignee", most=254)
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
        kind, argument = given.get("kind", ""), given.get("argument", "")
        try:
            given["argument"] = READ.get(kind, _nothing)(argument)
        except ValidationError as error:
            if not self.has_error("argument"):
                self.add_error("argument", error)
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


def _new_tag(text: str) -> str:
    if SEPARATORS.search(text):
        raise ValidationError("One tag at a time, without commas.")
    return _old_tag(TAG.clean(text))


def _old_tag(text: str) -> str:
    if not text:
        raise ValidationError("Say which tag.")
    return text


def _assignee(text: str) -> str:
    if not text:
        raise ValidationError("Choose somebody, or nobody.")
    return "" if text == NOBODY else ASSIGNEE.clean(text)


def _nothing(_text: str) -> str:
    return ""


# What agents say beside the act, by kind; each raises ValidationError with a sentence.
READ = {Kind.TAG: _new_tag, Kind.UNTAG: _old_tag, Kind.ASSIGN: _assignee}
