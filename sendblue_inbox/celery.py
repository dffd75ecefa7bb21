"""The doorbell's other end: queues, limits and the beat that rings for what a bell missed.

Rows are the queue of record. A task carries no argument and no result, may be lost, and may run
twice; so nothing here tries to make the broker reliable.
"""

from __future__ import annotations

import gc
import os
from typing import Any

from celery import Celery, signals
from celery.beat import Scheduler
from kombu import Queue

from sendblue_inbox.ring import KINDS

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "sendblue_inbox.settings")

SWEEP_SECONDS = 5
EXPIRES_SECONDS = 30
QUEUES = ("default", "sending", "media", "bulk")

app = Celery("sendblue_inbox")
app.conf.update(
    task_serializer="json",
    accept_content=["json"],
    task_ignore_result=True,
    task_default_queue="default",
    task_queues=[Queue(name) for name in QUEUES],
    task_create_missing_queues=False,
    task_routes={f"drain.{kind}": {"queue": queue} for kind, queue in KINDS.items()},
    # A drain is idempotent and owns rows by lease, so a second delivery is harmless.
    task_acks_late=True,
    task_reject_on_worker_lost=False,
    worker_prefetch_multiplier=1,
    # One POST to Sendblue may take 48 s; a hard kill in it makes an unknown send.
    task_soft_time_limit=70,
    task_time_limit=80,
    worker_soft_shutdown_timeout=85,
    worker_max_tasks_per_child=500,
    worker_max_memory_per_child=200_000,  # kB
    worker_enable_remote_control=False,
    worker_send_task_events=False,
    worker_hijack_root_logger=False,
    task_publish_retry=False,
    broker_connection_retry_on_startup=True,
    broker_connection_max_retries=None,
    broker_transport_options={"socket_timeout": 1, "socket_connect_timeout": 1},
    beat_schedule={
        f"sweep-{kind}": {
            "task": f"drain.{kind}",
            "schedule": SWEEP_SECONDS,
            "options": {"expires": EXPIRES_SECONDS},
        }
        for kind in KINDS
    },
    beat_scheduler="sendblue_inbox.celery:ForgetfulScheduler",
    beat_max_loop_interval=SWEEP_SECONDS,
    timezone="UTC",
)
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


class ForgetfulScheduler(Scheduler):
    """A beat without a file: all it does is ring every few seconds, so it has nothing to keep.

    Periods that matter are due times in rows; any number of beats is harmless.
    """

    def setup_schedule(self) -> None:
        """Take the entries from the configuration."""
        self.merge_inplace(self.app.conf.beat_schedule)


@signals.worker_init.connect
def share_memory_with_children(**_: Any) -> None:
    """Keep the garbage collector from touching, and so copying, what forked children share."""
    gc.collect()
    gc.freeze()


@signals.setup_logging.connect
def keep_django_logging(**_: Any) -> None:
    """Stop Celery from putting its own logging over Django's: connecting is enough."""
