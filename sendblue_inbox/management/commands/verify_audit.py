"""`manage.py verify_audit`: is every entry of the audit log as it was written?"""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from sendblue_inbox.auditing import tampering
from sendblue_inbox.models import AuditHead


class Command(BaseCommand):
    """Exit code 1 where an entry was changed, removed or moved."""

    help = "Verify the chain of the audit log."

    def handle(self, *args: Any, **options: Any) -> None:
        """Raises CommandError that says how many findings there are."""
        found = 0
        for found, sentence in enumerate(tampering(), start=1):  # noqa: B007  # counted
            self.stderr.write(sentence)
        if found:
            raise CommandError(f"The audit log was tampered with: {found} findings.")
        head = AuditHead.objects.filter(pk=1).first()
        count, digest = (head.count, head.digest) if head else (0, "")
        self.stdout.write(f"{count:,} entries, all as written. Last digest: {digest or 'none'}")
