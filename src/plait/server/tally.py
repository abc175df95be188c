"""What a worker counts of requests and parts, from one generation to the next."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from typing import Any

from plait.counts import BOUNDS as BOUNDS  # noqa: PLC0414 - they belong to what is told here
from plait.counts import LOT, Histogram, JobCounts, PartCounts, SinkCounts
from plait.events import Part

MOST = 10_000
"""Names of which counts are kept."""


class GraphCounts:
    """Requests of one graph: by status, by their seconds, and by those that were not spent waiting for predictors."""

    __slots__ = ("_came", "_own", "_owns", "_seconds", "_statuses", "_tooks")

    def __init__(self) -> None:
        self._came: list[int] = []
        self._tooks: list[float] = []
        self._owns: list[float] = []
        self._statuses: Counter[int] = Counter()
        self._seconds = Histogram()
        self._own = Histogram()

    def saw(self, status: int, seconds: float, parts: Sequence[Part]) -> None:
        """One more was answered.

        Args:
            status: Of the answer.
            seconds: From its arrival on.
            parts: In the order in which they ended.
        """
        came = self._came
        came.append(status)
        self._tooks.append(seconds)
        # From the seconds, those are taken in which a call was under way: what remains is plait's own.
        since = 1e300
        for part in reversed(parts):
            took, ended = part.seconds, part.ended
            began = ended - took
            if began < since and took > 0:  # a kept answer took no time, and has that of another run
                seconds -= (ended if ended < since else since) - began  # noqa: FURB136 - a call of min() costs three times as much
                since = began
        self._owns.append(seconds)
        if len(came) >= LOT:
            self.settle()

    def settle(self) -> None:
        """Count what was only appended."""
        self._statuses.update(self._came)
        self._came.clear()
        self._seconds.take(self._tooks)
        self._own.take(self._owns)

    def facts(self) -> dict[str, Any]:
        """What was counted, as JSON."""
        self.settle()
        statuses = {str(status): count for status, count in self._statuses.items()}
        return {"statuses": statuses, "seconds": self._seconds.facts(), "own": self._own.facts()}


class Tally:
    """All that one worker counts; entries of graphs and predictors that are no more are kept, for counts never fall."""

    def __init__(self) -> None:
        self.graphs: dict[str, GraphCounts] = {}
        self.predictors: dict[str, PartCounts] = {}
        self.sinks: dict[str, SinkCounts] = {}
        self.rules: Counter[tuple[str, str, str]] = Counter()
        self.jobs = JobCounts()

    def graph(self, name: str) -> GraphCounts:
        """Those of a graph."""
        return self.graphs.setdefault(name, GraphCounts())

    def predictor(self, name: str) -> PartCounts:
        """Those of a predictor."""
        return self.predictors.setdefault(name, PartCounts())

    def rule(self, graph: str, rule: str, outcome: str) -> None:
        """A rule of a graph has matched, or could not be evaluated: with what outcome."""
        self.rules[graph, rule, outcome] += 1

    def keep(self, graphs: Collection[str], predictors: Collection[str], sinks: Collection[str] = (), most: int = MOST) -> None:
        """Forget what was counted of names that are no more, where there are too many of those."""
        entries: tuple[tuple[dict[str, Any], set[str]], ...] = (
            (self.graphs, set(graphs)),
            (self.predictors, set(predictors)),
            (self.sinks, set(sinks)),
        )
        for kept, names in entries:
            gone = [name for name in kept if name not in names]
            for name in gone[: max(0, len(kept) - most)]:
                del kept[name]
        others = [key for key in self.rules if key[0] not in graphs]
        for key in others[: max(0, len(self.rules) - most)]:
            del self.rules[key]
        self.jobs.keep(graphs, most)

    def sink(self, name: str) -> SinkCounts:
        """Those of a sink."""
        return self.sinks.setdefault(name, SinkCounts())
