"""The one class that the rest of the project calls Sendblue through."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings

from .operations.accounts import AccountOperations
from .operations.contacts import ContactOperations
from .operations.gestures import GestureOperations
from .operations.groups import GroupOperations
from .operations.lines import LineOperations
from .operations.locations import LocationOperations
from .operations.media import MediaOperations
from .operations.messages import MessageOperations
from .operations.streams import StreamOperations
from .operations.totp import TotpOperations
from .operations.verification import VerificationOperations
from .operations.webhooks import WebhookOperations
from .transport import Transport

if TYPE_CHECKING:
    from .transport import Limits


class Client(
    MessageOperations,
    GroupOperations,
    GestureOperations,
    MediaOperations,
    ContactOperations,
    WebhookOperations,
    LineOperations,
    TotpOperations,
    LocationOperations,
    StreamOperations,
    VerificationOperations,
    AccountOperations,
):
    """Every operation of one Sendblue account, named and parametrised in Sendblue's words.

    Methods return frozen payloads and raise the exceptions of `errors`. Reads are repeated
    inside one time limit, writes never are. A client may be shared by threads.
    """

    def __init__(
        self, *, base_url: str, key_id: str, secret_key: str, limits: Limits | None = None
    ) -> None:
        """Raises ValueError for a base URL that is no plain http(s) address."""
        super().__init__(
            Transport(base_url=base_url, key_id=key_id, secret_key=secret_key, limits=limits)
        )


def client_from_settings(limits: Limits | None = None) -> Client:
    """A client for the account that the settings name."""
    return Client(
        base_url=settings.SENDBLUE_API_BASE_URL,
        key_id=settings.SENDBLUE_API_KEY_ID,
        secret_key=settings.SENDBLUE_API_SECRET_KEY,
        limits=limits,
    )
