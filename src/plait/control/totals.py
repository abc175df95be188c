"""What all workers have counted together; it never falls, though workers come and go."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from operator import add
from threading import Lock
from typing import Any

Key = tuple[str, ...]
"""What is counted, and of what: `("parts", "setosa", "ok")`, the name first."""
Counts = dict[Key, tuple[float, ...]]
"""One number for a counter; for a histogram its cumulative buckets, then the sum of its seconds."""
_Identity = tuple[int, str]

EACH = 2
"""Processes of one worker whose counts are kept apart: the one that serves, and the one before it, which may still drain."""
MOST = 10_000
"""Names that are no longer of the configuration and whose counts are kept nonetheless, for they may come back."""


class Totals:
    """Sums the counts of workers, also of those that have gone: of these, what they had last told.

    A worker that does not answer in time counts as it last did. One process more of a worker than are kept apart, and the counts of
    that which was silent for longest go into one sum with all that are gone. Threads may share it.
    """

    def __init__(self) -> None:
        self._lock = Lock()
        self._gone: Counts = {}
        self._last: dict[int, dict[_Identity, Counts]] = {}

    def take(self, snapshots: Iterable[Mapping[str, Any]]) -> Counts:
        """Remember what workers tell, and say what all have counted.

        Args:
            snapshots: Those of the workers that answered.
        """
        with self._lock:
            for snapshot in snapshots:
                self._take(snapshot)
            found = dict(self._gone)
            for counts in (counts for known in self._last.values() for counts in known.values()):
                _sum(found, counts)
        return found

    def _take(self, snapshot: Mapping[str, Any]) -> None:
        known = self._last.setdefault(snapshot["worker"], {})
        identity = snapshot["pid"], snapshot.get("started", "")
        known.pop(identity, None)
        known[identity] = dict(_counted(snapshot))
        while len(known) > EACH:
            _sum(self._gone, known.pop(next(iter(known))))

    def keep(self, names: Collection[str], most: int = MOST) -> None:
        """Forget the gone workers' counts of names that are no more, the oldest first, where there are too many of those.

        Args:
            names: Those of the configuration.
            most: How many others may stay.
        """
        with self._lock:
            others = dict.fromkeys(key[1] for key in self._gone if len(key) > 1 and key[1] not in names)
            forgotten = set(list(others)[: max(0, len(others) - most)])
            if forgotten:
                self._gone = {key: numbers for key, numbers in self._gone.items() if len(key) == 1 or key[1] not in forgotten}


def _sum(into: Counts, counts: Counts) -> None:
    for key, numbers in counts.items():
        known = into.get(key)
        into[key] = numbers if known is None else tuple(map(add, known, numbers))


def _counted(snapshot: Mapping[str, Any]) -> Iterator[tuple[Key, tuple[float, ...]]]:
    """The counts in a worker's snapshot; one that only starts has none."""
    yield ("refused",), (snapshot.get("refused", 0),)
    for name, graph in snapshot["graphs"].items():
        yield from _statuses("requests", name, graph)
        yield ("request_seconds", name), _histogram(graph["seconds"])
        yield ("own_seconds", name), _histogram(graph["own"])
    for rule in snapshot.get("rules", ()):
        yield ("rule_matches", rule["graph"], rule["rule"], rule["outcome"]), (rule["count"],)
    jobs = snapshot.get("jobs", {})
    yield ("jobs_taken_over",), (jobs.get("taken_over", 0),)
    for graph, count in jobs.get("submitted", {}).items():
        yield ("jobs_submitted", graph), (count,)
    for graph, statuses in jobs.get("ended", {}).items():
        yield from _statuses("jobs_ended", graph, {"statuses": statuses})
    yield from _of_sinks(snapshot)
    for name, predictor in snapshot["predictors"].items():
        if "seconds" in predictor:  # else it was never called
            yield from _statuses("parts", name, predictor)
            yield ("part_seconds", name), _histogram(predictor["seconds"])


def _of_sinks(snapshot: Mapping[str, Any]) -> Iterator[tuple[Key, tuple[float, ...]]]:
    for name, sink in snapshot.get("sinks", {}).items():
        yield ("sink_seconds", name), _histogram(sink["seconds"])
        for outcome in ("promised", "retried", "dropped", "refused"):
            yield ("sink_messages", name, outcome), (sink[outcome],)


def _statuses(what: str, name: str, facts: Mapping[str, Any]) -> Iterator[tuple[Key, tuple[float, ...]]]:
    return (((what, name, status), (count,)) for status, count in facts["statuses"].items())


def _histogram(facts: Mapping[str, Any]) -> tuple[float, ...]:
    return (*facts["buckets"], facts["sum"])
