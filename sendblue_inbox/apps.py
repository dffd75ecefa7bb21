"""The project's own app: users, readiness, the checks of the configuration."""

from __future__ import annotations

from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules

# Importing the Celery app makes it the current one in every process that has loaded Django;
# importing the checks registers them.
from sendblue_inbox import celery, checks  # noqa: F401


class SendblueInboxConfig(AppConfig):
    """Registers the system checks of this installation, and what each app adds to `/ready`."""

    name = "sendblue_inbox"
    verbose_name = "Sendblue Inbox"

    def ready(self) -> None:
        """Import the `readiness` module of every app."""
        autodiscover_modules("readiness")
