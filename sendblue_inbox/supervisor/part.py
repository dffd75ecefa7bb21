"""One supervised process: its log, its pid file, when it may start again."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import time
from dataclasses import dataclass, field
from typing import IO, TYPE_CHECKING, Any, Protocol

from sendblue_inbox.lifeline import lifeline

from .leftovers import identity
from .log_file import LogFile

if TYPE_CHECKING:
    from pathlib import Path

FIRST_DELAY = 0.1
LONGEST_DELAY = 10.0
STEADY_SECONDS = 30  # who lived so long starts again at once


class Program(Protocol):
    """What a part runs: an embedded server or a command of ours."""

    @property
    def name(self) -> str: ...
    @property
    def stop_signal(self) -> signal.Signals: ...
    def popen(self, *, output: IO[bytes] | int, **options: Any) -> subprocess.Popen[bytes]:
        """Start it with both outputs going to one place."""


@dataclass(frozen=True)
class Command:
    """A command of ours, run in the folder of the project."""

    name: str
    argv: list[str]
    cwd: Path
    env: dict[str, str]
    pass_fds: tuple[int, ...] = ()
    stop_signal: signal.Signals = signal.SIGTERM

    def popen(self, *, output: IO[bytes] | int, **options: Any) -> subprocess.Popen[bytes]:
        """Start it with both outputs going to one place."""
        return subprocess.Popen(
            self.argv,
            cwd=self.cwd,
            env=self.env,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            pass_fds=self.pass_fds,
            **options,
        )


@dataclass
class Part:
    """A program that is kept running. All times are of the monotonic clock."""

    program: Program
    data_dir: Path
    patience: float  # seconds from the stop signal to SIGKILL
    process: subprocess.Popen[bytes] | None = None
    start_at: float = 0.0
    delay: float = FIRST_DELAY
    starts: int = 0
    log: LogFile = field(init=False)

    def __post_init__(self) -> None:
        self.log = LogFile(self.data_dir / "logs" / f"{self.name}.log")
        self.pid_file = self.data_dir / "run" / f"{self.name}.pid"

    @property
    def name(self) -> str:
        """How people call it."""
        return self.program.name

    def start(self) -> None:
        """Start the program in a session of its own, so that Ctrl-C reaches only us."""
        self.process = self.program.popen(
            output=subprocess.PIPE,
            start_new_session=True,
            preexec_fn=lifeline(self.program.stop_signal),
        )
        assert self.process.stdout
        os.set_blocking(self.process.stdout.fileno(), False)
        self.start_at = time.monotonic()
        self.starts += 1
        self.pid_file.parent.mkdir(mode=0o700, exist_ok=True)
        self.pid_file.write_text(identity(self.process.pid) or "", encoding="ascii")

    def ended(self) -> int | None:
        """The exit code of a program that has ended since it was started, else None."""
        return self.process.poll() if self.process else None

    def bury(self) -> None:
        """Forget the ended process, end its own children, and set the time of the next start."""
        assert self.process
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.process.pid, signal.SIGKILL)
        if self.process.stdout:
            self.process.stdout.close()
        self.process = None
        self.pid_file.unlink(missing_ok=True)
        now = time.monotonic()
        if now - self.start_at > STEADY_SECONDS:
            self.delay = FIRST_DELAY
        self.start_at = now + self.delay
        self.delay = min(self.delay * 2, LONGEST_DELAY)

    def ask_to_stop(self) -> None:
        """Send the signal that the program ends cleanly on."""
        if self.process:
            self.process.send_signal(self.program.stop_signal)

    def kill(self) -> None:
        """End the program and its children at once."""
        if self.process:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self.process.pid, signal.SIGKILL)
