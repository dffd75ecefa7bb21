"""What people type into a contact, with the sentences for what cannot be kept."""

from __future__ import annotations

import re
from copy import deepcopy
from typing import Any, ClassVar

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import EmailValidator

from contacts.lines import our_country
from sendblue_inbox.phone import NotANumber, to_address, to_e164

MOST_TAG, MOST_LABEL, MOST_VALUE, MOST_NOTE = 100, 200, 2000, 300
# NULs, which PostgreSQL has no room for, and half characters, which no browser sends.
UNKEEPABLE = re.compile("[\x00\ud800-\udfff]")
SEPARATORS = re.compile(r"[,;\n]")


class Words(forms.CharField):
    """One line of text that a contact keeps; `what` begins its sentences."""

    def __init__(self, what: str, *, most: int, **kwargs: Any) -> None:
        super().__init__(required=kwargs.pop("required", False), **kwargs)
        # Its own checks speak of "this value".
        self.validators = []
        self.what, self.most = what, most
        self.error_messages["required"] = f"{what} is missing."

    def clean(self, value: Any) -> str:
        """The text in one line. Raises ValidationError with a sentence for whoever typed it."""
        text = " ".join(str(value or "").split())
        if UNKEEPABLE.search(text):
            raise ValidationError(
                f"{self.what} has a character in it that cannot be kept. Type it anew."
            )
        if len(text) > self.most:
            raise ValidationError(
                f"{self.what} has {len(text):,} characters; {self.most:,} is the most."
            )
        return super().clean(text)


class Address(Words):
    """An e-mail address, or nothing."""

    def clean(self, value: Any) -> str:
        """The address. Raises ValidationError."""
        text = super().clean(value)
        if text:
            EmailValidator(f"“{text[:40]}” is not an e-mail address.")(text)
        return text


class LineNumber(Words):
    """A number of ours, or nothing."""

    def clean(self, value: Any) -> str:
        """The number in E.164. Raises ValidationError."""
        text = super().clean(value)
        try:
            return to_e164(text) if text else ""
        except NotANumber as error:
            raise ValidationError(str(error)) from error


class Tags(Words):
    """Tags with commas between them."""

    def clean(self, value: Any) -> list[str]:  # type: ignore[override]
        """The tags, each once. Raises ValidationError."""
        clean = super().clean
        found = [clean(piece) for piece in SEPARATORS.split(str(value or ""))]
        return list(dict.fromkeys(filter(None, found)))


TEXT_FIELDS = {
    "first_name": Words("The first name", most=200),
    "last_name": Words("The last name", most=200),
    "company_name": Words("The company", most=200),
    "assigned_to_email": Address("The assignee", most=254),
    "sendblue_number": LineNumber("The line", most=32),
}


class FieldForm(forms.Form):
    """One field of a contact: what it shall be, and what the agent saw there before."""

    def __init__(self, *args: Any, name: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["value"] = deepcopy(TEXT_FIELDS[name])
        self.fields["seen"] = forms.CharField(required=False, strip=False)


class TagsForm(forms.Form):
    """Tags to add, or one to take away."""

    add = Tags("A tag", most=MOST_TAG)
    # A form with a control called `remove` could not be removed from its page.
    drop = forms.CharField(required=False, strip=False)


class VariableForm(forms.Form):
    """A custom variable: its label and its value."""

    label = Words("The label", most=MOST_LABEL, required=True)
    value = Words("The value", most=MOST_VALUE)
    seen = forms.CharField(required=False, strip=False)


class RemovalForm(forms.Form):
    """A custom variable that is to go; its label as it is, however it came here."""

    label = forms.CharField(strip=False)


class ConflictForm(forms.Form):
    """Which of two values a person picked."""

    field = forms.CharField(strip=False)
    keep = forms.ChoiceField(choices=[("ours", "ours"), ("theirs", "theirs")])


class ConsentForm(forms.Form):
    """What a person agreed to, and how we know: needed where they are to be written to again."""

    opted_out = forms.TypedChoiceField(
        choices=[("yes", "yes"), ("no", "no")], coerce=lambda word: word == "yes"
    )
    note = Words("The reason", most=MOST_NOTE)

    def clean(self) -> dict[str, Any]:
        """Raises ValidationError where the reason is missing."""
        given = super().clean() or {}
        if given.get("opted_out") is False and "note" in given and not given["note"]:
            self.add_error("note", "Say how you know that they want messages again.")
        return given


class NewContactForm(forms.Form):
    """Somebody new. Nothing that was typed is lost where something is wrong."""

    TEXTS: ClassVar = tuple(TEXT_FIELDS)

    number = Words("The number", most=254, required=True)
    tags = Tags("A tag", most=MOST_TAG)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields |= deepcopy(TEXT_FIELDS)
        self.variables: dict[str, str] = {}

    def clean_number(self) -> str:
        """The number in E.164, or the e-mail address in lower case."""
        try:
            return to_address(self.cleaned_data["number"], country=our_country())
        except NotANumber as error:
            raise ValidationError(str(error)) from error

    def clean(self) -> dict[str, Any]:
        """Read the rows of custom variables; those without a value are left out."""
        given = super().clean() or {}
        for label, value in self.rows:
            form = VariableForm({"label": label, "value": value})
            if not form.is_valid():
                for sentences in form.errors.values():
                    self.add_error(None, sentences)
            elif form.cleaned_data["value"]:
                self.variables[form.cleaned_data["label"]] = form.cleaned_data["value"]
        return given

    @property
    def rows(self) -> list[tuple[str, str]]:
        """The rows of custom variables as they were typed; empty ones are left out."""
        labels, values = (self.data.getlist(name) for name in ("label", "variable"))  # type: ignore[attr-defined]
        return [row for row in zip(labels, values, strict=False) if any(map(str.strip, row))]

    def values(self) -> dict[str, Any]:
        """What the action takes, beside the number."""
        given = self.cleaned_data
        return {name: given[name] for name in (*self.TEXTS, "tags")} | {
            "custom_variables": self.variables
        }


def first_error(form: forms.Form) -> str:
    """The first sentence of what is wrong; empty where nothing is."""
    return next((str(errors[0]) for errors in form.errors.values()), "")
