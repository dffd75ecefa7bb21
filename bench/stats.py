"""Medians of paired ratios and how sure they are, on a machine that is never quiet."""

from __future__ import annotations

import random
from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

RESAMPLES = 2000
CONFIDENCE = 0.95


@dataclass(frozen=True)
class Estimate:
    """A statistic and the interval in which it lies with 95 % confidence."""

    value: float
    low: float
    high: float
    rounds: int


def estimate(
    values: Sequence[float], statistic: Callable[[Sequence[float]], float] = median
) -> Estimate:
    """The statistic of the values with its percentile bootstrap interval; always the same."""
    dice = random.Random(1)
    resampled = sorted(statistic(dice.choices(values, k=len(values))) for _ in range(RESAMPLES))
    cut = int(RESAMPLES * (1 - CONFIDENCE) / 2)
    return Estimate(statistic(values), resampled[cut], resampled[-cut - 1], len(values))


def ratios(ours: Sequence[float], theirs: Sequence[float]) -> Estimate:
    """The median of the ratios of values that were measured side by side."""
    return estimate([one / other for one, other in zip(ours, theirs, strict=True)])


def percentile(share: float) -> Callable[[Sequence[float]], float]:
    """A statistic: the value that this share of the values does not pass (nearest rank)."""

    def of(values: Sequence[float]) -> float:
        return sorted(values)[max(0, round(share * len(values)) - 1)]

    return of
