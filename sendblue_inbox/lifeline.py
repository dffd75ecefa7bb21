"""Children that do not outlive their parent, however it ended."""

from __future__ import annotations

import ctypes
import os
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import signal
    from collections.abc import Callable

PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None) if sys.platform == "linux" else None


def lifeline(signal_number: signal.Signals) -> Callable[[], None]:
    """A `preexec_fn` that has the kernel signal the child when the thread that starts it is gone.

    Only Linux can: elsewhere the next start finds the orphans by their pid files.
    """
    parent = os.getpid()

    def attach() -> None:
        if _libc is None:
            return
        _libc.prctl(PR_SET_PDEATHSIG, int(signal_number))
        if os.getppid() != parent:  # it ended before we asked
            os._exit(1)

    return attach
