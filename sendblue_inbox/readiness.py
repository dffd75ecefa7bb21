"""What `/ready` asks. Each app adds its own questions in its `AppConfig.ready`."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from kombu import Connection

if TYPE_CHECKING:
    from collections.abc import Callable

logger = logging.getLogger(__name__)

BROKER_SECONDS = 1.0


@dataclass(frozen=True)
class Finding:
    """The answer to one question; `detail` is for the operator and holds nothing secret."""

    ok: bool
    detail: str


_checks: dict[str, Callable[[], Finding]] = {}


def register(name: str, check: Callable[[], Finding]) -> None:
    """Ask this as well. A check that raises counts as not ok."""
    _checks[name] = check


def findings() -> dict[str, Finding]:
    """The answer of every check, by its name."""
    return {name: _ask(name, check) for name, check in _checks.items()}


def _ask(name: str, check: Callable[[], Finding]) -> Finding:
    try:
        return check()
    except Exception as error:
        logger.warning("readiness check failed", extra={"check": name}, exc_info=True)
        return Finding(ok=False, detail=type(error).__name__)


def _database() -> Finding:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return Finding(ok=True, detail="answers")


def _migrations() -> Finding:
    executor = MigrationExecutor(connection)
    missing = len(executor.migration_plan(executor.loader.graph.leaf_nodes()))
    if missing:
        return Finding(ok=False, detail=f"{missing} to run: manage.py prepare")
    return Finding(ok=True, detail="all run")


def _broker() -> Finding:
    with Connection(settings.CELERY_BROKER_URL, connect_timeout=BROKER_SECONDS) as broker:
        broker.ensure_connection(max_retries=1, interval_start=0, timeout=BROKER_SECONDS)
    return Finding(ok=True, detail="answers")


register("database", _database)
register("migrations", _migrations)
register("broker", _broker)
