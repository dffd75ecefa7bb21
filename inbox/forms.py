"""What agents type and choose."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms

from inbox.models import Line
from inbox.queries import ThreadFilter
from sendblue_inbox.models import User

if TYPE_CHECKING:
    from django.db.models import QuerySet

VIEWS = {"open": "Open", "unread": "Unread", "mine": "Mine", "closed": "Closed"}


class FilterForm(forms.Form):
    """What of the inbox is shown; what makes no sense in the address is left out."""

    view = forms.ChoiceField(choices=list(VIEWS.items()), required=False)
    line = forms.IntegerField(min_value=1, max_value=2**63 - 1, required=False)
    q = forms.CharField(max_length=100, required=False)

    def filters(self) -> ThreadFilter:
        """The filter that the address asks for."""
        self.full_clean()
        asked = self.cleaned_data
        return ThreadFilter(
            view=asked.get("view") or "open", line=asked.get("line"), query=asked.get("q") or ""
        )


class ComposerForm(forms.Form):
    """A message to be sent. The action checks the words: it knows the reasons."""

    content = forms.CharField(strip=False, required=False)
    client_ref = forms.UUIDField()


class NewThreadForm(ComposerForm):
    """The first message to somebody, on a line of ours."""

    number = forms.CharField(
        max_length=254,
        error_messages={"required": "Enter the number of the person you want to write to."},
    )
    line = forms.ModelChoiceField(
        Line.objects.none(), error_messages={"required": "Choose a line to send from."}
    )

    def __init__(self, *args: Any, lines: QuerySet[Line], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["line"].queryset = lines  # type: ignore[attr-defined]


class AssignmentForm(forms.Form):
    """Who has a thread; nobody where it is empty."""

    assignee = forms.ModelChoiceField(User.objects.none(), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["assignee"].queryset = User.objects.filter(is_active=True)  # type: ignore[attr-defined]


class PreferencesForm(forms.Form):
    """What an agent likes to have otherwise."""

    enter_sends = forms.BooleanField(required=False)
