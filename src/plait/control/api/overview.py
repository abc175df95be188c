"""How all is at present: what each worker runs, how graphs and predictors do."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from plait import __version__
from plait.control.plant import Snapshot
from plait.control.quantiles import Times
from plait.server.tally import BOUNDS

if TYPE_CHECKING:
    from plait.control.api.terms import Desk
    from plait.control.marks import Mark
    from plait.control.plant import WorkerState
    from plait.control.totals import Counts
    from plait.graph.spec import Config

_FAILED = 500
_PERCENTILES = (("p50", 0.5), ("p95", 0.95), ("p99", 0.99))
_OF_A_WORKER = ("started", "in_flight", "connections", "rss", "refused")
_SUMMED = ("in_flight", "waiting", "limit", "panic")


async def overview(desk: Desk) -> dict[str, Any]:
    """All of it, as JSON; put together in a thread, for of a thousand predictors it takes a while."""
    snapshots = await desk.plant.snapshot()
    ledger, known = desk.ledger, desk.known
    config, beside = ledger.config, Beside(ledger.marks, known.versions(), known.accuracy())
    elsewhere = await known.proxies() if known.proxies else []
    here = workers(desk.terms.proxy, desk.plant.workers(), snapshots)

    def counted() -> dict[str, Any]:
        counts = desk.totals.take(snapshots)
        return {"graphs": graphs(config, counts), "predictors": predictors(config, counts, snapshots, beside)}

    return {
        "version": __version__,
        "revision": ledger.active.number,
        "workers": [*here, *(worker for worker in elsewhere if worker.get("proxy") != desk.terms.proxy)],
        **await asyncio.to_thread(counted),
        "file": known.file(),
        "store": known.store(),
        "rollout": known.rollout(),
        "bounds": BOUNDS,
    }


def workers(proxy: str, states: Sequence[WorkerState], snapshots: Iterable[Snapshot]) -> list[dict[str, Any]]:
    """What each worker here runs."""
    told = {snapshot["worker"]: snapshot for snapshot in snapshots}
    return [
        state.facts(proxy) | {key: told[state.worker][key] for key in _OF_A_WORKER if key in told.get(state.worker, {})}
        for state in states
    ]


def graphs(config: Config, counts: Counts) -> dict[str, Any]:
    """How the graphs do."""
    statuses = _statuses(counts, "requests")
    return {
        name: {
            "route": config.route(name),
            "requests": sum(statuses[name].values()),
            "errors": sum(count for status, count in statuses[name].items() if int(status) >= _FAILED),
            "statuses": statuses[name],
            **_seconds(counts, "request_seconds", name),
            "own": _histogram(counts.get(("own_seconds", name))),
        }
        for name in config.graphs
    }


class Beside:
    """What is known of predictors beside the configuration and the counts.

    Args:
        marks: Which are excluded.
        versions: What their `/metadata` says.
        accuracy: What feedback found.
    """

    def __init__(
        self, marks: Mapping[str, Mark], versions: Mapping[str, Mapping[str, Any]], accuracy: Mapping[str, Mapping[str, Any]]
    ) -> None:
        self._marks = marks
        self._versions = versions
        self._accuracy = accuracy

    def facts(self, name: str, declared: str | None) -> dict[str, Any]:
        """Of one predictor."""
        mark = self._marks.get(name)
        return {
            "excluded": mark and {"author": mark.author, "reason": mark.reason, "since": mark.created.isoformat()},
            "version": self._versions.get(name) or {"declared": declared, "reported": None, "matches": None},
            "accuracy": self._accuracy.get(name),
        }


def predictors(config: Config, counts: Counts, snapshots: Sequence[Snapshot], beside: Beside) -> dict[str, Any]:
    """How the predictors do; states are those of the workers that answered, together."""
    statuses = _statuses(counts, "parts")
    return {
        name: {
            "enabled": spec.enabled,
            **beside.facts(name, spec.version),
            **_state([snapshot["predictors"][name] for snapshot in snapshots if name in snapshot["predictors"]]),
            "statuses": statuses[name],
            **_seconds(counts, "part_seconds", name),
        }
        for name, spec in config.predictors.items()
    }


def _state(told: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    replicas: dict[str, dict[str, Any]] = {}
    for replica in (replica for facts in told for replica in facts.get("replicas", ())):
        known = replicas.setdefault(
            replica["endpoint"], {"endpoint": replica["endpoint"], "in_flight": 0, "ejected": 0, "unwell": 0, "latency": None}
        )
        for key in ("in_flight", "ejected", "unwell"):
            known[key] += int(replica[key])
        known["latency"] = max((each for each in (known["latency"], replica["latency"]) if each is not None), default=None)
    sums = {key: sum(facts.get(key) or 0 for facts in told) for key in _SUMMED}
    return {**sums, "replicas": list(replicas.values())}


def _statuses(counts: Counts, what: str) -> dict[str, dict[str, int]]:
    found: dict[str, dict[str, int]] = defaultdict(dict)
    for key, (count, *_) in counts.items():
        if key[0] == what:
            found[key[1]][key[2]] = int(count)
    return found


def _seconds(counts: Counts, what: str, name: str) -> dict[str, Any]:
    numbers = counts.get((what, name))
    times = Times(numbers[:-1], numbers[-1]) if numbers else Times()
    percentiles = {key: round(times.quantile(share), 6) if times.count else None for key, share in _PERCENTILES}
    return {**percentiles, "seconds": _histogram(numbers)}


def _histogram(numbers: Sequence[float] | None) -> dict[str, Any]:
    if not numbers:
        return {"buckets": [0] * (len(BOUNDS) + 1), "sum": 0.0, "count": 0}
    *buckets, total = numbers
    return {"buckets": [int(count) for count in buckets], "sum": total, "count": int(buckets[-1])}
