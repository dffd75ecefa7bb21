"""What a benchmark found, and how it is told: gates first, then the figures beside them."""

from __future__ import annotations

import json
import os
import platform
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from .stats import Estimate

RESULTS = Path(__file__).parent / "results"


@dataclass(frozen=True)
class Gate:
    """A bar for an estimate. It fails only when the *whole* interval is past the bar."""

    name: str
    measured: Estimate
    bar: float
    side: Literal["at least", "at most"]
    unit: str = "×"

    @property
    def verdict(self) -> str:
        """`pass`, `FAIL`, or `unsure` where the bar lies inside the interval, on the wrong side."""
        if self.side == "at least":
            good, bad = self.measured.value >= self.bar, self.measured.high < self.bar
        else:
            good, bad = self.measured.value <= self.bar, self.measured.low > self.bar
        return "pass" if good else "FAIL" if bad else "unsure"


@dataclass
class Result:
    """One benchmark: its gates, and named figures (with their units in the name)."""

    title: str
    gates: list[Gate] = field(default_factory=list)
    figures: dict[str, float] = field(default_factory=dict)
    note: str = ""


def write(results: list[Result], *, quick: bool) -> str:
    """Keep the results as JSON and Markdown under `bench/results`; returns the Markdown."""
    RESULTS.mkdir(exist_ok=True)
    at = datetime.now(UTC)
    text = as_markdown(results, at, quick=quick)
    name = f"{at:%Y-%m-%dT%H%M%SZ}"
    found = [asdict(result) for result in results]
    for result, plain in zip(results, found, strict=True):
        for gate, plain_gate in zip(result.gates, plain["gates"], strict=True):
            plain_gate["verdict"] = gate.verdict
    kept = {"at": at.isoformat(), "quick": quick, "machine": machine(), "results": found}
    (RESULTS / f"{name}.json").write_text(json.dumps(kept, indent=1) + "\n", encoding="utf-8")
    (RESULTS / f"{name}.md").write_text(text, encoding="utf-8")
    return text


def as_markdown(results: list[Result], at: datetime, *, quick: bool) -> str:
    """All gates in one table, then each benchmark's figures."""
    lines = [
        f"# Benchmarks of {at:%d %B %Y, %H:%M} UTC{' (quick)' if quick else ''}",
        "",
        machine(),
        "",
        "| gate | measured | 95 % interval | bar | |",
        "|---|--:|--:|--:|---|",
    ]
    for gate in (gate for result in results for gate in result.gates):
        found, unit = gate.measured, gate.unit
        interval = f"{number(found.low)} – {number(found.high)}"
        bar = f"{gate.side} {number(gate.bar)}"
        lines.append(
            f"| {gate.name} | {number(found.value)} {unit} | {interval} | {bar} | {gate.verdict} |"
        )
    for result in results:
        lines += ["", f"## {result.title}", ""]
        if result.note:
            lines += [result.note, ""]
        lines += ["| figure | |", "|---|--:|"]
        lines += [f"| {name} | {number(value)} |" for name, value in result.figures.items()]
    return "\n".join(lines) + "\n"


def machine() -> str:
    """What was measured on, in a line."""
    cores, load = os.cpu_count(), os.getloadavg()[0]
    python = platform.python_version()
    return f"{platform.machine()}, {cores} cores, load {load:.1f}, Python {python}."


def number(value: float) -> str:
    """Three figures that mean something."""
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"
