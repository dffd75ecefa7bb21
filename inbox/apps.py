"""Django's description of this app."""

from django.apps import AppConfig


class InboxConfig(AppConfig):
    """See docs/architecture.md for what lives here."""

    name = "inbox"
    verbose_name = "Inbox"
