"""Pictures made safe: decoded and written anew by a child process that has nothing to lose."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .sniffing import Kind

SECONDS = 30
_CHILD = str(Path(__file__).with_name("sanitise.py"))
_FORMATS = {
    "image/jpeg": "JPEG",
    "image/png": "PNG",
    "image/gif": "GIF",
    "image/webp": "WEBP",
    "image/heic": "HEIF",
    "image/tiff": "TIFF",
    "image/bmp": "BMP",
}
# More threads' heaps would only count against its memory.
_ENVIRONMENT = {"MALLOC_ARENA_MAX": "1", "LC_ALL": "C.UTF-8"}
_MOST_REPORT = 4096


@dataclass(frozen=True, slots=True)
class Picture:
    """What was written: pixels, media type, frames."""

    width: int
    height: int
    mime: str
    frames: int


class Unreadable(Exception):
    """The file cannot be shown as a picture; the text is for people."""


def sanitise(
    source: IO[bytes],
    kind: Kind,
    *,
    picture: IO[bytes],
    thumbnail: IO[bytes],
    seconds: float = SECONDS,
) -> Picture:
    """Decode `source` and write it anew, upright and without what its camera knew.

    All three are files with a descriptor. `picture` gets a JPEG, PNG, WEBP or GIF, at most 4096
    pixels a side; `thumbnail` a WEBP of at most 40 kB. Raises Unreadable for whatever is no
    picture, is too large, or took the child too long.
    """
    source.seek(0)
    for written in (picture, thumbnail):
        written.flush()
    with tempfile.TemporaryFile() as report:
        child = subprocess.Popen(
            [
                *(sys.executable, "-I", _CHILD, _FORMATS[kind.mime]),
                *(str(picture.fileno()), str(thumbnail.fileno())),
            ],
            stdin=source.fileno(),
            stdout=report,
            stderr=subprocess.DEVNULL,
            pass_fds=(picture.fileno(), thumbnail.fileno()),
            env=_ENVIRONMENT,
            cwd="/",
        )
        _wait(child, seconds)
        report.seek(0)
        told = _read_report(report.read(_MOST_REPORT), child.returncode)
    if "error" in told:
        raise Unreadable(str(told["error"])[:100])
    for written in (picture, thumbnail):
        written.seek(0)
    width, height = int(told["width"]), int(told["height"])
    return Picture(width, height, str(told["mime"]), int(told["frames"]))


def _wait(child: subprocess.Popen[bytes], seconds: float) -> None:
    """Wait for the end, or bring it about."""
    try:
        child.wait(seconds)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()


def _read_report(written: bytes, code: int) -> dict[str, Any]:
    """What the child told; a child that was killed or broken tells nothing."""
    try:
        told = json.loads(written)
    except ValueError:
        told = None
    if code == 0 and isinstance(told, dict):
        return told
    return {"error": "took too much time or memory" if code < 0 else "cannot be read"}
