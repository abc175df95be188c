"""Shares and quantiles of what histograms count."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass

from plait.server.tally import BOUNDS

_LOWER = (0.0, *BOUNDS)
_WIDTHS = tuple(upper - lower for lower, upper in zip(_LOWER, BOUNDS, strict=False))
_LEAST = 0.02
NOTHING = (0.0,) * len(_LOWER)


@dataclass(frozen=True, slots=True)
class Times:
    """A histogram's counts.

    Within a bucket they are interpolated, as by Prometheus' `histogram_quantile`, but not evenly: that has 49 ms and 51 ms differ
    by a whole bucket, since where all took 49 ms it says 49, and where all took 51 ms it says 98. Here values lie as far up in
    their buckets as they do on the average of all buckets, which the sum tells: at the rank r of a bucket, from 0 to 1, they have
    come r ** bend of its way. Where they are spread evenly, that is Prometheus' value.

    Args:
        buckets: How many took as long as each bound at most; the last counts all.
        seconds: Their seconds together.
    """

    buckets: Sequence[float] = NOTHING
    seconds: float = 0.0

    @property
    def count(self) -> float:
        """How many there are."""
        return self.buckets[-1]

    @property
    def mean(self) -> float:
        """Their mean; there must be some."""
        return self.seconds / self.count

    def quantile(self, share: float) -> float:
        """The seconds that so many took at most; of what takes longer than the last bound, that bound. There must be some."""
        rank = share * self.count
        place = bisect_left(self.buckets, rank)
        if place >= len(BOUNDS):
            return BOUNDS[-1]
        below, here = self._bucket(place)
        way: float = ((rank - below) / here if here else 0.0) ** self._bend()
        return _LOWER[place] + _WIDTHS[place] * way

    def longer(self, seconds: float) -> float:
        """How many took longer, the inverse of `quantile`; beyond the last bound, as many as took longer than that."""
        place = bisect_left(BOUNDS, seconds)
        if place >= len(BOUNDS):
            return self.count - self.buckets[-2]
        below, here = self._bucket(place)
        rank: float = ((seconds - _LOWER[place]) / _WIDTHS[place]) ** (1 / self._bend())
        return self.count - below - here * rank

    def _bucket(self, place: int) -> tuple[float, float]:
        """How many are below a bucket, and how many in it."""
        below = self.buckets[place - 1] if place else 0.0
        return below, self.buckets[place] - below

    def _bend(self) -> float:
        """The power by which values rise within a bucket, so that on the average they are where the sum says."""
        counts = [self._bucket(place)[1] for place in range(len(_LOWER))]
        least = sum(count * lower for count, lower in zip(counts, _LOWER, strict=True))
        room = sum(count * width for count, width in zip(counts, _WIDTHS, strict=False))
        way = (self.seconds - least) / room if room else 0.5
        return 1 / min(max(way, _LEAST), 1 - _LEAST) - 1
