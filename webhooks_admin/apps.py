"""Django's description of this app."""

from django.apps import AppConfig


class WebhooksAdminConfig(AppConfig):
    """See docs/architecture.md for what lives here."""

    name = "webhooks_admin"
    verbose_name = "Webhooks"
