"""What a row of a file changes of a person who is a contact already, and how that is taken back.

An empty cell changes nothing. Tags and custom variables are added, never removed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

TAGS, VARIABLES = "tags", "custom_variables"


def changes_of(
    said: Mapping[str, Any], before: Mapping[str, Any], *, overwrites: bool
) -> dict[str, tuple[Any, Any]]:
    """{field: (before, after)} of what the row changes; otherwise only what is empty is filled."""
    changes: dict[str, tuple[Any, Any]] = {}
    for name, value in said.items():
        had, after = before[name], value
        if name == TAGS:
            after = [*had, *(tag for tag in value if tag not in had)]
            is_other = len(after) > len(had)
        elif name == VARIABLES:
            given = {
                label: new
                for label, new in value.items()
                if _gives(had.get(label), new, overwrites=overwrites)
            }
            after, is_other = {**had, **given}, bool(given)
        else:
            is_other = _gives(had, value, overwrites=overwrites)
        if is_other:
            changes[name] = (had, after)
    return changes


def taken_back(
    changes: Mapping[str, Any], current: Mapping[str, Any]
) -> tuple[dict[str, Any], int]:
    """(the values that undo the changes, how many of them were edited since and stay).

    `changes` are {field: (before, after)} as they were saved. Tags and custom variables are taken
    back one by one.
    """
    values: dict[str, Any] = {}
    kept = 0
    for name, (before, after) in changes.items():
        has = current[name]
        if name == TAGS:
            added = set(after) - set(before)
            kept += len(added - set(has))
            value: Any = [tag for tag in has if tag not in added]
        elif name == VARIABLES:
            value = dict(has)
            for label in (label for label in after if before.get(label) != after[label]):
                if has.get(label) != after[label]:
                    kept += 1
                elif label in before:
                    value[label] = before[label]
                else:
                    del value[label]
        elif has != after:
            kept += 1
            continue
        else:
            value = before
        if value != has:
            values[name] = value
    return values, kept


def _gives(had: Any, value: str, *, overwrites: bool) -> bool:
    """Whether the value is news for a field that has the other one."""
    if not had:
        return True
    return overwrites and had != value and str(had).strip() != value
