"""What workers tell of themselves, made up."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from plait.control.metrics import Known
from plait.server.tally import BOUNDS

STARTED = "2026-12-01T02:00:00+00:00"


def took(*seconds: float) -> dict[str, Any]:
    """A histogram of calls or requests that took so long."""
    buckets = [sum(each <= bound for each in seconds) for bound in (*BOUNDS, float("inf"))]
    return {"buckets": buckets, "sum": sum(seconds), "count": len(seconds)}


def graph(statuses: Mapping[str, int], *seconds: float) -> dict[str, Any]:
    """What a worker tells of a graph."""
    return {"statuses": dict(statuses), "seconds": took(*seconds), "own": took(*(each / 10 for each in seconds))}


def predictor(statuses: Mapping[str, int], *seconds: float, **facts: Any) -> dict[str, Any]:
    """What a worker tells of a predictor."""
    told = {"in_flight": 0, "waiting": 0, "limit": 16, "panic": False, "replicas": []}
    return {"statuses": dict(statuses), "seconds": took(*seconds), **told, **facts}


def replica(endpoint: str, **facts: Any) -> dict[str, Any]:
    """What a worker tells of a replica."""
    return {"endpoint": endpoint, "in_flight": 0, "ejected": False, "unwell": False, "latency": 0.01, **facts}


def snapshot(worker: int = 1, pid: int = 100, **facts: Any) -> dict[str, Any]:
    """What a worker tells."""
    told = {"revision": 1, "started": STARTED, "in_flight": 0, "connections": 0, "rss": 1 << 20, "refused": 0}
    return {"worker": worker, "pid": pid, **told, "graphs": {}, "predictors": {}, **facts}


def known(**facts: Any) -> Known:
    """What the control process knows."""
    usual = {"graphs": ["predict"], "predictors": ["setosa"], "workers": [1], "desired": 1, "store_up": True}
    return Known(**{**usual, **facts})
