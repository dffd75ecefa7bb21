"""Writing many contacts at once: one statement a batch, and only what differs.

Rows travel as one JSON array that PostgreSQL itself turns into columns: as quick as COPY into a
temporary table (40 µs a row, of which 25 are the search index), and without that table.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson
from django.db import connection
from django.db.models.expressions import DatabaseDefault

from contacts.models import Contact, ContactChange
from sendblue_inbox.clock import now

from .indexing import NAMES, SEARCH, index_for_search, other_numbers, search_columns
from .labelling import note_labels

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from django.db.models import Model

LABELLED = ("tags", "custom_variables")
SEARCHED = frozenset({"number", *NAMES, *LABELLED})
COLUMNS = tuple(field.attname for field in Contact._meta.concrete_fields)
DEFAULTS: dict[str, Any] = {
    field.attname: field.db_default if field.has_db_default() else field.get_default()
    for field in Contact._meta.concrete_fields
    if not (field.null or field.primary_key) and field.attname not in {"number", *SEARCH}
}
CHANGE_COLUMNS = tuple(
    field.attname for field in ContactChange._meta.concrete_fields if not field.primary_key
)


def insert_contacts(contacts: Sequence[Contact]) -> None:
    """Insert people who are new, found by search from then on, and set their keys.

    Whoever has a number that is taken (since a moment ago by another worker) is not written and
    keeps no key.
    """
    rows = []
    for contact in contacts:
        if not contact.search_text:
            index_for_search(contact)
        known = vars(contact)
        rows.append({name: known[name] for name in COLUMNS if not _is_open(known[name])})
    keys = insert_rows(rows)
    for contact in contacts:
        contact.pk = keys.get(contact.number)
        contact._state.adding = contact.pk is None


def insert_rows(rows: Sequence[Mapping[str, Any]]) -> dict[str, int]:
    """Insert people who are new, given by column; the keys of those inserted, by number.

    `number` is needed, all else has the model's default; keys may be given as `id`, by all or by
    none. Whoever has a number that is taken is left out. Notes the labels.
    """
    if not rows:
        return {}
    at = now()
    blank = {**DEFAULTS, "created_at": at, "updated_at": at}
    full = [
        {**blank, **row} if "search_text" in row else {**blank, **row, **search_columns(row)}
        for row in rows
    ]
    columns = list(dict.fromkeys(column for row in full for column in row))
    # In the order in which everybody locks many contacts.
    statement = """
        INSERT INTO contacts_contact ({names}) SELECT {names}
        FROM json_populate_recordset(NULL::contacts_contact, %s) ORDER BY number
        ON CONFLICT DO NOTHING RETURNING number, id""".format(  # nosec B608 names of columns
        names=", ".join(columns)
    )
    with connection.cursor() as cursor:
        cursor.execute(statement, [_json(full)])
        keys = dict(cursor.fetchall())
    _note_labels(rows)
    return keys


def update_contacts(contacts: Sequence[Contact], columns: Iterable[str]) -> int:
    """Write these columns of contacts that the caller has locked; how many differed.

    Columns of search go along where they may change; those of another number of a person are the
    person's. A row that says the same already is left.
    """
    names = [Contact._meta.get_field(name).attname for name in columns]  # type: ignore[union-attr]
    if not SEARCHED.isdisjoint(names):
        names += [name for name in SEARCH if name not in names]
        others = other_numbers(contact.pk for contact in contacts)
        for contact in contacts:
            if not contact.merged_into_id:
                index_for_search(contact, also=others.get(contact.pk, ()))
    rows = [{"id": c.pk, **{name: getattr(c, name) for name in names}} for c in contacts]
    return update_rows(rows, names)


def update_rows(rows: Sequence[Mapping[str, Any]], columns: Sequence[str]) -> int:
    """Write these columns of the rows, given by column with their `id`; how many differed.

    The caller has locked them, in the order of their numbers, and given the columns of search
    (`search_columns`) where they change.
    """
    if not rows:
        return 0
    names, given = (", ".join(f"{of}.{name}" for name in columns) for of in ("contact", "given"))
    assigned = ", ".join(f"{name} = given.{name}" for name in columns)
    statement = f"""
        UPDATE contacts_contact AS contact SET {assigned}, updated_at = clock_timestamp()
        FROM json_populate_recordset(NULL::contacts_contact, %s) AS given
        WHERE contact.id = given.id AND ({names}) IS DISTINCT FROM ({given})"""  # nosec B608 names of columns
    with connection.cursor() as cursor:
        cursor.execute(statement, [_json(rows)])
        changed = cursor.rowcount
    if changed and not set(LABELLED).isdisjoint(columns):
        _note_labels(rows)
    return changed


def copy_changes(changes: Sequence[ContactChange]) -> None:
    """Put these lines into the history, all as of this moment."""
    if not changes:
        return
    at = now()
    rows = [{name: getattr(c, name) for name in CHANGE_COLUMNS} | {"at": at} for c in changes]
    _insert(ContactChange, CHANGE_COLUMNS, rows)


def _is_open(value: Any) -> bool:
    return value is None or isinstance(value, DatabaseDefault)


def _insert(model: type[Model], columns: Sequence[str], rows: Sequence[Mapping[str, Any]]) -> None:
    table = model._meta.db_table
    names = ", ".join(columns)
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {table} ({names}) SELECT {names} "  # nosec B608 names of columns
            f"FROM json_populate_recordset(NULL::{table}, %s)",
            [_json(rows)],
        )


def _note_labels(rows: Iterable[Mapping[str, Any]]) -> None:
    note_labels(
        tags={tag for row in rows for tag in row.get("tags", ())},
        variables={label for row in rows for label in row.get("custom_variables", ())},
    )


def _json(rows: Sequence[Mapping[str, Any]]) -> str:
    return orjson.dumps(rows).decode()
