"""What agents type and choose."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar
from uuid import UUID, uuid4

from django import forms

from inbox.models import Line, MediaFile, Message
from inbox.queries import ThreadFilter
from sendblue_inbox.models import User
from sendblue_inbox.sendblue.terms import REACTIONS, SEND_STYLES

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from inbox.models import Thread

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


class TroubleForm(forms.Form):
    """Which of the failed and unknown messages are shown."""

    KINDS: ClassVar = {"": "All", "failed": "Failed", "unknown": "Unknown"}

    kind = forms.ChoiceField(choices=list(KINDS.items()), required=False)
    line = forms.IntegerField(min_value=1, max_value=2**63 - 1, required=False)

    def filters(self) -> dict[str, Any]:
        """What the address asks for; what makes no sense is left out."""
        self.full_clean()
        asked = self.cleaned_data
        return {"kind": asked.get("kind") or "", "line": asked.get("line")}


class SettlingForm(TroubleForm):
    """Messages of that list that are to be dealt with at once."""

    MOST: ClassVar = 100

    only = forms.IntegerField(min_value=1, max_value=2**63 - 1, required=False)
    ref = forms.UUIDField(required=False)
    confirmed = forms.BooleanField(required=False)

    def chosen(self) -> list[str]:
        """The chosen messages; the one whose own button was pressed goes alone."""
        only = self.cleaned_data.get("only")
        ticked = self.data.getlist("message")[: self.MOST]  # type: ignore[attr-defined]
        known = [pk for pk in ticked if pk.isascii() and pk.isdigit() and len(pk) < 19]
        return [str(only)] if only else known

    def again_ref(self) -> UUID:
        """What makes two clicks one attempt."""
        return self.cleaned_data.get("ref") or uuid4()


class WordsForm(forms.Form):
    """Words to be sent. The action checks them: it knows the reasons."""

    content = forms.CharField(strip=False, required=False)
    client_ref = forms.UUIDField()


class ComposerForm(WordsForm):
    """A message in an open thread, with all that can go with it."""

    send_style = forms.ChoiceField(
        choices=[(style, style) for style in SEND_STYLES], required=False
    )
    reply_to = forms.ModelChoiceField(Message.objects.none(), required=False)
    part_index = forms.IntegerField(min_value=0, max_value=99, required=False)
    file = forms.ModelMultipleChoiceField(
        MediaFile.objects.none(), to_field_name="key", required=False
    )
    as_carousel = forms.BooleanField(required=False)
    pre_reply_override = forms.BooleanField(required=False)

    def __init__(self, *args: Any, thread: Thread, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        drafts = MediaFile.objects.filter(thread=thread, uploader=user, message__isnull=True)
        self.fields["file"].queryset = drafts  # type: ignore[attr-defined]
        known = thread.messages.exclude(message_handle="")
        self.fields["reply_to"].queryset = known  # type: ignore[attr-defined]

    def draft(self) -> dict[str, Any]:
        """What the action takes, with the files in the order in which they were chosen."""
        given = dict(self.cleaned_data)
        chosen = {file.key: file for file in given.pop("file")}
        order = dict.fromkeys(self.data.getlist("file"))  # type: ignore[attr-defined]
        given["files"] = [chosen[key] for key in order]
        given["part_index"] = given["part_index"] or 0
        return given


class ReactionForm(forms.Form):
    """A tapback on a message that Sendblue knows."""

    message = forms.ModelChoiceField(Message.objects.none())
    reaction = forms.ChoiceField(choices=[(reaction, reaction) for reaction in REACTIONS])
    part_index = forms.IntegerField(min_value=0, max_value=99, required=False)
    client_ref = forms.UUIDField()

    def __init__(self, *args: Any, thread: Thread, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        known = thread.messages.exclude(message_handle="")
        self.fields["message"].queryset = known  # type: ignore[attr-defined]


class NewThreadForm(WordsForm):
    """The first message to somebody, or to several, on a line of ours."""

    line = forms.ModelChoiceField(
        Line.objects.none(), error_messages={"required": "Choose a line to send from."}
    )
    # Where exactly these people have a group: that one, or a new one all the same.
    group = forms.CharField(required=False)

    def __init__(self, *args: Any, lines: QuerySet[Line], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["line"].queryset = lines  # type: ignore[attr-defined]


class RefForm(forms.Form):
    """What makes a double click one change."""

    client_ref = forms.UUIDField()


class GroupPhotoForm(forms.Form):
    """Another picture for a group, or none. The action looks at the picture."""

    photo = forms.FileField(required=False)
    remove = forms.BooleanField(required=False)

    def clean(self) -> dict[str, Any]:
        given = self.cleaned_data
        if not (given.get("photo") or given.get("remove")):
            raise forms.ValidationError("no picture")
        return given


class AssignmentForm(forms.Form):
    """Who has a thread; nobody where it is empty."""

    assignee = forms.ModelChoiceField(User.objects.none(), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["assignee"].queryset = User.objects.filter(is_active=True)  # type: ignore[attr-defined]


class PreferencesForm(forms.Form):
    """What an agent likes to have otherwise."""

    enter_sends = forms.BooleanField(required=False)
    shows_typing = forms.BooleanField(required=False)


class TypingForm(forms.Form):
    """Whether the agent types."""

    state = forms.ChoiceField(choices=[("start", "start"), ("stop", "stop")])


class ReceiptsForm(forms.Form):
    """Whether people on a line are shown that we read."""

    are_sent = forms.BooleanField(required=False)
