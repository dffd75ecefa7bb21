"""Faults on request: which call is hit next, and how its answer is spoiled (promise R2)."""

from __future__ import annotations

import fnmatch
import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

# Mode to whether the operation is performed before the answer is spoiled.
MODES = {
    "refuse": False,  # the port is closed for delay_s (2 s): connections are refused
    "reset_before": False,
    "reset_after": True,
    "timeout_after": True,
    "error_before": False,
    "error_after": True,
    "truncated": True,
    "html_200": True,
    "empty_200": True,
    "no_handle": True,
    "redirect": False,
    "slow": True,
    "answer": False,  # the given status, body and headers
}


@dataclass(slots=True)
class Fault:
    """One fault waiting for its call; times is None when only the rate decides."""

    mode: str
    method: str | None = None
    path: str | None = None
    times: int | None = 1
    rate: float | None = None
    delay_s: float | None = None
    status: int | None = None
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    accepts: bool = False

    def hits(self, method: str, path: str) -> bool:
        """Whether this call is the one; a rated fault leaves it to chance."""
        if self.method and self.method.upper() != method:
            return False
        if self.path and not fnmatch.fnmatchcase(path, self.path):
            return False
        return self.rate is None or random.random() < self.rate  # no secret here

    def as_dict(self) -> dict[str, Any]:
        """The fault as the control door lists it."""
        return {name: getattr(self, name) for name in self.__slots__}


class Faults:
    """The faults that wait, in the order in which they were asked for."""

    def __init__(self) -> None:
        self.waiting: list[Fault] = []

    def add(self, wish: Mapping[str, Any]) -> Fault:
        """Let calls fail from now on; ValueError for an unknown mode or field.

        The path may hold wildcards (*). Without "times" one call is hit, or, with a "rate",
        each call by chance. "accepted" overrules whether the operation is performed.
        """
        if isinstance(wish.get("mode"), dict):  # the answer itself, in place of a mode's name
            wish = {**wish, **wish["mode"], "mode": "answer"}
        if isinstance(wish.get("mode"), Mapping):  # the answer itself stands in place of a mode
            wish = {**wish, "mode": "answer", **wish["mode"]}
        known = {"method", "path", "mode", "times", "rate", "delay_s", "status", "body", "headers"}
        if unknown := set(wish) - known - {"accepted"}:
            raise ValueError(f"unknown fault field {sorted(unknown)[0]!r}")
        mode = wish.get("mode") or ("answer" if wish.get("status") else "")
        if mode not in MODES:
            raise ValueError(f"unknown fault mode {mode!r}; known: {', '.join(MODES)}")
        rate = wish.get("rate")
        fault = Fault(
            mode=mode,
            method=wish.get("method"),
            path=wish.get("path"),
            times=wish.get("times", 1 if rate is None else None),
            rate=rate,
            delay_s=wish.get("delay_s"),
            status=wish.get("status"),
            body=wish.get("body"),
            headers={str(name): str(value) for name, value in (wish.get("headers") or {}).items()},
            accepts=bool(wish.get("accepted", MODES[mode])),
        )
        if mode != "refuse":  # that one begins at once and ends by time
            self.waiting.append(fault)
        return fault

    def take(self, method: str, path: str) -> Fault | None:
        """The fault for this call, used up by one."""
        for fault in self.waiting:
            if fault.hits(method, path):
                if fault.times is not None:
                    fault.times -= 1
                    if fault.times <= 0:
                        self.waiting.remove(fault)
                return fault
        return None

    def clear(self) -> None:
        """Let everything work again."""
        self.waiting.clear()
