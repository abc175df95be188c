"""How sure one can be of a share that was counted, and of the difference of two."""

from __future__ import annotations

from dataclasses import dataclass
from math import log, sqrt

_HALVINGS = 40


@dataclass(frozen=True, slots=True)
class Share:
    """So many of so many."""

    count: float
    of: float

    @property
    def value(self) -> float:
        """The share itself."""
        return self.count / self.of

    def bounds(self, z: float) -> tuple[float, float]:
        """What the true share is between; that it is beyond is as unlikely as `z` standard deviations of a normal distribution.

        The likelihood-ratio interval: the shares p for which n times the Kullback-Leibler divergence of p from the counted share is
        at most z²/2. Unlike those that take counts for normal it holds far out and for small counts; with ln(1/a) in place of z²/2
        it is Chernoff's bound, which no distribution of counts passes (H. Chernoff, Annals of Mathematical Statistics 23 (1952),
        493-507).
        """
        most = z * z / 2 / self.of
        return self._far(0.0, most), self._far(1.0, most)

    def _far(self, end: float, most: float) -> float:
        """The share furthest towards an end whose divergence is at most so much."""
        near, far = self.value, end
        for _ in range(_HALVINGS):
            middle = (near + far) / 2
            near, far = (middle, far) if _divergence(self.value, middle) <= most else (near, middle)
        return far


def grew(before: Share, since: Share, margin: float, z: float) -> bool:
    """Whether a share has grown by more than a margin; if it has not, this says so as seldom as `z` standard deviations.

    The two intervals joined as if their halves were deviations: method 10 in R. G. Newcombe, "Interval estimation for the
    difference between independent proportions", Statistics in Medicine 17 (1998), 873-890, there with Wilson's intervals.
    """
    growth = since.value - before.value
    if growth <= margin:
        return False
    upper, lower = before.bounds(z)[1], since.bounds(z)[0]
    return growth - sqrt((since.value - lower) ** 2 + (upper - before.value) ** 2) > margin


def _divergence(p: float, q: float) -> float:
    """How much a share of p tells against one of q, by each that was counted."""
    return (p * log(p / q) if p else 0.0) + ((1 - p) * log((1 - p) / (1 - q)) if p < 1 else 0.0)
