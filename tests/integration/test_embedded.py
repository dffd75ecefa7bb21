"""The embedded servers, in folders that are awkward."""

from __future__ import annotations

import contextlib
import os
import signal
import stat
import subprocess
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
import pytest
from kombu import Connection

from sendblue_inbox import embedded
from sendblue_inbox.lifeline import lifeline

if TYPE_CHECKING:
    from collections.abc import Iterator

SECONDS = 30


@contextlib.contextmanager
def running(*servers: embedded.Server) -> Iterator[list[subprocess.Popen[bytes]]]:
    processes = [
        server.popen(output=subprocess.DEVNULL, preexec_fn=lifeline(server.stop_signal))
        for server in servers
    ]
    try:
        deadline = time.monotonic() + SECONDS
        while not all(server.is_ready() for server in servers):
            assert time.monotonic() < deadline, "not ready"
            time.sleep(0.02)
        yield processes
    finally:
        for server, process in zip(servers, processes, strict=True):
            process.send_signal(server.stop_signal)
            process.wait(SECONDS)


@pytest.fixture
def folder() -> Iterator[Path]:
    # Not tmp_path: its own depth would decide between socket and port.
    with tempfile.TemporaryDirectory(prefix="inbox-") as name:
        yield Path(name)


def ask(url: str, sql: str) -> str:
    with psycopg.connect(url, connect_timeout=5) as connection:
        row = connection.execute(sql.encode()).fetchone()
    assert row
    return row[0]


@pytest.mark.parametrize("depth", ["short", "a long path " + "x" * 100])
def test_both_answer_with_a_password_only(folder: Path, depth: str) -> None:
    data_dir = folder / depth
    url, broker = embedded.database_url(data_dir), embedded.broker_url(data_dir)
    assert ("127.0.0.1" in url) == ("127.0.0.1" in broker) == (depth != "short")
    with running(embedded.postgres(data_dir), embedded.valkey(data_dir)):
        assert ask(url, "SELECT lower('ÄÖ')") == "äö"  # folds beyond ASCII
        assert ask(url, "SHOW fsync") == ask(url, "SHOW synchronous_commit") == "on"
        assert ask(url, "SELECT string_agg(rolname, ',') FROM pg_roles WHERE rolsuper") == "inbox"
        password = (data_dir / "secrets" / "postgres_password").read_text()
        with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
            ask(url.replace(password, "guess"), "SELECT 1")
        with Connection(broker) as connection:
            redis = connection.default_channel.client
            assert redis.config_get("maxmemory-policy")["maxmemory-policy"] == "noeviction"
            assert redis.config_get("save")["save"] == ""
    for name in ("postgres", "valkey"):
        status = (data_dir / name).stat()
        assert stat.S_IMODE(status.st_mode) == 0o700
        assert status.st_uid != 0  # also when root runs this


def test_addresses_change_nothing_and_stay_the_same(folder: Path) -> None:
    first = embedded.database_url(folder), embedded.broker_url(folder)
    assert first == (embedded.database_url(folder), embedded.broker_url(folder))
    assert {path.name for path in folder.iterdir()} == {"secrets"}


def test_a_killed_server_keeps_what_it_committed(folder: Path) -> None:
    url = embedded.database_url(folder)
    with running(embedded.postgres(folder)) as (process,):
        with psycopg.connect(url) as connection:
            connection.execute("CREATE TABLE kept (n int)")
            connection.execute("INSERT INTO kept VALUES (7)")
        os.kill(process.pid, signal.SIGKILL)
        process.wait(SECONDS)
        assert not embedded.postgres(folder).is_ready()
    with running(embedded.postgres(folder)):
        assert ask(url, "SELECT n FROM kept") == 7


def test_data_of_another_major_version_is_refused_in_words(folder: Path) -> None:
    embedded.postgres(folder)
    (folder / "postgres" / "data" / "PG_VERSION").write_text("17\n")
    with pytest.raises(embedded.EmbeddedError, match="made by PostgreSQL 17"):
        embedded.postgres(folder)
