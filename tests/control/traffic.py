"""Traffic of a graph as its counts, drawn by seed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from plait.control.judge import Counted, judge
from plait.control.quantiles import Times
from plait.server.tally import BOUNDS
from plait.spec.control import RollbackSpec

Chance = np.random.Generator
Draw = Callable[[Chance, int], "np.ndarray[tuple[int], np.dtype[np.float64]]"]
RATE, WITHIN = 50, 60


def spread(middle: float, width: float = 0.5) -> Draw:
    """Times around a middle, as most services have them: their logarithm is normal."""
    return lambda chance, count: middle * np.exp(width * chance.standard_normal(count))


def even(seconds: float) -> Draw:
    """Times that hardly vary."""
    return lambda chance, count: seconds * (1 + 0.02 * np.abs(chance.standard_normal(count)))


def two(fast: float, slow: float, share: float) -> Draw:
    """A share of requests is slow."""
    return lambda chance, count: np.where(chance.random(count) < share, slow, fast) * (1 + 0.02 * chance.random(count))


@dataclass(frozen=True)
class Quality:
    """How a graph answers."""

    times: Draw
    errors: float = 0.01

    def counted(self, chance: Chance, count: int) -> Counted:
        """So many requests."""
        seconds = self.times(chance, count)
        buckets = np.cumsum(np.bincount(np.searchsorted(BOUNDS, seconds), minlength=len(BOUNDS) + 1))
        return Counted(float(chance.binomial(count, self.errors)), Times(tuple(buckets.tolist()), float(seconds.sum())))


def plus(one: Counted, other: Counted) -> Counted:
    """Both together."""
    buckets = tuple(a + b for a, b in zip(one.times.buckets, other.times.buckets, strict=True))
    return Counted(one.failed + other.failed, Times(buckets, one.times.seconds + other.times.seconds))


def taken_back(before: Quality, since: Quality, chance: Chance, spec: RollbackSpec, graphs: int = 1) -> int | None:
    """The second after a change in which it is found to be worse, looking every second; none if it is not."""
    old = {f"g{place}": before.counted(chance, RATE * WITHIN) for place in range(graphs)}
    new = dict.fromkeys(old, Counted())
    for second in range(1, WITHIN + 1):
        new = {name: plus(known, since.counted(chance, RATE)) for name, known in new.items()}
        if judge(old, new, spec, over=False).state == "worse":
            return second
    return None
