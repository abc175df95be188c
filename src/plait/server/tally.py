"""What a worker counts of requests and parts, from one generation to the next."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from typing import Any

from plait.events import Part

BOUNDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
"""Upper bounds of the histograms' buckets, in seconds; one more has what takes longer."""


class Histogram:
    """How many took how long; `counts` has those of each bucket by itself, `total` their seconds together."""

    __slots__ = ("counts", "total")

    def __init__(self) -> None:
        self.counts = [0] * (len(BOUNDS) + 1)
        self.total = 0.0

    def saw(self, seconds: float) -> None:
        """One more took so many seconds."""
        self.counts[bisect_left(BOUNDS, seconds)] += 1
        self.total += seconds

    def facts(self) -> dict[str, Any]:
        """As Prometheus has it: `buckets` are cumulative, the last of them counts all."""
        running = 0
        buckets = []
        for count in self.counts:
            running += count
            buckets.append(running)
        return {"buckets": buckets, "sum": self.total, "count": running}


class GraphTally:
    """Requests of one graph: by status, by their seconds, and by those that were not spent waiting for predictors."""

    __slots__ = ("own", "seconds", "statuses")

    def __init__(self) -> None:
        self.statuses: dict[int, int] = {}
        self.seconds = Histogram()
        self.own = Histogram()

    def saw(self, status: int, seconds: float, parts: Sequence[Part]) -> None:
        """One more was answered."""
        self.statuses[status] = self.statuses.get(status, 0) + 1
        self.seconds.saw(seconds)
        self.own.saw(seconds - waiting(parts))

    def facts(self) -> dict[str, Any]:
        """What was counted, as JSON."""
        statuses = {str(status): count for status, count in self.statuses.items()}
        return {"statuses": statuses, "seconds": self.seconds.facts(), "own": self.own.facts()}


class PartTally:
    """Parts of one predictor: by how they ended, and by the seconds that they took."""

    __slots__ = ("seconds", "statuses")

    def __init__(self) -> None:
        self.statuses: dict[str, int] = {}
        self.seconds = Histogram()

    def saw(self, status: str, seconds: float) -> None:
        """One more has ended."""
        self.statuses[status] = self.statuses.get(status, 0) + 1
        self.seconds.saw(seconds)

    def facts(self) -> dict[str, Any]:
        """What was counted, as JSON."""
        return {"statuses": self.statuses, "seconds": self.seconds.facts()}


class Tally:
    """All that one worker counts; entries of graphs and predictors that are no more are kept, for counts never fall."""

    def __init__(self) -> None:
        self.graphs: dict[str, GraphTally] = {}
        self.predictors: dict[str, PartTally] = {}

    def graph(self, name: str) -> GraphTally:
        """That of a graph."""
        return self.graphs.setdefault(name, GraphTally())

    def part(self, part: Part) -> None:
        """A part has ended; a subscriber of runs."""
        if not part.attempts and part.status == "ok":
            return  # a kept answer, or another's: nobody was asked
        tally = self.predictors.get(part.predictor)
        if tally is None:
            tally = self.predictors[part.predictor] = PartTally()
        tally.saw(part.status, part.seconds)

    def keep(self, graphs: Sequence[str], predictors: Sequence[str], most: int = 10_000) -> None:
        """Forget what was counted of names that are no more, where there are too many of those."""
        for kept, names in ((self.graphs, set(graphs)), (self.predictors, set(predictors))):
            gone = [name for name in kept if name not in names]
            for name in gone[: max(0, len(kept) - most)]:
                del kept[name]


def waiting(parts: Sequence[Part]) -> float:
    """The seconds in which at least one of these calls was under way.

    Args:
        parts: In the order in which they ended.
    """
    total, since = 0.0, float("inf")
    for part in reversed(parts):
        seconds, ended = part.seconds, part.ended
        began = ended - seconds
        if seconds > 0 and began < since:  # a kept answer took no time, and has that of another run
            total += (ended if ended < since else since) - began  # noqa: FURB136 - a call of min() costs three times as much
            since = began
    return total
