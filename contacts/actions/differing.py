"""How one contact here and one at Sendblue differ, and why that may be; no rows are written here.

Values are compared as both sides mean them: the order of tags says nothing, and a custom variable
that is empty is none.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from contacts.models import Contact, DriftItem

from .merging import NOTHING, TEXTS, values_of, values_told

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sendblue_inbox.sendblue.payloads import ContactPayload

Kind = DriftItem.Kind
Push = Contact.Push


class Cause:
    """Why the sides differ, as far as can be told; contacts/presenting/drift.py has the words."""

    BACK_THERE = "back_there"
    BOTH = "both"
    CHANGED_THERE = "changed_there"
    CONFLICT = "conflict"
    CONSENT_HERE = "consent_here"
    CONSENT_THERE = "consent_there"
    CREATED_THERE = "created_there"
    DELETED_THERE = "deleted_there"
    DELETION_REFUSED = "deletion_refused"
    DELETION_WAITING = "deletion_waiting"
    EMPTIED = "emptied"
    FOLLOWS = "follows"
    MESSAGE = "message"
    NEVER_PUSHED = "never_pushed"
    NOT_PUSHED = "not_pushed"
    REFUSED = "refused"
    UNREAD = "unread"
    WAITING = "waiting"


@dataclass(frozen=True, slots=True)
class Difference:
    """In which way the sides differ; `fields` is {field: [ours, theirs]}, None for no contact."""

    kind: str
    cause: str
    fields: dict[str, list[Any]]


def difference_between(
    contact: Contact | None, payload: ContactPayload | None
) -> Difference | None:
    """What is not the same on both sides; None where nothing is."""
    ours = flat(values_of(contact)) if contact and not contact.removed_at else None
    theirs = flat(values_told(payload)) if payload else None
    if ours is None and theirs is None:
        return None
    if contact and theirs is None:
        return Difference(Kind.ONLY_HERE, _why_only_here(contact), _one_sided(ours, None))
    if payload and ours is None:
        why = _why_only_there(contact) if contact else Cause.CREATED_THERE
        told = {"opted_out": payload.opted_out or None, "verified": payload.verified or None}
        return Difference(Kind.ONLY_THERE, why, _one_sided(None, (theirs or {}) | told))
    assert contact and payload and ours is not None and theirs is not None
    fields = {
        field: [ours.get(field), theirs.get(field)]
        for field in dict.fromkeys((*ours, *theirs))
        if not _alike(ours.get(field), theirs.get(field))
    }
    if payload.opted_out is not None and payload.opted_out != contact.opted_out:
        fields["opted_out"] = [contact.opted_out, payload.opted_out]
    if not fields:
        return None
    return Difference(Kind.DIFFERS, _why_differs(contact, fields), fields)


def flat(values: Mapping[str, Any]) -> dict[str, Any]:
    """The values that say something, each custom variable as `custom_variables.<label>`."""
    found = {name: values[name] for name in (*TEXTS, "tags") if values.get(name)}
    variables = values.get("custom_variables", {})
    return found | {f"custom_variables.{label}": text for label, text in variables.items() if text}


def with_theirs(values: Mapping[str, Any], fields: Mapping[str, list[Any]]) -> dict[str, Any]:
    """These values of ours where the fields are as Sendblue has them."""
    after = {name: values.get(name, blank) for name, blank in NOTHING.items()}
    after["custom_variables"] = dict(after["custom_variables"])
    for field, (_, theirs) in fields.items():
        name, _, label = field.partition(".")
        if label and theirs:
            after[name][label] = theirs
        elif label:
            after[name].pop(label, None)
        elif name in NOTHING:
            after[name] = theirs or type(NOTHING[name])()
    return after


def _why_only_here(contact: Contact) -> str:
    if contact.push_state == Push.WAITING:
        return Cause.WAITING
    if contact.push_state == Push.REFUSED:
        return Cause.REFUSED
    if contact.at_sendblue is not None:
        return Cause.DELETED_THERE
    return Cause.NEVER_PUSHED if flat(values_of(contact)) else Cause.MESSAGE


def _why_only_there(contact: Contact) -> str:
    if contact.push_state == Push.WAITING:
        return Cause.DELETION_WAITING
    if contact.push_state == Push.REFUSED:
        return Cause.DELETION_REFUSED
    return Cause.BACK_THERE


def _why_differs(contact: Contact, fields: Mapping[str, list[Any]]) -> str:
    if fields.keys() == {"opted_out"}:
        return Cause.CONSENT_HERE if contact.opted_out else Cause.CONSENT_THERE
    if contact.conflicts.keys() & fields.keys():
        return Cause.CONFLICT
    if contact.push_state == Push.WAITING:
        return Cause.WAITING
    if contact.push_state == Push.REFUSED:
        kept = [field for field, (ours, _) in fields.items() if _is_variable(field) and not ours]
        return Cause.EMPTIED if len(kept) == len(fields) else Cause.REFUSED
    if contact.merged_into_id:
        return Cause.FOLLOWS
    if contact.at_sendblue is None:
        return Cause.UNREAD
    base = flat(contact.at_sendblue)
    known = {field: pair for field, pair in fields.items() if field != "opted_out"}
    is_changed_here, is_changed_there = (
        any(not _alike(pair[side], base.get(field)) for field, pair in known.items())
        for side in (0, 1)
    )
    if is_changed_here and is_changed_there:
        return Cause.BOTH
    return Cause.NOT_PUSHED if is_changed_here else Cause.CHANGED_THERE


def _alike(one: Any, other: Any) -> bool:
    if isinstance(one, list) and isinstance(other, list):
        return sorted(one) == sorted(other)
    return one == other


def _is_variable(field: str) -> bool:
    return field.startswith("custom_variables.")


def _one_sided(ours: dict[str, Any] | None, theirs: dict[str, Any] | None) -> dict[str, list[Any]]:
    found = ours if ours is not None else theirs or {}
    return {
        field: [value, None] if ours is not None else [None, value]
        for field, value in found.items()
        if value is not None
    }
