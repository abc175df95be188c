"""What a worker tells of itself when it is asked."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from plait.server.serve import Worker
    from plait.upstream.upstream import Upstream

_PAGE = os.sysconf("SC_PAGE_SIZE")


def snapshot(worker: Worker) -> dict[str, Any]:
    """Counts and states, as JSON: what runs, who is there, each graph, each predictor.

    Counts only grow while the process lives. Seconds are histograms with the bounds of `plait.counts`.
    """
    reconciler, listener = worker.reconciler, worker.listener
    facts: dict[str, Any] = {
        "pid": os.getpid(),
        "started": worker.started,
        "rss": _resident(),
        "graphs": {},
        "predictors": {},
        "rules": [],
    }
    if listener is not None:
        facts |= {
            "connections": listener.clients,
            "in_flight": listener.admission.taken,
            "refused": listener.admission.refused.count,
        }
    if reconciler is None:
        return facts
    tally = reconciler.lasting.tally
    facts |= {"revision": reconciler.running.revision, "since": reconciler.running.since}
    facts["graphs"] = {name: each.facts() for name, each in tally.graphs.items()}
    facts["rules"] = [{"graph": graph, "rule": rule, "outcome": what, "count": n} for (graph, rule, what), n in tally.rules.items()]
    facts["jobs"] = tally.jobs.facts()
    waiting = reconciler.lasting.sinks.waiting
    facts["sinks"] = {name: each.facts() | _waiting(waiting.get(name)) for name, each in tally.sinks.items()}
    for name in {**tally.predictors, **reconciler.upstreams}:
        counted = tally.predictors.get(name)
        upstream = reconciler.upstreams.get(name)
        facts["predictors"][name] = {**(counted.facts() if counted else {}), **(_state(upstream) if upstream else {})}
    return facts


def _waiting(count: int | None) -> dict[str, Any]:
    """How many messages wait, for a sink for which they can."""
    return {} if count is None else {"waiting": count}


def _state(upstream: Upstream) -> dict[str, Any]:
    """How a predictor does at present."""
    return {
        "in_flight": upstream.limit.in_flight,
        "waiting": len(upstream.line),
        "limit": upstream.limit.limit,
        "panic": upstream.fleet.panic,
        "replicas": [
            {
                "endpoint": replica.endpoint.shown,
                "in_flight": replica.in_flight,
                "ejected": replica.health.ejected,
                "unwell": replica.health.unwell,
                "latency": round(replica.latency.seconds, 6) if replica.latency.known else None,
            }
            for replica in upstream.fleet.replicas
        ],
    }


def _resident() -> int:
    """Bytes of memory that the process has; 0 where the system does not tell so."""
    try:
        return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1]) * _PAGE
    except OSError:
        return 0
