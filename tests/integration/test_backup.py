"""A backup holds everything, and putting it back sends nothing old again."""

from __future__ import annotations

import os
import subprocess
import sys
import tarfile
import uuid
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from psycopg.conninfo import make_conninfo

from inbox.actions.queueing import queue_message
from inbox.models import Message, SendState, Thread
from sendblue_inbox.archive import Unusable, read_archive, tables
from sendblue_inbox.auditing import audit
from tests.conftest import ROOT
from tests.factories import make_agent, make_contact, receive

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.django_db(transaction=True)
CHANGED_BY_RESTORING = {
    *("inbox_account", "inbox_message", "inbox_thread", "inbox_fact", "inbox_syncstate"),
    *("sendblue_inbox_auditentry", "sendblue_inbox_audithead", "contacts_contact"),
}


@pytest.fixture
def elsewhere(tmp_path: Path) -> Iterator[dict[str, str]]:
    """The environment of another installation, whose database is empty."""
    name = f"restored_{os.getpid()}"
    with psycopg.connect(settings.DATABASE_URL, autocommit=True) as admin:
        admin.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        admin.execute(f'CREATE DATABASE "{name}" TEMPLATE template0')
        yield os.environ | {
            "DATABASE_URL": make_conninfo(settings.DATABASE_URL, dbname=name),
            "DJANGO_SETTINGS_MODULE": "sendblue_inbox.settings",
            "DATA_DIR": str(tmp_path / "elsewhere"),
        }
        admin.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


def restore(environ: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    argv = [sys.executable, "manage.py", "restore", *arguments]
    return subprocess.run(argv, cwd=ROOT, env=environ, capture_output=True, text=True)


def rows(database_url: str, table: str) -> list[Any]:
    with psycopg.connect(database_url) as there:
        found = there.execute(f"SELECT row_to_json(t)::text FROM {table} t").fetchall()
    return sorted(found)


def test_all_rows_and_files_come_back_and_nothing_is_sent(
    elsewhere: dict[str, str], tmp_path: Path
) -> None:
    agent = make_agent()
    make_contact(first_name="Zoë\t\\N", tags=['a "b", c'], custom_variables={"é": "\n"})
    for n in range(5):
        receive(content=f"Hello {n}", message_handle=f"h{n}")
    thread = Thread.objects.get()
    for content in ("queued", "under way"):
        queue_message(thread, author=agent, content=content, client_ref=uuid.uuid4())
    Message.objects.filter(content="under way").update(send_state=SendState.SENDING)
    audit("test", actor=agent)
    name = default_storage.save("ab/cd", ContentFile(os.urandom(3_000_000)))
    file = tmp_path / "inbox.backup"
    call_command("backup", str(file))
    assert file.stat().st_mode & 0o777 == 0o600

    done = restore(elsewhere, str(file))
    assert done.returncode == 0, done.stderr
    here = make_conninfo(settings.DATABASE_URL, dbname=connection.settings_dict["NAME"])
    there = elsewhere["DATABASE_URL"]
    for table in tables():
        if table not in CHANGED_BY_RESTORING:
            assert rows(there, table) == rows(here, table), table
    assert len(rows(there, "inbox_message")) == Message.objects.count()
    with psycopg.connect(there) as database:
        states = database.execute(
            "SELECT content, send_state FROM inbox_message WHERE send_state <> '' ORDER BY 1"
        ).fetchall()
        paused = database.execute("SELECT sending_paused_at FROM inbox_account").fetchone()
        trouble = database.execute("SELECT trouble_count FROM inbox_thread").fetchone()
        fresh = database.execute("SELECT nextval('inbox_message_id_seq')").fetchone()
    assert states == [("queued", "unknown"), ("under way", "unknown")]
    assert (paused != (None,), trouble) == (True, (2,))
    assert fresh and fresh[0] > Message.objects.latest("pk").pk
    stored = tmp_path / "elsewhere" / "media" / name
    with default_storage.open(name) as kept:
        assert stored.read_bytes() == kept.read()
    default_storage.delete(name)

    again = restore(elsewhere, str(file))
    assert again.returncode == 1
    assert "--replace" in again.stderr


def test_a_damaged_backup_restores_nothing(tmp_path: Path) -> None:
    receive(content="Hello")
    file, odd = tmp_path / "inbox.backup", tmp_path / "odd.backup"
    call_command("backup", str(file))
    with pytest.raises(CommandError, match="exists already"):
        call_command("backup", str(file))
    whole = file.read_bytes()
    odd.write_bytes(whole[: len(whole) * 2 // 3])
    _refused(odd, "damaged")
    odd.write_bytes(b"PK\x03\x04 something else")
    _refused(odd, "no backup")
    with tarfile.open(file, "r:gz") as tar, tarfile.open(odd, "w:gz") as cut:
        for member in tar.getmembers()[:-1]:
            cut.addfile(member, tar.extractfile(member))
    _refused(odd, "end of the backup is missing")
    with tarfile.open(file, "r:gz") as tar, tarfile.open(odd, "w:gz") as other:
        for member in tar.getmembers():
            if member.name != "tables/inbox_message":
                other.addfile(member, tar.extractfile(member))
    _refused(odd, "what its end says")


def _refused(file: Path, words: str) -> None:
    with pytest.raises(Unusable, match=words), transaction.atomic():
        read_archive(file)
    assert Message.objects.get().content == "Hello"
