"""Named places at which a test may kill the process, to prove that nothing is lost there.

In ordinary life `reached` compares one string. With CRASH_AT=name in the environment the process
ends at that place as if it had been killed, once: the file CRASH_ONCE remembers it.
"""

from __future__ import annotations

import os
from pathlib import Path


def reached(point: str) -> None:
    """End the process at once (status 137, no clean-up) where a test asked for this point."""
    if point != os.environ.get("CRASH_AT"):
        return
    try:
        Path(os.environ["CRASH_ONCE"]).touch(exist_ok=False)
    except FileExistsError:
        return
    os._exit(137)
