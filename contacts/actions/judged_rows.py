"""Judged rows of a file on their way into the database: written by COPY, counted where they lie."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

import orjson
from django.db import connection
from django.db.models import Count

from contacts.models import ContactImport, ImportRow

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

COPY = """
    COPY contacts_importrow (run_id, row, line, number, verdict, "values", changes, cells, "column",
        reason, contact_id) FROM STDIN"""
# Of rows about one person the last one counts. A person who is there already may be known by
# several numbers; new ones are told apart by theirs, which C compares fastest.
FIND_DUPLICATES = """
    WITH twice AS (
        SELECT {key} AS key, max(row) AS last FROM contacts_importrow
        WHERE run_id = %(run)s AND verdict <> 'refused' GROUP BY 1 HAVING count(*) > 1)
    UPDATE contacts_importrow AS one
    SET verdict = 'duplicate', duplicate_of = twice.last, changes = '{{}}', contact_id = NULL
    FROM twice
    WHERE one.run_id = %(run)s AND {key} = twice.key AND one.row < twice.last
      AND one.verdict <> 'refused'""".format(  # nosec B608 of constants
    key="""(CASE WHEN verdict = 'new' THEN number ELSE contact_id::text END) COLLATE "C" """
)
RESERVE = """
    SELECT nextval(pg_get_serial_sequence('contacts_contact', 'id')) FROM generate_series(1, %s)"""
NULL = "\\N"
# What the text form of COPY gives a meaning of its own.
_MEANT = str.maketrans({"\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t", "\x00": "�"})


class JudgedRow(NamedTuple):
    """A row as it is kept: see ImportRow."""

    row: int
    line: int
    verdict: str
    number: str = ""
    values: Mapping[str, Any] = MappingProxyType({})
    changes: Mapping[str, Any] = MappingProxyType({})
    cells: Sequence[str] = ()
    column: int | None = None
    reason: str = ""
    contact_id: int | None = None


def keep_rows(run: ContactImport, rows: Iterable[JudgedRow]) -> None:
    """Write the rows."""
    lines = [_line(run.pk, row) for row in rows]
    with connection.cursor() as cursor, cursor.copy(COPY) as copy:
        copy.write("".join(lines))


def forget_rows(run: ContactImport) -> None:
    """Remove all rows of the import."""
    rows = ImportRow.objects.filter(run=run)
    rows._raw_delete(rows.db)


def mark_duplicates(run: ContactImport) -> None:
    """Let only the last row of each person count. Called in a transaction."""
    with connection.cursor() as cursor:
        # Nothing is known yet of rows that have just been written, and a loop takes hours.
        cursor.execute("SET LOCAL enable_nestloop = off")
        cursor.execute(FIND_DUPLICATES, {"run": run.pk})


def count_rows(run: ContactImport) -> dict[str, int]:
    """How many rows have which verdict."""
    rows = ImportRow.objects.filter(run=run).order_by()
    return dict(rows.values_list("verdict").annotate(Count("pk")))


def reserve_keys(count: int) -> list[int]:
    """Keys that new contacts will get; one that is never used leaves a gap and no more."""
    with connection.cursor() as cursor:
        cursor.execute(RESERVE, [count])
        return [key for (key,) in cursor.fetchall()]


def _line(run: int, row: JudgedRow) -> str:
    return "\t".join(
        (
            f"{run}\t{row.row}\t{row.line}",
            row.number,
            row.verdict,
            _json(row.values),
            _json(row.changes),
            _array(row.cells) if row.cells else "{}",
            NULL if row.column is None else str(row.column),
            row.reason.translate(_MEANT) if row.reason else "",
            f"{row.contact_id or NULL}\n",
        )
    )


def _json(value: Mapping[str, Any]) -> str:
    return orjson.dumps(value).decode().replace("\\", "\\\\") if value else "{}"


def _array(cells: Sequence[str]) -> str:
    quoted = ('"' + cell.replace("\\", "\\\\").replace('"', '\\"') + '"' for cell in cells)
    return ("{" + ",".join(quoted) + "}").translate(_MEANT)
