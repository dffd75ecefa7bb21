"""`manage.py backup FILE`: database and stored files in one file, while the inbox works."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError

from webhooks_admin.backups import InUse, backup, database

if TYPE_CHECKING:
    from django.core.management.base import CommandParser


class Command(BaseCommand):
    """One snapshot of all rows, and every stored file."""

    help = "Write database and media into one file; the inbox may run meanwhile."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, help="where to; must not exist")

    def handle(self, *args: Any, file: Path, **options: Any) -> None:
        """Raises CommandError with one sentence that says what to do."""
        try:
            with database():
                found = backup(file)
        except FileExistsError as error:
            raise CommandError(f"{file} exists already. Choose another name.") from error
        except OSError as error:
            raise CommandError(f"{file} cannot be written: {error.strerror}.") from error
        except InUse as error:
            raise CommandError(str(error)) from error
        except DatabaseError as error:
            raise CommandError("The database cannot be reached. Check DATABASE_URL.") from error
        self.stdout.write(
            f"{sum(found.rows.values()):,} rows and {found.files:,} files in {file}"
            f" ({file.stat().st_size / 1e6:,.1f} MB). Keys and secrets are not in it: keep"
            " your .env, and secret_key and webhook_secret of the data folder, apart from it."
        )
