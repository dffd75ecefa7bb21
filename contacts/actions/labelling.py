"""Noting the words in use for people, so that they can be offered."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import connection

from contacts.models import Label

if TYPE_CHECKING:
    from collections.abc import Iterable

LONGEST = 200
# In one order, so that two who note the same words never wait for each other in a circle.
NOTE = """
    INSERT INTO contacts_label (kind, name)
    SELECT given.kind, given.name FROM unnest(%s::text[], %s::text[]) AS given (kind, name)
    WHERE NOT EXISTS (
        SELECT FROM contacts_label AS known
        WHERE known.kind = given.kind AND known.name = given.name)
    ORDER BY given.kind, given.name
    ON CONFLICT DO NOTHING"""


def note_labels(*, tags: Iterable[str] = (), variables: Iterable[str] = ()) -> None:
    """Keep that these tags, and custom variables of these names, are in use."""
    words = {(Label.Kind.TAG.value, tag[:LONGEST]) for tag in tags}
    words |= {(Label.Kind.VARIABLE.value, name[:LONGEST]) for name in variables}
    if words:
        kinds, names = zip(*words, strict=True)
        with connection.cursor() as cursor:
            cursor.execute(NOTE, [list(kinds), list(names)])
