"""`manage.py seed_demo`: fill the local database fast."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from django.core.management.base import BaseCommand, CommandError

from inbox.demo import Seeder

if TYPE_CHECKING:
    from django.core.management.base import CommandParser


class Command(BaseCommand):
    """Nothing of it exists at Sendblue: for trials and benchmarks, not for a real inbox."""

    help = "Fill the local database with made-up conversations, for trials and benchmarks."

    def add_arguments(self, parser: CommandParser) -> None:
        """How much of each."""
        parser.add_argument("--threads", type=int, default=1_000, metavar="N")
        parser.add_argument("--messages", type=int, default=20_000, metavar="M")
        parser.add_argument("--contacts", type=int, default=1_000, metavar="K")
        parser.add_argument("--seed", type=int, default=1, help="same seed, same conversations")

    def handle(
        self, *args: Any, threads: int, messages: int, contacts: int, seed: int, **options: Any
    ) -> None:
        """Raises CommandError for figures that make no inbox."""
        if min(threads, messages, contacts) < 1:
            raise CommandError("Give at least one thread, one message and one contact.")
        started = time.monotonic()
        Seeder(seed=seed).fill(threads=threads, messages=messages, contacts=contacts)
        seconds = time.monotonic() - started
        self.stdout.write(
            f"{threads:,} threads and {max(messages, threads):,} messages in {seconds:.0f} s"
        )
