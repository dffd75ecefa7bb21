"""The other numbers of a person follow the contact that they were merged into.

Sendblue knows one contact a number, so every number of a person has a row here and one there, and
all say the same. Whatever changes the person (an agent, a file, Sendblue), the other rows are made
like it and pushed, at once by an edit and by every round of pushing for whatever else wrote. A row
that somebody holds right now is left to the next round, so this never waits for a lock.
"""

from __future__ import annotations

from django.db import connection, transaction

from contacts.models import Contact
from sendblue_inbox import live

from .indexing import SEARCH, index_for_search, other_numbers
from .merging import SYNCED

COPIED = (*SYNCED, *SEARCH)
# Sendblue has something else of the number, and said so after our last push.
IS_OTHER_THERE = f"""(
    other.push_state IN ('', 'saved')
    AND (other.pushed_at IS NULL OR other.seen_at_sendblue > other.pushed_at)
    AND ({", ".join(f"other.at_sendblue -> '{name}'" for name in SYNCED)})
        IS DISTINCT FROM ({", ".join(f"to_jsonb(person.{name})" for name in SYNCED)}))"""
# Deleted at Sendblue by somebody else: only that number, so the others are people of their own.
SET_FREE = """
    UPDATE contacts_contact AS other SET merged_into_id = NULL FROM contacts_contact AS person
    WHERE other.id = ANY(%(numbers)s) AND person.id = other.merged_into_id
      AND person.removed_at IS NOT NULL AND person.push_state = ''
      AND other.removed_at IS NULL"""
FOLLOW = f"""
    WITH due AS (
        SELECT other.id FROM contacts_contact AS other
        JOIN contacts_contact AS person ON person.id = other.merged_into_id
        WHERE other.id = ANY(%(numbers)s)
          -- Removed with the person, and back with the person; never what Sendblue alone lost.
          AND CASE WHEN other.removed_at IS NULL THEN true
              ELSE person.removed_at IS NULL AND other.push_state <> '' END
          AND (other.removed_at IS DISTINCT FROM person.removed_at
               OR ({", ".join(f"other.{name}" for name in COPIED)})
                  IS DISTINCT FROM ({", ".join(f"person.{name}" for name in COPIED)})
               OR {IS_OTHER_THERE})
        FOR UPDATE OF other SKIP LOCKED)
    UPDATE contacts_contact AS other
    SET {", ".join(f"{name} = person.{name}" for name in COPIED)},
        removed_at = person.removed_at, conflicts = '{{}}', version = other.version + 1,
        push_state = 'waiting', push_error = '', push_after = clock_timestamp(),
        push_attempts = 0, updated_at = clock_timestamp()
    FROM due, contacts_contact AS person
    WHERE other.id = ANY(%(numbers)s) AND other.id = due.id AND person.id = other.merged_into_id
    RETURNING other.id, person.id"""  # nosec B608 names of columns


def follow(person: Contact | None = None) -> int:
    """Make the other numbers of this person, or of everybody, like them; how many were not.

    A person whose row the caller holds is found by the other numbers as well afterwards.
    """
    # Named one by one, or the planner expects that everybody is a number of somebody.
    merged = person.other_numbers.all() if person else Contact.objects.exclude(merged_into=None)
    numbers = list(merged.values_list("pk", flat=True))
    if not numbers:
        return 0
    with transaction.atomic(), connection.cursor() as cursor:
        if person:
            _index(person)
        else:
            cursor.execute(SET_FREE, {"numbers": numbers})
        cursor.execute(FOLLOW, {"numbers": numbers})
        followed = cursor.fetchall()
        if followed:
            touched = {pk for pair in followed for pk in pair}
            live.notify("contacts", *(f"contact-{pk}" for pk in sorted(touched)))
    return len(followed)


def _index(person: Contact) -> None:
    """Let a locked person be found by all of their numbers."""
    index_for_search(person, also=other_numbers([person.pk])[person.pk])
    person.save(update_fields=list(SEARCH))
