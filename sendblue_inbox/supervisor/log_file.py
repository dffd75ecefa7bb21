"""A log file that stays small, and the few lines of it that a person should see at once."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

MAX_BYTES = 5_000_000
LOUD = {"WARNING", "ERROR", "CRITICAL"}


class LogFile:
    """Appends to a file; at 5 MB it becomes `.1`, and the `.1` before is gone."""

    def __init__(self, path: Path) -> None:
        self.path = path
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._open()
        self._tail = b""

    def write(self, chunk: bytes) -> list[bytes]:
        """Append the bytes; returns the lines that are complete now."""
        self._file.write(chunk)
        if self._file.tell() > MAX_BYTES:
            self._file.close()
            self.path.rename(self.path.with_suffix(".log.1"))
            self._open()
        *lines, self._tail = (self._tail + chunk).split(b"\n")
        self._tail = self._tail[-MAX_BYTES:]
        return lines

    def last_lines(self, count: int) -> str:
        """The end of the file, for a person who asks why."""
        with self.path.open("rb") as file:
            file.seek(max(0, self._file.tell() - 4000))
            return "\n".join(file.read().decode(errors="replace").splitlines()[-count:])

    def _open(self) -> None:
        self.path.touch(mode=0o600)
        self._file = self.path.open("ab", buffering=0)


def loud_line(line: bytes) -> str | None:
    """A warning or error of ours as one line of text; None for everything else."""
    if not line.startswith(b"{"):
        return None
    try:
        entry = json.loads(line)
    except ValueError:
        return None
    if entry.get("level") not in LOUD:
        return None
    first, _, _ = str(entry.get("message", "")).partition("\n")
    return f"{entry['level'].lower()}: {first}"
