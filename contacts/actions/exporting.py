"""Lists of people that go out as files: written while they are sent, whole or marked as cut off."""

from __future__ import annotations

import hashlib
from contextlib import closing
from typing import TYPE_CHECKING, Any

import psycopg
from django.db import close_old_connections, connection, transaction
from psycopg.rows import dict_row

from contacts.csv.writing import MARK, as_csv, cells, header
from contacts.filtering import ContactFilter
from contacts.listing import in_order
from contacts.models import ContactExport
from sendblue_inbox import live
from sendblue_inbox.clock import now

if TYPE_CHECKING:
    from collections.abc import Generator

    from django.db.models import QuerySet

    from sendblue_inbox.models import User

AT_ONCE = 1_000  # rows
COLUMNS = (
    *("number", "first_name", "last_name", "company_name", "tags", "assigned_to_email"),
    *("sendblue_number", "opted_out", "custom_variables"),
)
LABELS = """
    SELECT DISTINCT jsonb_object_keys(custom_variables) AS label FROM ({found}) AS found ORDER BY 1
"""


def start_export(*, author: User, query: str) -> ContactExport:
    """Write down that somebody takes out the people of a filter."""
    with transaction.atomic():
        export = ContactExport.objects.create(author=author, query=ContactFilter.parse(query).query)
        live.notify("exports")
    return export


def export_pieces(
    export: ContactExport, *, for_excel: bool = False
) -> Generator[bytes, None, None]:
    """The file, piece by piece; its rows and its digest are written down once all was taken.

    All of it is the list at one moment: a snapshot, read through a cursor at the server. Close it
    where nobody takes the rest; then the export says how many rows went out.
    """
    digest, count, is_whole = hashlib.sha256(), 0, False
    try:
        with closing(_pieces(ContactFilter.parse(export.query), for_excel=for_excel)) as pieces:
            for piece, rows in pieces:
                digest.update(piece)
                yield piece
                count += rows
        is_whole = True
    finally:
        _note(export, count, digest.hexdigest() if is_whole else "")


def _pieces(asked: ContactFilter, *, for_excel: bool) -> Generator[tuple[bytes, int], None, None]:
    """(bytes, how many people they are)."""
    whose, people = asked.contacts().values("custom_variables"), in_order(asked).values(*COLUMNS)
    with _snapshot() as snapshot:
        found = snapshot.execute(LABELS.format(found=_statement(whose, snapshot)))
        labels = [row["label"] for row in found]
        yield (MARK if for_excel else b"") + as_csv([header(labels)]), 0
        with snapshot.cursor(name="export") as cursor:
            cursor.execute(_statement(people, snapshot))
            while rows := cursor.fetchmany(AT_ONCE):
                yield as_csv(cells(person, labels) for person in rows), len(rows)


def _snapshot() -> psycopg.Connection[dict[str, Any]]:
    """A connection of its own, because a download may take long: none of the pool is kept busy."""
    params = connection.get_connection_params()
    for name in ("context", "cursor_factory"):
        del params[name]  # Django's, with its own idea of JSON
    opened = psycopg.connect(**params, row_factory=dict_row)
    opened.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
    opened.read_only = True
    return opened


def _statement(found: QuerySet[Any], snapshot: psycopg.Connection[Any]) -> str:
    """The queryset's statement with its parameters in it: a cursor at the server takes none."""
    return psycopg.ClientCursor(snapshot).mogrify(*found.query.sql_with_params())


def _note(export: ContactExport, count: int, sha256: str) -> None:
    try:
        with transaction.atomic():
            ContactExport.objects.filter(pk=export.pk).update(
                row_count=count, sha256=sha256, finished_at=now() if sha256 else None
            )
            live.notify("exports")
    finally:
        close_old_connections()
