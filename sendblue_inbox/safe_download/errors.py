"""Why a download did not happen, and whether it is worth another try."""

from __future__ import annotations


class DownloadError(Exception):
    """What kept a file from being downloaded. Its text names no address that a stranger chose."""

    is_final = False


class Forbidden(DownloadError):
    """The address is none that we may ask: its scheme, port, host or machine."""

    is_final = True


class TooLarge(DownloadError):
    """The file has more bytes than may be taken."""

    is_final = True


class Gone(DownloadError):
    """404 or 410: there is no such file, or no longer."""

    is_final = True


class Unresolvable(DownloadError):
    """The host's name leads nowhere, at least now."""


class TooSlow(DownloadError):
    """The whole of it did not come in the time that it may take."""


class Failed(DownloadError):
    """Another status, a broken connection, a certificate that does not fit, a cut answer."""
