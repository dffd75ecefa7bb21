"""`manage.py up`: everything that an installation on one machine needs, from one command."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core.management.base import BaseCommand

from sendblue_inbox.env import envsecret
from sendblue_inbox.supervisor.plan import Plan

if TYPE_CHECKING:
    from django.core.management.base import CommandParser

# What must not reach the demo from an installation whose .env it shares.
NOT_IN_DEMO = (
    *("DATABASE_URL", "CELERY_BROKER_URL", "SECRET_KEY", "SENDBLUE_WEBHOOK_SECRETS"),
    *("SENDBLUE_API_KEY_ID", "SENDBLUE_API_SECRET_KEY", "ADMIN_PASSWORD"),
)


class Command(BaseCommand):
    """Decides what runs, then makes room for the supervisor, which is a tenth of our size."""

    help = "Start the inbox with all it needs: database, broker, web, worker, beat, simulator."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--demo",
            action="store_true",
            help="the simulator even where keys are configured, in a data folder of its own",
        )

    def handle(self, *, demo: bool, **_options: Any) -> None:
        os.chdir(settings.BASE_DIR)
        if demo:
            blank = {f"{name}{suffix}": "" for name in NOT_IN_DEMO for suffix in ("", "_FILE")}
            environ = os.environ | blank | {"DATA_DIR": str(settings.DATA_DIR / "demo")}
            os.execve(sys.executable, [sys.executable, "manage.py", "up"], environ)
        argv = [sys.executable, "-m", "sendblue_inbox.supervisor", decide().to_json()]
        sys.stdout.flush()
        os.execv(sys.executable, argv)


def decide() -> Plan:
    """The plan that follows from the settings."""
    simulated = not settings.SENDBLUE_API_KEY_ID
    return Plan(
        base_dir=str(settings.BASE_DIR),
        data_dir=str(settings.DATA_DIR),
        host=settings.HOST,
        port=settings.PORT,
        site_url=settings.SITE_URL,
        simulator_port=settings.SIMULATOR_PORT if simulated else None,
        run_postgres=not envsecret("DATABASE_URL"),
        run_valkey=not envsecret("CELERY_BROKER_URL"),
        web_workers=settings.WEB_WORKERS,
        worker_concurrency=settings.WORKER_CONCURRENCY,
    )
