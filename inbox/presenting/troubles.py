"""The messages that did not arrive, or of which nobody knows, as a list across threads."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from inbox.actions.queueing import can_send_again
from inbox.actions.touching import summary
from inbox.models import SendState

from .events import event_of
from .states import State, state_of

if TYPE_CHECKING:
    from inbox.models import Message


@dataclass(frozen=True, slots=True)
class Row:
    """One of them: what it says, what became of it, and what can be done."""

    message: Message

    @property
    def words(self) -> str:
        """What was to be sent, in short."""
        event = None if self.message.is_written else event_of(self.message)
        return event.words if event else summary(self.message)

    @property
    def state(self) -> State:
        """Why it is here."""
        return state_of(self.message)

    @property
    def is_unknown(self) -> bool:
        """Whether it may have been sent all the same."""
        return self.message.send_state == SendState.UNKNOWN

    @property
    def can_be_settled(self) -> bool:
        """Whether a person may decide; the inbox itself may still be looking."""
        return can_send_again(self.message)
