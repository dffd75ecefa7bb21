"""A backup in one file: a compressed tar of every table as COPY text, then every stored file.

Tables are read in one snapshot while everything goes on, so it needs no server's own tool and no
pause. Stored files are named by their content and only ever added to while rows name them, so
those that the snapshot names are there. A file that was cut off lacks its end and restores nothing.
"""

from __future__ import annotations

import hashlib
import io
import json
import tarfile
import tempfile
from dataclasses import dataclass, field
from typing import IO, TYPE_CHECKING, Any

from django.apps import apps
from django.core.files.base import File
from django.core.files.storage import default_storage
from django.db import connection, transaction
from django.db.migrations.recorder import MigrationRecorder
from psycopg import sql

from sendblue_inbox.clock import now

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

FORMAT = 1
FIRST, LAST = "begin.json", "end.json"
# Logins end with a restore, and the others are made anew by the migrations.
LEFT_OUT = {"sessions", "contenttypes", "auth"}
CHUNK = 1_000_000


class Unusable(Exception):
    """The file cannot be restored; the text says why and what to do."""


@dataclass
class Summary:
    """What a backup holds: rows by table, files, and which migrations its tables follow."""

    made_at: str = ""
    migrations: list[list[str]] = field(default_factory=list)
    rows: dict[str, int] = field(default_factory=dict)
    digests: dict[str, str] = field(default_factory=dict)
    files: int = 0


def write_archive(path: Path) -> Summary:
    """Write all tables and files to the path; readable by its owner alone."""
    found = Summary(made_at=now().isoformat(), migrations=applied_migrations())
    with path.open("xb") as file:
        path.chmod(0o600)
        with tarfile.open(fileobj=file, mode="w:gz", compresslevel=1) as tar:
            begin = {"format": FORMAT, "at": found.made_at, "migrations": found.migrations}
            _add(tar, FIRST, json.dumps(begin).encode())
            with transaction.atomic():
                with connection.cursor() as cursor:
                    cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
                for table in tables():
                    _add_table(tar, table, found)
            for name in stored_names():
                with tempfile.TemporaryFile() as copy:
                    try:
                        with default_storage.open(name) as content:
                            size = _copy(content.chunks(CHUNK), copy.write)[0]
                    except FileNotFoundError:
                        continue  # removed since the folder was read: no row names it
                    _add_file(tar, f"files/{name}", copy, size)
                found.files += 1
            end = {"rows": found.rows, "digests": found.digests, "files": found.files}
            _add(tar, LAST, json.dumps(end).encode())
    return found


def read_beginning(path: Path) -> Summary:
    """Which migrations the tables of the backup follow. Raises Unusable."""
    try:
        with tarfile.open(path, "r:gz") as tar:
            first = tar.next()
            content = tar.extractfile(first) if first and first.name == FIRST else None
            begin = json.load(content) if content else {}
    except (tarfile.TarError, OSError, ValueError, EOFError) as error:
        raise Unusable("This is no backup of an inbox, or it is damaged.") from error
    if begin.get("format") != FORMAT:
        raise Unusable("This backup is of another release. Restore it with that release.")
    return Summary(made_at=begin["at"], migrations=begin["migrations"])


def read_archive(path: Path) -> Summary:
    """Replace all rows by those of the backup, in the caller's transaction; then add its files.

    Raises Unusable for a file that is cut off or damaged; then the transaction must not commit.
    """
    found = read_beginning(path)
    with connection.cursor() as cursor:
        every = sql.SQL(", ").join(map(sql.Identifier, tables()))
        cursor.execute(sql.SQL("TRUNCATE {} CASCADE").format(every))
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")  # tables come in any order
    try:
        with tarfile.open(path, "r:gz") as tar:
            for member in tar:
                content = tar.extractfile(member)
                if content is None:
                    raise Unusable("There is something in this file that is in no backup.")
                kind, _, name = member.name.partition("/")
                if kind == "tables":
                    _load_table(name, member.pax_headers.get("columns", ""), content, found)
                elif kind == "files":
                    _store(name, content)
                    found.files += 1
                elif member.name == LAST:
                    _compare(json.load(content), found)
                    _set_sequences()
                    return found
    except (tarfile.TarError, OSError, EOFError, ValueError) as error:
        raise Unusable("The backup is damaged; nothing was restored.") from error
    raise Unusable("The end of the backup is missing; nothing was restored.")


def tables() -> list[str]:
    """The tables that a backup holds."""
    models = apps.get_models(include_auto_created=True)
    kept = [model for model in models if model._meta.app_label not in LEFT_OUT]
    names = {model._meta.db_table for model in kept if model._meta.managed}
    # Which groups and permissions a person has: of tables that are left out, and not in use.
    return sorted(names - {"sendblue_inbox_user_groups", "sendblue_inbox_user_user_permissions"})


def applied_migrations() -> list[list[str]]:
    """The migrations that this database has seen, as [app, name]."""
    return sorted(map(list, MigrationRecorder(connection).applied_migrations()))


def stored_names(folder: str = "") -> Iterator[str]:
    """The names of everything in the storage."""
    try:
        folders, files = default_storage.listdir(folder)
    except FileNotFoundError:
        return
    for name in sorted(files):
        yield f"{folder}{name}"
    for name in sorted(folders):
        yield from stored_names(f"{folder}{name}/")


def _add_table(tar: tarfile.TarFile, table: str, found: Summary) -> None:
    with connection.cursor() as cursor, tempfile.TemporaryFile() as rows:
        columns = [column.name for column in _columns(cursor, table)]
        statement = sql.SQL("COPY {} ({}) TO STDOUT").format(
            sql.Identifier(table), sql.SQL(", ").join(map(sql.Identifier, columns))
        )
        with cursor.copy(statement) as copy:
            size, digest = _copy(map(bytes, copy), rows.write)
        found.rows[table], found.digests[table] = cursor.rowcount, digest
        _add_file(tar, f"tables/{table}", rows, size, columns=json.dumps(columns))


def _load_table(table: str, columns: str, content: IO[bytes], found: Summary) -> None:
    if table not in tables():
        raise Unusable(f"This release has no table {table}. Restore it with the release it is of.")
    with connection.cursor() as cursor:
        known = {column.name for column in _columns(cursor, table)}
        named = [str(name) for name in json.loads(columns)]
        if set(named) - known:
            raise Unusable(f"{table} has columns that this release does not know.")
        statement = sql.SQL("COPY {} ({}) FROM STDIN").format(
            sql.Identifier(table), sql.SQL(", ").join(map(sql.Identifier, named))
        )
        with cursor.copy(statement) as copy:
            chunks = iter(lambda: content.read(CHUNK), b"")
            _, found.digests[table] = _copy(chunks, copy.write)
        found.rows[table] = cursor.rowcount


def _compare(end: dict[str, Any], found: Summary) -> None:
    told = (end.get("rows"), end.get("digests"), end.get("files"))
    if told != (found.rows, found.digests, found.files):
        raise Unusable("The backup does not hold what its end says; nothing was restored.")


def _store(name: str, content: IO[bytes]) -> None:
    if not default_storage.exists(name):
        default_storage.save(name, File(content))


def _set_sequences() -> None:
    with connection.cursor() as cursor:
        for table in tables():
            for column in _columns(cursor, table):
                cursor.execute("SELECT pg_get_serial_sequence(%s, %s)", [f'"{table}"', column.name])
                if sequence := cursor.fetchone()[0]:
                    highest = sql.SQL("SELECT setval(%s, coalesce(max({}), 0) + 1, false) FROM {}")
                    cursor.execute(
                        highest.format(sql.Identifier(column.name), sql.Identifier(table)),
                        [sequence],
                    )


def _columns(cursor: Any, table: str) -> list[Any]:
    return connection.introspection.get_table_description(cursor, table)


def _copy(chunks: Any, write: Callable[[bytes], object]) -> tuple[int, str]:
    size, digest = 0, hashlib.sha256()
    for chunk in chunks:
        write(chunk)
        digest.update(chunk)
        size += len(chunk)
    return size, digest.hexdigest()


def _add(tar: tarfile.TarFile, name: str, content: bytes) -> None:
    _add_file(tar, name, io.BytesIO(content), len(content))


def _add_file(
    tar: tarfile.TarFile, name: str, content: IO[bytes], size: int, **headers: str
) -> None:
    member = tarfile.TarInfo(name)
    member.size, member.mode, member.pax_headers = size, 0o600, headers
    content.seek(0)
    tar.addfile(member, content)
