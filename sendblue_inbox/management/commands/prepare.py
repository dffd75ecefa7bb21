"""`manage.py prepare`: brings database and files to the state that this release needs."""

from __future__ import annotations

import hashlib
import json
import secrets
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command
from django.core.management.base import BaseCommand
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from sendblue_inbox.roles import Role

if TYPE_CHECKING:
    from collections.abc import Iterator

    from django.core.management.base import CommandParser

LOCK = 0x5E9D_B10E  # any number that nobody else locks in this database
PASSWORD_BYTES = 12


class Command(BaseCommand):
    """Migrations, cache table, first administrator; safe to run at once on many machines."""

    help = "Migrate the database, make the first administrator, collect static files."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--static", action="store_true", help="also collect static files")
        parser.add_argument(
            "--json", action="store_true", dest="as_json", help="report as one line of JSON"
        )

    def handle(self, *, static: bool, as_json: bool, **_options: Any) -> None:
        with advisory_lock():
            is_behind = has_migrations_to_run()
            # Their chatter belongs to the log: standard output is the report.
            call_command("migrate", interactive=False, stdout=sys.stderr)
            if is_behind:
                analyze()
            call_command("createcachetable", stdout=sys.stderr)
            email, password = ensure_administrator()
        if static:
            collect_static()
        self.stdout.write(report(email, password, as_json=as_json))


def has_migrations_to_run() -> bool:
    """Whether the schema is older than the code."""
    executor = MigrationExecutor(connection)
    return bool(executor.migration_plan(executor.loader.graph.leaf_nodes()))


def analyze() -> None:
    """Let PostgreSQL look at the columns that came: without figures it plans them badly."""
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


@contextmanager
def advisory_lock() -> Iterator[None]:
    """Only one process at a time is inside, over all machines that share the database."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [LOCK])
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [LOCK])


def ensure_administrator() -> tuple[str, str]:
    """The first administrator's address, and the password if it was generated just now."""
    users = get_user_model().objects
    first = users.filter(role=Role.ADMINISTRATOR, is_active=True).order_by("pk").first()
    if first or users.exists():
        return (first.email if first else ""), ""
    password = settings.ADMIN_PASSWORD or secrets.token_urlsafe(PASSWORD_BYTES)
    user = users.create_superuser(email=settings.ADMIN_EMAIL, password=password)
    return user.email, "" if settings.ADMIN_PASSWORD else password


def collect_static() -> None:
    """Collect and compress the static files where one of them has changed since the last time."""
    stamp = settings.STATIC_ROOT / ".collected"
    digest = digest_of_sources()
    if stamp.is_file() and stamp.read_text(encoding="ascii") == digest:
        return
    call_command("collectstatic", interactive=False, clear=True, stdout=sys.stderr)
    stamp.write_text(digest, encoding="ascii")


def digest_of_sources() -> str:
    """Changes with the name, size or time of any static file."""
    digest = hashlib.sha256()
    for finder in get_finders():
        for path, storage in finder.list([]):
            size, changed = storage.size(path), storage.get_modified_time(path)
            digest.update(f"{path} {size} {changed.isoformat()}\n".encode())
    return digest.hexdigest()


def report(email: str, password: str, *, as_json: bool) -> str:
    """What has been done, for a person or for `manage.py up`."""
    if as_json:
        return json.dumps({"email": email, "password": password})
    first = f"First administrator: {email}, password {password}\n" if password else ""
    return f"{first}The database is ready."
