"""Rows whose every text is a payload: what the worst of strangers could have Sendblue tell us."""

from __future__ import annotations

import itertools
import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.apps import apps
from django.contrib.postgres.fields import ArrayField
from django.db import models

from contacts.actions.saving import index_for_search
from contacts.models import ConsentChange, Contact, ContactChange
from inbox.models import Fact, Kind, Line, MediaFile, Message, Participant, SendState, Thread
from sendblue_inbox.clock import now
from tests.security.payloads import PAYLOADS, SHORT

if TYPE_CHECKING:
    from sendblue_inbox.models import User

APPS = ("contacts", "inbox", "webhooks_admin")


def names(words: str) -> frozenset[str]:
    """The names in a text."""
    return frozenset(words.split())


# What strangers have a say in, by model. Every such text is planted with every kind of payload.
TOLD: dict[str, frozenset[str]] = {
    "Account": names("sending_paused_reason keys_refused"),
    "BulkJob": names("argument query"),
    "ConsentChange": names("note"),
    "Contact": names(
        "number first_name last_name company_name assigned_to_email sendblue_number tags"
        " custom_variables at_sendblue conflicts push_error"
    ),
    "ContactChange": names("before after"),
    "ContactExport": names("query"),
    "ContactImport": names("name columns error"),
    "DriftItem": names("number fields error"),
    "Fact": names("name status error_code words body"),
    "ImportRow": names("number values changes cells reason"),
    "Label": names("name"),
    "Line": frozenset(
        {"number", "name", "assignment", "read_receipts_refused", "facetime_refused"}
    ),
    "MediaFile": names("source_url media_url name content_type details error"),
    "Message": names(
        "message_handle message_type number content media_url send_style service status error_code"
        " error_message location app_card reply_to_handle reaction reaction_quote details seat_id"
        " sender_email forecast_service"
    ),
    "ReplayFinding": names("changes error"),
    "WebhookEvent": names("headers error message_handle number"),
    "Thread": names(
        "group_id group_display_name service last_content typing_number contact_status"
    ),
    "TotpAccess": names("label issuer"),
}
# What is made here, or never leaves the database; each with its reason.
OURS: dict[str, dict[str, str]] = {
    "BulkItem": {"reason": "our sentence"},
    "BulkJob": {"counts": "numbers", "error": "our sentence"},
    "ConsentChange": {"message_handle": "names the proof, which is linked by its key"},
    "Contact": {
        "sort_name": "sorts the list",
        "search_text": "is only searched",
        "search_pieces": "are only searched",
    },
    "ContactExport": {"sha256": "a digest"},
    "ContactImport": {
        **dict.fromkeys(("encoding", "delimiter", "country"), "one of a few"),
        "stored_as": "our name in the storage",
        "sha256": "a digest",
        "counts": "numbers",
    },
    "ContactChange": {"field": "a column's name"},
    "ContactMerge": {
        "contact_before": "is only given back",
        "other_before": "is only given back",
        "after": "is only compared",
    },
    "DriftItem": {"cause": "our word", "settled_as": "our word"},
    "DriftReport": {"counts": "numbers", "error": "our sentence"},
    "DriftSighting": {"number": "is only compared"},
    "Fact": {"digest": "a digest"},
    "Gesture": {"state": "our word", "error": "is only logged"},
    "Line": {"usage": "numbers and times, read as such"},
    "MediaFile": {
        "key": "random, in addresses",
        "sha256": "a digest",
        "stored_as": "our name in the storage",
        "preview_as": "our name in the storage",
    },
    "Message": {"callback_token": "random, in addresses of callbacks"},
    "ServiceCheck": {"number": "kept only", "service": "one of three words", "error": "kept only"},
    "SweepPage": {"shown": "kept only"},
    "SubscriptionCheck": {"missing": "our words", "refused": "our words"},
    "SyncState": {"error": "our sentence"},
    "Thread": {"group_photo": "our name in the storage"},
    "TotpAccess": {"secret_id": "part of our address"},
    "Replay": {
        "query": "read as a filter only",
        "counts": "numbers",
        "error": "our sentence",
    },
    "WebhookEvent": {"kind": "part of our address", "token": "part of our address"},
}
# JSON as our readers of it expect it; «» is where the payload goes.
SHAPES: dict[str, Any] = {
    "app_card": {
        "appName": "«»",
        "url": "https://evil.test/«»",
        "layout": {"caption": "«»", "imageTitle": "«»"},
    },
    "location": {"latitude": 1.0, "longitude": 2.0, "address": "«»"},
    "details": {
        **dict.fromkeys(("number", "name", "from_number", "before"), "«»"),
        "media_urls": ["«»"],
        "place": {
            "latitude": 1,
            "longitude": 2,
            "address": "«»",
            "state": "refused",
            "words": "«»",
        },
        "disposition": [0, "«»"],
        "transcript": [0, "«»"],
        "recording_url": [0, "https://evil.test/«»"],
        "cards": [{"name": "«»", "organization": "«»", "numbers": ["«»"], "emails": ["«»"]}],
    },
    "columns": [{"name": "«»", "target": "variable", "label": "«»"}] * 3,
    "values": {"first_name": "«»", "tags": ["«»"], "custom_variables": {"«»": "«»"}},
    "conflicts": {"first_name": "«»", "custom_variables.«»": "«»"},
    "custom_variables": {"«»": "«»", "deep": {"«»": ["«»"]}},
    "body": {"«»": ["«»"]},
}
A_PAGE = 50
_at = itertools.count()


def text_fields(model: type[models.Model]) -> dict[str, models.Field[Any, Any]]:
    """The columns of a model that hold free text, alone, in a list or in JSON."""
    kinds = (models.CharField, models.TextField, models.JSONField)
    found = {}
    for field in model._meta.concrete_fields:
        inner = field.base_field if isinstance(field, ArrayField) else field
        if isinstance(inner, kinds) and not inner.choices:
            found[field.name] = field
    return found


def uncovered() -> set[str]:
    """The text columns of which nobody has said whether strangers have a say in them."""
    models_here = [model for app in APPS for model in apps.get_app_config(app).get_models()]
    missing = set()
    for model in models_here:
        name = model.__name__
        known = TOLD.get(name, frozenset()) | OURS.get(name, {}).keys()
        missing |= {f"{name}.{field}" for field in text_fields(model).keys() - known}
        missing |= {f"{name}.{field} is gone" for field in known - text_fields(model).keys()}
    return missing


def planted(model: type[models.Model], **fixed: Any) -> dict[str, Any]:
    """Columns for one more row of the model, each text another payload, and what is `fixed`."""
    start = next(_at)
    values = {}
    for place, name in enumerate(sorted(TOLD[model.__name__] - fixed.keys())):
        field = text_fields(model)[name]
        values[name] = _filled(field, start + place * 31)
    return values | fixed


def _filled(field: models.Field[Any, Any], at: int) -> Any:
    if isinstance(field, ArrayField):
        return [_cut(at, field.base_field.max_length), _cut(at + 1, field.base_field.max_length)]
    if isinstance(field, models.JSONField):
        shape = json.dumps(SHAPES.get(field.name, {"«»": "«»"}))
        return json.loads(shape.replace("«»", json.dumps(_cut(at, None))[1:-1]))
    return _cut(at, field.max_length)


def _cut(at: int, longest: int | None) -> str:
    text = PAYLOADS[at % len(PAYLOADS)]
    return text if not longest or len(text) <= longest else SHORT[at % len(SHORT)][:longest]


def plant(agent: User) -> list[Thread]:
    """A person, a conversation and a message for every payload; the conversations of a full page.

    The other conversations hold one message each, so that the list shows every payload as well.
    """
    line = Line.objects.create(**planted(Line, number=SHORT[0]), status="ONLINE")
    full: list[Thread] = []
    for at in range(len(PAYLOADS)):
        if at % A_PAGE == 0:
            thread = _thread(line, is_group=len(full) % 2 == 1)
            full.append(thread)
        else:
            _message(_thread(line, is_group=False), agent, at)
        _message(thread, agent, at)
    return full


def _thread(line: Line, *, is_group: bool) -> Thread:
    at = next(_at)
    person = Contact(**planted(Contact, number=f"{PAYLOADS[at % len(PAYLOADS)]} {at}"))
    index_for_search(person)
    person.save()
    _past(person)
    group = {"group_id": f"{SHORT[1]}{at}"} if is_group else {"group_id": "", "contact": person}
    columns = planted(Thread, **group)
    thread = Thread.objects.create(line=line, last_message_at=now(), **columns, revision=1)
    Participant.objects.create(thread=thread, contact=person)
    return thread


def _past(person: Contact) -> None:
    """What was changed of somebody, and what was noted of consent."""
    for field in ("company_name", "tags", "custom_variables"):
        columns = planted(ContactChange)
        if field == "tags":
            columns = {name: list(map(str, told)) for name, told in columns.items()}
        ContactChange.objects.create(contact=person, field=field, source="csv", **columns)
    ConsentChange.objects.create(
        contact=person,
        opted_out=False,
        as_of=now(),
        source="agent",
        message_handle=SHORT[2],
        **planted(ConsentChange),
    )


def _message(thread: Thread, agent: User, at: int) -> Message:
    """One more row, of every kind in turn; every other one is ours and failed."""
    kinds = [Kind.MESSAGE, *Kind]
    is_outbound = at % 3 > 0
    unique = f"{at}-{next(_at)}"
    values = planted(Message, kind=kinds[at % len(kinds)], message_handle=SHORT[2] + unique)
    message = Message.objects.create(
        thread=thread,
        line=thread.line,
        is_outbound=is_outbound,
        author=agent if at % 2 else None,
        date_sent=now() - timedelta(minutes=at),
        send_state=(SendState.REJECTED if at % 2 else SendState.UNKNOWN) if is_outbound else "",
        was_downgraded=True,
        first_revision=1,
        revision=1,
        file_count=1,
        **values,
    )
    state = list(MediaFile.State)[at % 4]
    # A slash cannot be in a name that is part of an address.
    shown = {"name": PAYLOADS[at % len(PAYLOADS)].replace("/", "_")}
    if state == MediaFile.State.SAFE:
        shown["content_type"] = "text/vcard"
    MediaFile.objects.create(
        thread=thread,
        message=message,
        state=state,
        stored_as="none" if state == MediaFile.State.SAFE else "",
        **planted(MediaFile, **shown),
    )
    for _ in range(2):
        columns = planted(Fact)
        Fact.objects.create(
            message=message, seen_at=now(), source="webhook", digest=str(next(_at)), **columns
        )
    return message
