"""Django's description of this app."""

from django.apps import AppConfig


class ContactsConfig(AppConfig):
    """See docs/architecture.md for what lives here."""

    name = "contacts"
    verbose_name = "Contacts"
