"""Lines, threads and the messages in them."""

from .account import Account
from .line import Line
from .message import Message, SendState
from .sync import SyncState
from .thread import Participant, Reader, Thread

__all__ = [
    "Account",
    "Line",
    "Message",
    "Participant",
    "Reader",
    "SendState",
    "SyncState",
    "Thread",
]
