"""Django's description of this app."""

from django.apps import AppConfig

from contacts.lines import OurLine, told_by


class InboxConfig(AppConfig):
    """See docs/architecture.md for what lives here."""

    name = "inbox"
    verbose_name = "Inbox"

    def ready(self) -> None:
        """Tell contacts which lines there are."""
        lines = self.get_model("Line")._default_manager.filter(is_ours=True)
        named = lines.order_by("name", "number").values_list("number", "name")
        told_by(lambda: [OurLine(number, name) for number, name in named.all()])
