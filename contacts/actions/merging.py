"""Two accounts of one contact, ours and Sendblue's, made one without losing an edit.

`base` is what Sendblue was last seen to have. A side that differs from it has changed the field;
where both have, and differently, nothing is taken: a person picks (`editing.settle`).
Lists and maps are merged item by item, so that two people who add different tags never collide.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from contacts.models import Contact
    from sendblue_inbox.sendblue.payloads import ContactPayload

TEXTS = ("first_name", "last_name", "company_name", "assigned_to_email", "sendblue_number")
LONGEST = dict(zip(TEXTS, (200, 200, 200, 254, 32), strict=True))
LONGEST_TAG = 100
SYNCED = (*TEXTS, "tags", "custom_variables")
NOTHING: dict[str, Any] = {**dict.fromkeys(TEXTS, ""), "tags": [], "custom_variables": {}}
# What `at_sendblue` says beside the values: whether they opted out there, when the contact was made
# there, the names of variables that were removed (it keeps them, without a value), and what a push
# of ours of which no answer has come yet may have written.
OPT_OUT, MADE, EMPTIED, TRIED = "opt_out", "created_at", "emptied", "tried"


def values_of(contact: Contact) -> dict[str, Any]:
    """What of the contact is kept on both sides."""
    return {name: getattr(contact, name) for name in SYNCED}


def values_told(payload: ContactPayload) -> dict[str, Any]:
    """The same of what Sendblue tells, no longer than we keep it.

    A variable that is "" there is one that was removed.
    """
    told = {name: getattr(payload, name)[:longest] for name, longest in LONGEST.items()}
    variables = {name: value for name, value in payload.custom_variables.items() if value}
    tags = list(dict.fromkeys(tag[:LONGEST_TAG] for tag in payload.tags))
    return {**told, "tags": tags, "custom_variables": variables}


def told_by(
    payload: ContactPayload, known: Mapping[str, Any] | None, *, is_waiting: bool
) -> dict[str, Any]:
    """What `at_sendblue` says after this. While a push waits, one before it may still arrive."""
    kept = {OPT_OUT, MADE, TRIED} if is_waiting else {OPT_OUT, MADE}
    told = {name: value for name, value in (known or {}).items() if name in kept}
    if payload.opted_out is not None:
        told[OPT_OUT] = payload.opted_out
    if payload.created_at:
        told[MADE] = payload.created_at.isoformat()
    if emptied := sorted(name for name, value in payload.custom_variables.items() if not value):
        told[EMPTIED] = emptied
    return values_told(payload) | told


def base_of(known: Mapping[str, Any] | None, theirs: Mapping[str, Any]) -> dict[str, Any]:
    """What Sendblue was last known to have: where a push without an answer has reached it, that.

    So our own hand is never taken for a change that somebody made there.
    """
    base = {**NOTHING, **(known or {})}
    tried = dict(base.get(TRIED) or {})
    labels = tried.pop("custom_variables", {})
    base |= {name: value for name, value in tried.items() if theirs[name] == value}
    told = theirs["custom_variables"]
    arrived = {label: text for label, text in labels.items() if told.get(label, "") == text}
    base["custom_variables"] = {**base["custom_variables"], **arrived}
    return base


def merged(
    ours: Mapping[str, Any], base: Mapping[str, Any] | None, theirs: Mapping[str, Any]
) -> tuple[dict[str, Any], dict[str, Any]]:
    """(the values to keep, Sendblue's values of the fields on which both sides insist).

    Conflicts in custom variables are named `custom_variables.<label>`.
    """
    base = base or NOTHING
    kept: dict[str, Any] = {}
    conflicts: dict[str, Any] = {}
    for name in TEXTS:
        kept[name], is_open = _one(ours[name], base.get(name, ""), theirs[name])
        if is_open:
            conflicts[name] = theirs[name]
    kept["tags"] = _tags(ours["tags"], base.get("tags", []), theirs["tags"])
    mine, first, other = (side.get("custom_variables", {}) for side in (ours, base, theirs))
    variables: dict[str, str] = {}
    for label in dict.fromkeys((*mine, *other)):
        value, is_open = _one(mine.get(label, ""), first.get(label, ""), other.get(label, ""))
        if value:
            variables[label] = value
        if is_open:
            conflicts[f"custom_variables.{label}"] = other.get(label, "")
    kept["custom_variables"] = variables
    return kept, conflicts


def still_open(
    conflicts: Mapping[str, Any], ours: Mapping[str, Any], theirs: Mapping[str, Any]
) -> dict[str, Any]:
    """Of the conflicts that nobody has settled, those about which the sides still differ."""
    return {
        field: value_at(theirs, field)
        for field in conflicts
        if value_at(theirs, field) != value_at(ours, field)
    }


def value_at(side: Mapping[str, Any], field: str) -> Any:
    """The value that a conflict's name stands for."""
    name, _, label = field.partition(".")
    return side[name].get(label, "") if label else side[name]


def _one(ours: str, base: str, theirs: str) -> tuple[str, bool]:
    if ours in (theirs, base):
        return theirs, False
    # Nothing there, and never anything known of it: an empty field is no statement.
    return ours, theirs != base


def _tags(ours: list[str], base: list[str], theirs: list[str]) -> list[str]:
    removed_there = set(base) - set(theirs)
    added_there = [tag for tag in theirs if tag not in base and tag not in ours]
    return [tag for tag in ours if tag not in removed_there] + added_there
