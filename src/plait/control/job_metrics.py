"""Metrics of jobs: how many wait and run, what workers have counted of them."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import TYPE_CHECKING

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily

from plait.jobs.records import CANCELLED, QUEUED, RUNNING

if TYPE_CHECKING:
    from prometheus_client.metrics_core import Metric

    from plait.control.counting import JobsTold
    from plait.control.totals import Counts

_UNFINISHED = (QUEUED, RUNNING)
_NOTHING = (0.0,)


def of_jobs(graphs: Collection[str], counts: Counts, told: JobsTold) -> Iterator[Metric]:
    """All of them.

    Args:
        graphs: The names of the configuration's graphs.
        counts: What workers have counted.
        told: What else is known.
    """
    submitted = CounterMetricFamily("plait_jobs_submitted", "Jobs that were taken in.", labels=("graph",))
    for name in graphs:
        submitted.add_metric((name,), counts.get(("jobs_submitted", name), _NOTHING)[0])
    yield submitted
    yield _ended(graphs, counts, told)
    taken = CounterMetricFamily("plait_jobs_taken_over", "Jobs that ran where a process died or hung, and were taken over.")
    taken.add_metric((), counts.get(("jobs_taken_over",), _NOTHING)[0])
    yield taken
    yield _kept(graphs, told)
    up = GaugeMetricFamily("plait_jobs_store_up", "Whether the store of jobs answers, where there is one.")
    if told.up is not None:
        up.add_metric((), told.up)
    yield up


def _ended(graphs: Collection[str], counts: Counts, told: JobsTold) -> Metric:
    family = CounterMetricFamily("plait_jobs_ended", "Jobs that ended, by how.", labels=("graph", "status"))
    found = {key[1:]: numbers[0] for key, numbers in counts.items() if key[0] == "jobs_ended"}
    for graph, count in told.cancelled.items():
        found[graph, CANCELLED] = found.get((graph, CANCELLED), 0) + count
    for graph, status in sorted(found):
        if graph in graphs:
            family.add_metric((graph, status), found[graph, status])
    return family


def _kept(graphs: Collection[str], told: JobsTold) -> Metric:
    """Those that have not ended, also of graphs that are no more, which still run."""
    family = GaugeMetricFamily("plait_jobs", "Jobs in the store that wait or run.", labels=("graph", "status"))
    if told.up:
        others = {graph for (graph, status), count in told.counts.items() if status in _UNFINISHED and count}
        for graph in sorted({*graphs, *others}):
            for status in _UNFINISHED:
                family.add_metric((graph, status), told.counts.get((graph, status), 0))
    return family
