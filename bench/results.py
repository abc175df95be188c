"""What a run found, from single rounds to the figures that count."""

from __future__ import annotations

import statistics
from collections.abc import Mapping
from dataclasses import dataclass, fields

from rounds import Row
from startup import Soon


@dataclass(frozen=True, slots=True)
class Measured:
    """One peer: the median of each column, all rounds, and its memory while idle (MB)."""

    title: str
    median: Row
    idle: Mapping[str, float | None]
    rounds: list[Row]


@dataclass(frozen=True, slots=True)
class Ratio:
    """CPU per request, one peer's over another's: of the same round, and of the best round of each."""

    median: float
    low: float
    high: float
    best_to_best: float


@dataclass(frozen=True, slots=True)
class Goal:
    """A figure to reach: at most the limit, or with `at_least` no less."""

    what: str
    limit: float
    value: float
    unit: str
    at_least: bool = False

    def met(self) -> bool:
        return self.value >= self.limit if self.at_least else self.value <= self.limit


@dataclass(frozen=True, slots=True)
class Results:
    """All that a run found."""

    when: str
    settings: Mapping[str, int]
    machine: Mapping[str, str]
    peers: Mapping[str, Measured]
    soon: Soon | None

    def ratio(self, over: str, under: str) -> Ratio | None:
        """How the CPU of two peers compares, if both were measured."""
        if not {over, under} <= self.peers.keys():
            return None
        tops, bottoms = ([row.cpu_us for row in self.peers[name].rounds] for name in (over, under))
        each = [top / bottom for top, bottom in zip(tops, bottoms, strict=True)]
        return Ratio(statistics.median(each), min(each), max(each), min(tops) / min(bottoms))

    def goals(self) -> list[Goal]:
        """What plait has to reach, as far as this run tells."""
        return [*self._cpu_goals(), *self._own_goals(), *self._start_goals()]

    def _cpu_goals(self) -> list[Goal]:
        found = []
        if ratio := self.ratio("plait", "njs"):
            found.append(Goal("CPU per request, plait over nginx with njs", 1.0, ratio.median, "times"))
        if ratio := self.ratio("plain", "plait"):
            found.append(Goal("CPU per request, FastAPI with httpx over plait", 100, ratio.median, "times", at_least=True))
        return found

    def _own_goals(self) -> list[Goal]:
        if (own := self.peers.get("plait")) is None:
            return []
        added = Goal("latency added by plait on one connection, median", 0.5, own.median.added_ms, "ms")
        resident = own.idle["rss_mb"]
        return [added] if resident is None else [added, Goal("memory of an idle plait, resident", 80, resident, "MB")]

    def _start_goals(self) -> list[Goal]:
        if self.soon is None:
            return []
        return [
            Goal("plait serve, from its start to its first answer, median", 1, statistics.median(self.soon.first_answer), "s"),
            Goal("plait --help, median", 0.3, statistics.median(self.soon.help), "s"),
        ]


def measured(title: str, rows: list[Row], idle: Mapping[str, float | None]) -> Measured:
    """A peer's rounds and their medians."""
    medians = {field.name: statistics.median(getattr(row, field.name) for row in rows) for field in fields(Row)}
    return Measured(title, Row(**medians), idle, rows)
