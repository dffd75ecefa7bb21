"""Keeps parts running: passes their output on, starts again what ended, stops all in order."""

from __future__ import annotations

import re
import selectors
import signal
import socket
import sys
import time
from typing import TYPE_CHECKING

from .log_file import loud_line
from .part import Part

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from .part import Program

STARTS_AT_FIRST = 4  # so often a part may fail before it has ever answered
SLOW_STOP_SECONDS = 3.0
QUIET_SECONDS = 60.0


class StopRequested(Exception):
    """A person or the system asked us to stop while we were waiting for something."""


class StartFailed(Exception):
    """A part does not come up; the text says which, and where its log is."""


class Supervisor:
    """The parts of one installation, in the order in which they were started."""

    def __init__(self, data_dir: Path) -> None:
        self.data_dir = data_dir
        self.parts: list[Part] = []
        self.stop_requests = 0
        self._said: dict[str, float] = {}
        self._selector = selectors.DefaultSelector()
        self._wake, sender = socket.socketpair()
        for end in (self._wake, sender):
            end.setblocking(False)
        self._sender = sender
        self._selector.register(self._wake, selectors.EVENT_READ)

    def listen_to_signals(self) -> None:
        """Turn SIGINT, SIGTERM and SIGHUP into an orderly stop; a child's end wakes us at once."""
        signal.set_wakeup_fd(self._sender.fileno(), warn_on_full_buffer=False)
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._request_stop)
        signal.signal(signal.SIGCHLD, lambda *_: None)

    def add(self, program: Program, *, patience: float) -> Part:
        """Start a program and keep it running."""
        part = Part(program, self.data_dir, patience)
        self.parts.append(part)
        self._start(part)
        return part

    def wait_for(self, ready: Callable[[], bool], part: Part, seconds: float) -> None:
        """Keep everything running until the part is ready.

        Raises StartFailed when it ends again and again or is not ready in that time, StopRequested
        when somebody asks us to stop.
        """
        deadline = time.monotonic() + seconds
        while not ready():
            self.turn(0.05)
            if self.stop_requests:
                raise StopRequested
            if part.starts >= STARTS_AT_FIRST or time.monotonic() > deadline:
                raise StartFailed(
                    f"{part.name} does not start. The end of {part.log.path}:\n"
                    + part.log.last_lines(12)
                )

    def run(self) -> None:
        """Keep everything running until somebody asks us to stop."""
        while not self.stop_requests:
            self.turn(10.0)

    def turn(self, seconds: float) -> None:
        """Wait at most that long for something to do, and do it."""
        now = time.monotonic()
        waiting = [part.start_at - now for part in self.parts if not part.process]
        for key, _ in self._selector.select(max(0.0, min([seconds, *waiting]))):
            if key.data:
                self._read(key.data)
            else:
                self._wake.recv(4096)
        for part in self.parts:
            code = part.ended()
            if code is not None:
                self._bury(part)
                if not self.stop_requests:
                    say(f"{part.name} ended ({describe(code)}); starting it again")
            if not part.process and not self.stop_requests and time.monotonic() >= part.start_at:
                self._start(part)

    def stop(self, order: list[str]) -> None:
        """End the parts in that order, each within its patience; a second request ends them now."""
        self.stop_requests = max(1, self.stop_requests)
        for name in order:
            for part in [part for part in self.parts if part.name == name and part.process]:
                part.ask_to_stop()
            self._wait_for_end([part for part in self.parts if part.name == name])

    def _wait_for_end(self, parts: list[Part]) -> None:
        asked = time.monotonic()
        told = False
        while living := [part for part in parts if part.process]:
            self.turn(0.1)
            passed = time.monotonic() - asked
            for part in living:
                impatient = self.stop_requests > 1 and part.name != "postgres"
                if passed > part.patience or impatient:
                    part.kill()
                elif passed > SLOW_STOP_SECONDS and not told:
                    told = True
                    say(f"{part.name} is finishing its work; Ctrl-C again ends it now")

    def _start(self, part: Part) -> None:
        part.start()
        assert part.process and part.process.stdout
        self._selector.register(part.process.stdout, selectors.EVENT_READ, part)

    def _bury(self, part: Part) -> None:
        assert part.process and part.process.stdout
        self._read(part)
        if part.process.stdout in self._selector.get_map():
            self._selector.unregister(part.process.stdout)
        part.bury()

    def _read(self, part: Part) -> None:
        """Take what the part has written so far to its log, and what is loud to the terminal."""
        assert part.process and part.process.stdout
        while chunk := part.process.stdout.read(65536):
            for line in part.log.write(chunk):
                if text := loud_line(line):
                    self._say_once(f"{part.name} {text}")
        if chunk == b"" and part.process.stdout in self._selector.get_map():
            self._selector.unregister(part.process.stdout)  # it closed its output

    def _say_once(self, text: str) -> None:
        """Say it unless the same, but for ids and figures, was said within a minute."""
        now = time.monotonic()
        key = re.sub(r"\[[^]]*\]|\d+", "", text)[:80]
        if now - self._said.get(key, -QUIET_SECONDS) >= QUIET_SECONDS:
            self._said[key] = now
            say(text)

    def _request_stop(self, *_: object) -> None:
        self.stop_requests += 1


def say(text: str) -> None:
    """One line for the person at the terminal, who may be gone."""
    try:
        print(text, file=sys.stderr, flush=True)
    except OSError:
        return


def describe(code: int) -> str:
    """An exit code in words: `exit code 1`, `SIGKILL`."""
    return signal.Signals(-code).name if code < 0 else f"exit code {code}"
