"""Files that are no lists of people, or hardly: each is imported right, or refused with a sentence.

Refused in under two seconds, and within 150 MB above idle, by the processor's time and the memory
of a process of its own.
"""

from __future__ import annotations

import io
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from contacts.actions.import_turns import drain_importing
from contacts.actions.importing import accept_file, start_check, start_save
from contacts.models import Contact, ContactImport, ImportRow
from tests.factories import make_agent
from tests.unit.contacts.test_csv import HOSTILE

if TYPE_CHECKING:
    from contacts.models import ContactImport as Run

pytestmark = pytest.mark.django_db(transaction=True)
ROOT = Path(__file__).resolve().parents[2]
State = ContactImport.State
MOST_SECONDS, MOST_MB = 2, 150
ANNA = "+14155550123"
# A file, and the names of those who come of it; None where nobody can.
FILES: dict[str, tuple[bytes, list[str] | None]] = {
    **{name: (content, None) for name, content in HOSTILE.items()},
    "header only": (b"Phone,First name\r\n", None),
    "zip renamed": (b"PK\x03\x04\x14\x00" + os.urandom(5_000), None),
    "utf-16": (f"Phone;First name\r\n{ANNA};Zoë\r\n".encode("utf-16"), ["Zoë"]),
    "utf-8 with a mark": (f"Phone,First name\n{ANNA},Zoë\n".encode("utf-8-sig"), ["Zoë"]),
    "windows": (f"Phone|First name\r\n{ANNA}|José\r\n".encode("cp1252"), ["José"]),
    "mixed ends": (
        f"Phone,First name\r{ANNA},Anna\n+14155550124,Ben\r\n".encode(),
        ["Anna", "Ben"],
    ),
    "lines in a cell": (f'Phone,First name\n{ANNA},"An\r\nna"\n'.encode(), ["An\r\nna"]),
    "formulas": (f"Phone,First name\n{ANNA},=1+1\n+14155550124,'=2\n".encode(), ["=1+1", "=2"]),
    "no number at all": (b"First name,Last name\nAnna,Berg\n", []),
    "a NUL": (
        f"Phone,First name\n{ANNA},A\x00\n".encode() + b"+14155550124,Ben\n" * 9,
        ["Ben"],
    ),
    "a long cell": (
        f"Phone,First name\n{ANNA},{'x' * 200_000}\n+14155550124,Ben\n".encode(),
        ["Ben"],
    ),
    "later no text": (b"Phone,First name\n" + b"+14155550123,Ann\n" * 60_000 + b"\x81\x8d", None),
    "later a long line": (
        f"Phone,First name\n{ANNA},Ann\n".encode() * 9_000 + b"x" * 1_100_000,
        None,
    ),
}


@pytest.fixture(autouse=True)
def storage(settings: Any, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path


@pytest.mark.parametrize("name", FILES)
def test_a_file_is_imported_right_or_refused_with_a_sentence(name: str) -> None:
    content, people = FILES[name]
    started = time.process_time()
    run = accept_file(io.BytesIO(content), name=f"{name}.csv", author=make_agent())
    if run.state == State.UPLOADED and "number" in {one["target"] for one in run.columns}:
        start_check(run)
        drain_importing()
        run.refresh_from_db()
    seconds = time.process_time() - started
    if people is None:
        assert run.state == State.REFUSED and run.error.endswith(".")
        assert seconds < MOST_SECONDS
        assert not ImportRow.objects.exists() and not Contact.objects.exists()
        return
    if people:
        assert saved(run).state == State.DONE
    assert list(Contact.objects.order_by("number").values_list("first_name", flat=True)) == people
    assert all(ImportRow.objects.filter(verdict="refused").values_list("reason", flat=True))


def saved(run: Run) -> Run:
    start_save(run)
    drain_importing()
    run.refresh_from_db()
    return run


# A sparse file of a gigabyte: one field, which no memory may hold.
GIGABYTE = """
import os, sys, time
from contacts.csv import Unusable, detect
from contacts.csv.reading import records

def memory(name):
    lines = open("/proc/self/status").read().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(name)) / 1024

with open(sys.argv[1], "w+b") as file:
    file.write(b"Phone,First name\\n+14155550123," + b"x" * 2_000_000)
    file.truncate(1_000_000_000)
    idle, started = memory("VmRSS"), time.process_time()
    try:
        for record in records(file, detect(file)):
            pass
    except Unusable as refusal:
        print(memory("VmHWM") - idle, time.process_time() - started, refusal)
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")
def test_a_gigabyte_in_one_field_is_refused_within_little_memory(tmp_path: Path) -> None:
    argv = [sys.executable, "-c", GIGABYTE, str(tmp_path / "huge.csv")]
    done = subprocess.run(argv, cwd=ROOT, capture_output=True, text=True, check=True)
    memory, seconds, words = done.stdout.split(maxsplit=2)
    assert float(memory) < MOST_MB and float(seconds) < MOST_SECONDS
    assert "no list of people" in words


def test_a_file_that_is_too_large_is_refused_unread(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("contacts.actions.importing.MOST_BYTES", 10)
    run = accept_file(io.BytesIO(b"Phone\n+14155550123\n"), name="p.csv", author=make_agent())
    assert (run.state, run.stored_as, run.size) == (State.REFUSED, "", 19)
    assert "Split it" in run.error
