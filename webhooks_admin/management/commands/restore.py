"""`manage.py restore FILE`: put a backup back, with sending paused."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError

from sendblue_inbox.archive import Unusable
from webhooks_admin.backups import InUse, database, restore

if TYPE_CHECKING:
    from django.core.management.base import CommandParser


class Command(BaseCommand):
    """Nothing of the backup is sent a second time: a person lets sending go on."""

    help = "Restore a backup into this inbox, which must not be running; sending stays paused."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, help="a file that `backup` wrote")
        parser.add_argument(
            "--replace", action="store_true", help="also where this inbox holds conversations"
        )

    def handle(self, *args: Any, file: Path, replace: bool, **options: Any) -> None:
        """Raises CommandError with one sentence that says what to do."""
        if not file.is_file():
            raise CommandError(f"There is no file {file}.")
        try:
            with database():
                found = restore(file, replace=replace)
        except (InUse, Unusable) as error:
            raise CommandError(str(error)) from error
        except DatabaseError as error:
            why = str(error).partition("\n")[0]  # what comes after it holds rows
            raise CommandError(f"The database refuses: {why}. Nothing was restored.") from error
        self.stdout.write(
            f"{sum(found.rows.values()):,} rows and {found.files:,} files are back, as of"
            f" {found.made_at}. Start the inbox: sending is paused until you let it go on."
        )
