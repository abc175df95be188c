"""How many took how long: counts that cost a request next to nothing, because what comes is only appended, and sorted in lots."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Collection
from typing import Any

BOUNDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
"""Upper bounds of the histograms' buckets, in seconds; one more has what takes longer."""
LOT = 256
"""How many are appended until they are sorted."""


class Histogram:
    """How many took how long; `counts` has those of each bucket by itself, `total` their seconds together."""

    __slots__ = ("counts", "total")

    def __init__(self) -> None:
        self.counts = [0] * (len(BOUNDS) + 1)
        self.total = 0.0

    def take(self, lot: list[float]) -> None:
        """So many more took so many seconds each; the lot is empty afterwards."""
        lot.sort()
        before = 0
        for place, bound in enumerate(BOUNDS):
            until = bisect_right(lot, bound)
            self.counts[place] += until - before
            before = until
        self.counts[-1] += len(lot) - before
        self.total += sum(lot)
        lot.clear()

    def facts(self) -> dict[str, Any]:
        """As Prometheus has it: `buckets` are cumulative, the last of them counts all."""
        running = 0
        buckets = []
        for count in self.counts:
            running += count
            buckets.append(running)
        return {"buckets": buckets, "sum": self.total, "count": running}


class PartCounts:
    """Parts of one predictor: by how they ended, and by the seconds that they took.

    `good` has the seconds of those that ended well since the last lot: whoever is in a hurry appends to it, and calls `settle` when
    it has become a lot.
    """

    __slots__ = ("_others", "_seconds", "_statuses", "good")

    def __init__(self) -> None:
        self.good: list[float] = []
        self._others: list[float] = []
        self._statuses: dict[str, int] = {"ok": 0}
        self._seconds = Histogram()

    def saw(self, status: str, seconds: float) -> None:
        """One more has ended."""
        if status == "ok":
            self.good.append(seconds)
        else:
            self._statuses[status] = self._statuses.get(status, 0) + 1
            self._others.append(seconds)
        if len(self.good) + len(self._others) >= LOT:
            self.settle()

    def settle(self) -> None:
        """Count what was only appended."""
        self._statuses["ok"] += len(self.good)
        self._seconds.take(self.good)
        self._seconds.take(self._others)

    def facts(self) -> dict[str, Any]:
        """What was counted, as JSON."""
        self.settle()
        return {"statuses": {key: count for key, count in self._statuses.items() if count}, "seconds": self._seconds.facts()}


class SinkCounts:
    """Messages to one sink: those that were taken, by the seconds from promise to that, and what happened to the others.

    `promised` are all that were, `retried` attempts that failed and are made again, `dropped` messages that were given up,
    `refused` those that were not even promised.
    """

    __slots__ = ("_seconds", "_tooks", "dropped", "promised", "refused", "retried")

    def __init__(self) -> None:
        self.promised = 0
        self.retried = 0
        self.dropped = 0
        self.refused = 0
        self._tooks: list[float] = []
        self._seconds = Histogram()

    def took(self, seconds: float) -> None:
        """One more was taken, so many seconds after its promise."""
        self._tooks.append(seconds)
        if len(self._tooks) >= LOT:
            self._seconds.take(self._tooks)

    def facts(self) -> dict[str, Any]:
        """What was counted, as JSON."""
        self._seconds.take(self._tooks)
        names = ("promised", "retried", "dropped", "refused")
        return {name: getattr(self, name) for name in names} | {"seconds": self._seconds.facts()}


class JobCounts:
    """Jobs of one worker: those that it took in, those whose end it wrote, and those that it took over from one that had died."""

    __slots__ = ("_ended", "_submitted", "taken_over")

    def __init__(self) -> None:
        self.taken_over = 0
        self._submitted: Counter[str] = Counter()
        self._ended: Counter[tuple[str, str]] = Counter()

    def submitted(self, graph: str) -> None:
        """One more of a graph was taken in."""
        self._submitted[graph] += 1

    def ended(self, graph: str, status: str) -> None:
        """One more of a graph has ended."""
        self._ended[graph, status] += 1

    def keep(self, graphs: Collection[str], most: int) -> None:
        """Forget what was counted of graphs that are no more, the oldest first, where there are too many."""
        gone = [name for name in self._submitted if name not in graphs]
        for name in gone[: max(0, len(self._submitted) - most)]:
            del self._submitted[name]
        others = [key for key in self._ended if key[0] not in graphs]
        for key in others[: max(0, len(self._ended) - most)]:
            del self._ended[key]

    def facts(self) -> dict[str, Any]:
        """What was counted, as JSON."""
        ended: dict[str, dict[str, int]] = {}
        for (graph, status), count in self._ended.items():
            ended.setdefault(graph, {})[status] = count
        return {"submitted": dict(self._submitted), "ended": ended, "taken_over": self.taken_over}
