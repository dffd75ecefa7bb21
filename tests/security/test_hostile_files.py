"""Whatever a stranger sends can be kept afterwards, and no decoder takes the machine."""

from __future__ import annotations

import re
import tempfile
import time
from typing import IO, TYPE_CHECKING

import pytest

from inbox.media import pictures
from inbox.media.names import content_disposition, safe_name
from inbox.media.safe_copy import make_safe
from inbox.media.sniffing import INLINE, OTHER, TEXT, sniff

from .hostile import corpus

if TYPE_CHECKING:
    from pathlib import Path

# Which of the hostile files may come out as a picture: written anew, so all else in them is gone.
HONEST_INSIDE = {
    *("gifar.gif", "jar.jpg", "html.gif", "html.jpg", "html.png", "php.jpg", "pdf.jpg"),
    *("icc.jpg", "exif.jpg", "exif-long.jpg", "segments.jpg", "frames.gif", "chunks.png"),
    *("frames-large.gif", "lies.jpg"),
}
MOST_KB = 300_000_000 // 1024
RUNS = (b"<script", b"<svg", b"<html", b"<?php", b"JavaScript", b"PK\x03\x04", b"%PDF")


@pytest.fixture
def peaks(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The memory of every child that lived to tell, in kB."""
    seen: list[int] = []
    read = pictures._read_report

    def watched(written: bytes, code: int) -> dict[str, object]:
        told = read(written, code)
        assert code < 0 or told["peak_kb"] > 0
        seen.append(told.get("peak_kb", 0))
        return told

    monkeypatch.setattr(pictures, "_read_report", watched)
    return seen


def as_file(data: bytes) -> IO[bytes]:
    file = tempfile.TemporaryFile()  # noqa: SIM115
    file.write(data)
    file.seek(0)
    return file


def test_the_corpus_is_large_enough() -> None:
    assert len(corpus()) >= 60


@pytest.mark.parametrize("name", corpus())
def test_a_hostile_file_is_kept_without_its_teeth(name: str, peaks: list[int]) -> None:
    started = time.monotonic()
    with as_file(corpus()[name]) as source, make_safe(source, name=name) as copy:
        copy.content.seek(0)
        kept = copy.content.read()
        assert time.monotonic() - started < pictures.SECONDS
        if copy.content_type.startswith("image/"):
            assert name in HONEST_INSIDE
            assert not any(word in kept for word in RUNS)
            assert copy.width and copy.height and copy.preview
            copy.preview.seek(0)
            assert 0 < len(copy.preview.read()) <= 40_000
        else:
            assert kept == corpus()[name]  # nothing is lost
            assert name not in HONEST_INSIDE
        assert copy.content_type not in {"image/svg+xml", "text/html", "application/xml"}
        assert re.fullmatch(r"[^.]+\.[a-z0-9]{1,8}", copy.name)
        assert copy.name.rpartition(".")[2] not in {"svg", "html", "exe", "hta", "js", "sh", "lnk"}
    assert all(peak <= MOST_KB for peak in peaks), peaks


@pytest.mark.parametrize(
    "name",
    ["picture.png", "photo.jpg", "bom.txt", "utf16.txt", "page.mhtml", "page.mht", "feed.xml"],
)
def test_pages_are_nothing_but_bytes(name: str) -> None:
    assert sniff(corpus()[name][:8192]) == OTHER


NAMES = {
    "../../etc/passwd": "passwd.txt",
    "..\\..\\boot.ini": "boot_ini.txt",
    "C:\\Users\\a\\notes.txt": "notes.txt",
    "notes.txt\x00.exe": "notes_txt _exe.txt",
    "a\r\nSet-Cookie: x=1\r\n\r\n<script>": "a Set-Cookie_ x_1 _script.txt",
    "photo\u202egpj.exe": "photo gpj_exe.txt",
    "photo.jpg.txt": "photo_jpg.txt",
    "notes.txt.txt": "notes.txt",
    "CON.txt": "_CON.txt",
    "nul": "_nul.txt",
    "COM1.log": "_COM1.log",
    ".htaccess": "htaccess.txt",
    "....": "Text.txt",
    "   ": "Text.txt",
    "": "Text.txt",
    "\u200b\u2066\u2069": "Text.txt",
    'say "hi"; filename=evil.exe': "say _hi__ filename_evil_exe.txt",
    "%2e%2e%2fpasswd": "2e_2e_2fpasswd.txt",
    "日本語.txt": "日本語.txt",
    "e\u0301tude.txt": "étude.txt",
    "-rf.txt": "-rf.txt",
    "$(reboot).txt": "(reboot).txt",
    "a" * 500 + ".txt": "a" * 76 + ".txt",
}


@pytest.mark.parametrize("raw", NAMES)
def test_names_are_one_plain_piece_with_a_true_ending(raw: str) -> None:
    name = safe_name(raw, TEXT)
    assert name == NAMES[raw]
    header = content_disposition(name, inline=False)
    assert header.isascii()
    assert re.fullmatch(
        r'attachment; filename="[A-Za-z0-9 ._()+,@-]+"(; filename\*=UTF-8\'\'[A-Za-z0-9%._~-]+)?',
        header,
    )


def test_only_what_browsers_show_harmlessly_is_inline() -> None:
    assert not INLINE & {"image/svg+xml", "text/html", "text/plain", "application/pdf"}
    assert len(INLINE) == 9


def test_a_child_that_hangs_is_ended(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    script = tmp_path / "sanitise.py"
    script.write_text("import time\ntime.sleep(60)")
    monkeypatch.setattr(pictures, "_CHILD", str(script))
    with pytest.raises(pictures.Unreadable, match="too much time"):
        sanitise_nothing(seconds=0.3)


def test_a_child_can_open_nothing_and_knows_nothing(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Run the real child with a decoder that turns against us."""
    monkeypatch.setenv("SECRET_CANARY", "canary")
    source = (pictures.Path(pictures._CHILD)).read_text()
    turned = source.replace(
        "def sanitise(source: Any, picture_format: str, picture: Any, thumbnail: Any)"
        " -> dict[str, Any]:",
        TURNED,
    )
    assert turned != source
    script = tmp_path / "sanitise.py"
    script.write_text(turned)
    monkeypatch.setattr(pictures, "_CHILD", str(script))
    with pytest.raises(pictures.Unreadable) as caught:
        sanitise_nothing(seconds=10)
    assert str(caught.value) == "socket:24 file:24 process:24 canary:False memory:MemoryError"


def sanitise_nothing(seconds: float) -> None:
    with as_file(b"") as a, as_file(b"") as b, as_file(b"") as c:
        pictures.sanitise(a, JPEG_KIND, picture=b, thumbnail=c, seconds=seconds)


JPEG_KIND = sniff(b"\xff\xd8\xff\xe0")
TURNED = """
import socket, subprocess

def sanitise(*_):
    told = []
    for name, attempt in {
        "socket": lambda: socket.socket(),
        "file": lambda: open("/etc/passwd"),
        "process": lambda: subprocess.Popen(["/bin/true"], stdin=subprocess.PIPE),
    }.items():
        try:
            attempt()
            told.append(f"{name}:open")
        except OSError as error:
            told.append(f"{name}:{error.errno}")
    told.append(f"canary:{'SECRET_CANARY' in os.environ}")
    try:
        bytearray(400_000_000)
    except MemoryError as error:
        told.append(f"memory:{type(error).__name__}")
    return {"error": " ".join(told)}

def honest(source: Any, picture_format: str, picture: Any, thumbnail: Any) -> dict[str, Any]:
"""
