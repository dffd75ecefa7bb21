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

CHECK_KEYS = "Check SENDBLUE_API_KEY_ID and SENDBLUE_API_SECRET_KEY."
KEYS_REFUSED = f"Sendblue refuses the API keys. {CHECK_KEYS}"
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


def note_refused_keys(error: SendblueError) -> None:
    """A read was refused: stop all sends until a read works again."""
    pause_sending(KEYS_REFUSED, error)
    Account.objects.filter(pk=1).update(keys_refused=CHECK_KEYS, keys_checked_at=now())


def note_working_keys() -> None:
    """A read went through. Lets sending go on if refused reads were why it stopped."""
    account()
    Account.objects.filter(pk=1).update(keys_refused="", keys_checked_at=now())
    if Account.objects.filter(pk=1, sending_paused_reason=KEYS_REFUSED).exists():
        resume_sending()
