"""Downloads from addresses that strangers chose: public machines only, bounded in size and time."""

from .addresses import is_public
from .errors import (
    DownloadError,
    Failed,
    Forbidden,
    Gone,
    TooLarge,
    TooSlow,
    Unresolvable,
)
from .fetching import Downloaded, download

__all__ = [
    "DownloadError",
    "Downloaded",
    "Failed",
    "Forbidden",
    "Gone",
    "TooLarge",
    "TooSlow",
    "Unresolvable",
    "download",
    "is_public",
]
