"""Lines, threads and the messages in them."""

from .account import Account
from .fact import Fact
from .gesture import Gesture
from .line import Line
from .media_file import MediaFile
from .message import TROUBLE, WRITTEN, Kind, Message, SendState
from .service_check import ServiceCheck
from .sync import SyncState
from .thread import NEW_GROUP, FormerThread, Participant, Reader, Thread

__all__ = [
    "TROUBLE",
    "NEW_GROUP",
    "WRITTEN",
    "Account",
    "Fact",
    "FormerThread",
    "Gesture",
    "Kind",
    "Line",
    "MediaFile",
    "Message",
    "Participant",
    "Reader",
    "SendState",
    "ServiceCheck",
    "SyncState",
    "Thread",
]
