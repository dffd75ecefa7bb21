"""Forms about the account, as people fill them in."""

from __future__ import annotations

import secrets

from django import forms

from webhooks_admin.otpauth import (
    ALGORITHMS,
    DIGITS,
    LONGEST_NAME,
    LONGEST_PERIOD,
    NewSecret,
    Unreadable,
    read_secret,
)


class SecretForm(forms.Form):
    """The parts of a secret for one-time codes; `form_key` makes each form good for once."""

    label = forms.CharField(max_length=LONGEST_NAME)
    issuer = forms.CharField(max_length=LONGEST_NAME, required=False)
    secret = forms.CharField(required=False)
    algorithm = forms.ChoiceField(choices=[(name, name) for name in ALGORITHMS])
    digits = forms.TypedChoiceField(choices=[(count, count) for count in DIGITS], coerce=int)
    period = forms.IntegerField(min_value=1, max_value=LONGEST_PERIOD)
    form_key = forms.CharField(min_length=16, max_length=64)

    @classmethod
    def showing(cls, new: NewSecret) -> SecretForm:
        """A form that shows these parts."""
        parts = ("label", "issuer", "secret", "algorithm", "digits", "period")
        initial = {name: getattr(new, name) for name in parts}
        return cls(initial=initial | {"form_key": secrets.token_urlsafe()})

    def clean_secret(self) -> str:
        """Base32, or nothing: then Sendblue makes one."""
        written = self.cleaned_data["secret"]
        try:
            return read_secret(written) if written else ""
        except Unreadable as error:
            raise forms.ValidationError(str(error)) from None

    def new_secret(self) -> NewSecret:
        """The parts of a valid form."""
        return NewSecret(**{k: v for k, v in self.cleaned_data.items() if k != "form_key"})
