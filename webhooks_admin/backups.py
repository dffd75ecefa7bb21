"""Making a backup and putting one back; both work with and without a running database server."""

from __future__ import annotations

import contextlib
import os
import subprocess
import time
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import connection, connections, transaction
from django.db.migrations.executor import MigrationExecutor

from inbox.models import Thread
from sendblue_inbox import embedded
from sendblue_inbox.archive import Summary, Unusable, read_archive, read_beginning, write_archive
from sendblue_inbox.env import envsecret
from sendblue_inbox.lifeline import lifeline
from webhooks_admin.actions.restoring import settle_restored

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

START_SECONDS = 30


class InUse(Exception):
    """The inbox runs on this database, or holds conversations; the text says what to do."""


@contextlib.contextmanager
def database() -> Iterator[None]:
    """The database answers inside; an embedded one that nobody runs is started for that time."""
    server = None if envsecret("DATABASE_URL") else embedded.postgres(settings.DATA_DIR)
    if server is None or server.is_ready():
        yield
        return
    with (settings.DATA_DIR / "postgres.log").open("ab") as log:
        attach = lifeline(server.stop_signal)
        process = server.popen(output=log, preexec_fn=attach, start_new_session=True)
    try:
        deadline = time.monotonic() + START_SECONDS
        while not server.is_ready():
            if process.poll() is not None or time.monotonic() > deadline:
                raise InUse("The database does not start. See postgres.log in the data folder.")
            time.sleep(0.05)
        yield
    finally:
        connections.close_all()
        process.send_signal(server.stop_signal)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(START_SECONDS)


def backup(path: Path) -> Summary:
    """Write everything to the path, which must not exist; the inbox may work meanwhile.

    Until it is whole it is called `….part`. Raises FileExistsError and other OSErrors.
    """
    if path.exists():
        raise FileExistsError(path)
    part = path.with_name(f"{path.name}.part")
    part.unlink(missing_ok=True)
    try:
        found = write_archive(part)
    except BaseException:
        part.unlink(missing_ok=True)
        raise
    part.rename(path)
    return found


def restore(path: Path, *, replace: bool = False) -> Summary:
    """Put a backup into this database and storage, with sending paused.

    Schema, rows and what has to be settled are one transaction: whatever goes wrong, the database
    is as it was. Raises InUse and Unusable.
    """
    beginning = read_beginning(path)
    targets = _known(beginning)
    _refuse_company()
    if not replace and _has_conversations():
        raise InUse("There are conversations in this inbox. Add --replace to lose them.")
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("DROP SCHEMA public CASCADE")
            cursor.execute("CREATE SCHEMA public")
        _migrate(targets)
        found = read_archive(path)
        with connection.cursor() as cursor:
            # What follows may alter tables, which pending checks would forbid.
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        _migrate(MigrationExecutor(connection).loader.graph.leaf_nodes())
        settle_restored(made_at=found.made_at)
    return found


def _known(beginning: Summary) -> list[tuple[str, str]]:
    """The newest migrations of the backup. Raises Unusable where this release lacks one."""
    graph = MigrationExecutor(connection).loader.graph
    applied = {(app, name) for app, name in beginning.migrations}
    if unknown := sorted(f"{app} {name}" for app, name in applied - graph.nodes.keys()):
        raise Unusable(f"This backup is of a newer release (it knows {unknown[0]}). Update first.")
    return [
        node
        for node in sorted(applied)
        if not any(child.key in applied for child in graph.node_map[node].children)
    ]


def _migrate(targets: list[tuple[str, str]]) -> None:
    executor = MigrationExecutor(connection)
    executor.migrate(targets)


def _refuse_company() -> None:
    ours = _name_ourselves()
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity"
            " WHERE datname = current_database() AND backend_type = 'client backend'"
            " AND application_name <> %s",
            [ours],
        )
        others = cursor.fetchone()[0]
    if others:
        raise InUse(f"{others} other programs use this database. Stop the inbox first.")


def _name_ourselves() -> str:
    """What all connections of this process are called from now on: the pool has several."""
    name = f"restore {os.getpid()}"
    connection.close()
    connection.close_pool()  # type: ignore[attr-defined]
    connection.settings_dict["OPTIONS"]["application_name"] = name
    return name


def _has_conversations() -> bool:
    if Thread._meta.db_table not in connection.introspection.table_names():
        return False
    return Thread.objects.exists()
