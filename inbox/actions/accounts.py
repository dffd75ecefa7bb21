"""What holds for the whole account: may anything be sent, do the keys work."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from django.db import transaction

from inbox.models import Account
from sendblue_inbox import live
from sendblue_inbox.clock import now
from sendblue_inbox.ring import ring

if TYPE_CHECKING:
    from sendblue_inbox.sendblue.errors import SendblueError

logger = logging.getLogger(__name__)


def account() -> Account:
    """The one row about the account."""
    found, _ = Account.objects.get_or_create(pk=1)
    return found


def is_sending_paused() -> bool:
    """Whether nothing may leave until a person lets it."""
    return Account.objects.filter(sending_paused_at__isnull=False).exists()


def pause_sending(reason: str, error: SendblueError | None = None) -> None:
    """Stop all sends; what is queued stays queued. Every page says so."""
    account()
    with transaction.atomic():
        paused = Account.objects.filter(pk=1, sending_paused_at__isnull=True).update(
            sending_paused_at=now(), sending_paused_reason=reason
        )
        if paused:
            logger.error("sending is paused", extra={"reason": reason, "error": str(error or "")})
            live.notify("account")


def resume_sending() -> None:
    """Let the queue go on."""
    with transaction.atomic():
        Account.objects.filter(pk=1).update(sending_paused_at=None, sending_paused_reason="")
        live.notify("account")
        ring("sending")
