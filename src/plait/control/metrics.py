"""What there is to know in numbers, in Prometheus' text format."""

from __future__ import annotations

import platform
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from operator import itemgetter

from prometheus_client import CONTENT_TYPE_PLAIN_0_0_4, CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.openmetrics import exposition as openmetrics
from prometheus_client.registry import Collector

from plait import __version__
from plait.control.counting import JobsTold
from plait.control.job_metrics import of_jobs
from plait.control.plant import Snapshot
from plait.control.sink_metrics import of_sinks
from plait.control.totals import Counts, Totals
from plait.server.tally import BOUNDS

OPENMETRICS = "application/openmetrics-text"
_BUCKETS = (*(str(bound) for bound in BOUNDS), "+Inf")
_NOTHING = (0.0,) * (len(_BUCKETS) + 1)

_HISTOGRAMS = (
    ("request_seconds", "graph", "Seconds from when a request had arrived whole until it was answered."),
    ("own_seconds", "graph", "Seconds of a request in which no call of a predictor was under way."),
    ("part_seconds", "predictor", "Seconds that a call of a predictor took, with its retries, hedges and waiting."),
)
_COUNTERS = (
    ("requests", "graph", "Requests that were answered, by the status of the answer."),
    ("parts", "predictor", "Calls of a predictor that ended, by how: retries and hedges are within one."),
)
_PREDICTOR_GAUGES = (
    ("in_flight", "Calls of a predictor that are in flight."),
    ("waiting", "Calls of a predictor that wait for one in flight to end."),
    ("limit", "Calls of a predictor that may be in flight, in all workers together."),
)
_REPLICA_GAUGES = (
    ("ejected", "Workers that call a replica no more because calls of it failed."),
    ("unwell", "Workers that call a replica no more because its health probes failed."),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What the control process knows itself.

    Args:
        graphs: The names of the configuration's graphs: no others become labels.
        predictors: Those of its predictors.
        workers: The numbers of the workers that there should be.
        desired: The revision that they should run; none while it is not known.
        excluded: Predictors that are excluded.
        changes: How often a change from a source (file, api …) had an outcome (accepted, refused …).
        config_valid: Whether the file, as it is now, could be taken; none if there is no file.
        store_up: Whether the store answers.
        accuracy: Of predictors with feedback, the share of right answers.
        jobs: What is known of jobs.
        sinks: The names of the configuration's sinks.
    """

    graphs: Collection[str]
    predictors: Collection[str]
    workers: Collection[int]
    desired: int | None
    store_up: bool
    config_valid: bool | None = None
    excluded: Collection[str] = ()
    changes: Mapping[tuple[str, str], int] = field(default_factory=dict)
    accuracy: Mapping[str, float] = field(default_factory=dict)
    jobs: JobsTold = field(default_factory=JobsTold)
    sinks: Collection[str] = ()


def exposition(snapshots: Sequence[Snapshot], known: Known, totals: Totals, accept: str = "") -> tuple[bytes, str]:
    """All metrics as text, and its content type.

    Args:
        snapshots: Those of the workers that answered.
        known: What there is to say beside.
        totals: The memory of what workers had counted; it takes in the snapshots.
        accept: The request's `Accept`: OpenMetrics for those that take it, else the text format that everybody reads.
    """
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Families(snapshots, known, totals.take(snapshots)))
    totals.keep({*known.graphs, *known.predictors, *known.sinks})
    if _takes_openmetrics(accept):
        text: bytes = openmetrics.generate_latest(registry)  # type: ignore[no-untyped-call]
        return text, openmetrics.CONTENT_TYPE_LATEST
    return generate_latest(registry), CONTENT_TYPE_PLAIN_0_0_4


def _takes_openmetrics(accept: str) -> bool:
    for item in accept.split(","):
        kind, *parameters = (part.strip().lower() for part in item.split(";"))
        if kind == OPENMETRICS:
            return not any(part.replace(" ", "").rstrip("0.") == "q=" for part in parameters)
    return False


@dataclass(frozen=True, slots=True, eq=False)
class _Families(Collector):
    """All metrics of one moment."""

    snapshots: Sequence[Snapshot]
    known: Known
    counts: Counts

    def collect(self) -> Iterator[Metric]:
        yield from self._counted()
        yield from self._histograms()
        yield from self._of_predictors()
        yield from self._of_replicas()
        yield from of_jobs(self.known.graphs, self.counts, self.known.jobs)
        yield from of_sinks(self.known.sinks, self.counts, self.snapshots)
        yield from self._of_workers()
        yield from self._of_changes()
        yield _gauge(
            "build_info",
            "The version of plait, and of the Python that runs it.",
            ("version", "python"),
            [((__version__, platform.python_version()), 1)],
        )

    def _names(self, label: str) -> Collection[str]:
        return self.known.graphs if label == "graph" else self.known.predictors

    def _counted(self) -> Iterator[Metric]:
        for what, label, text in _COUNTERS:
            family = CounterMetricFamily(f"plait_{what}", text, labels=(label, "status"))
            names = set(self._names(label))
            for key in sorted(key for key in self.counts if key[0] == what and key[1] in names):
                family.add_metric(key[1:], self.counts[key][0])
            yield family
        matches = CounterMetricFamily(
            "plait_rule_matches", "Matches of a rule, by what became of them.", labels=("graph", "rule", "outcome")
        )
        for key in sorted(key for key in self.counts if key[0] == "rule_matches" and key[1] in self.known.graphs):
            matches.add_metric(key[1:], self.counts[key][0])
        yield matches
        refused = CounterMetricFamily("plait_refused", "Clients and requests that were refused for want of room.")
        refused.add_metric((), self.counts.get(("refused",), _NOTHING)[0])
        yield refused

    def _histograms(self) -> Iterator[Metric]:
        for what, label, text in _HISTOGRAMS:
            family = HistogramMetricFamily(f"plait_{what}", text, labels=(label,))
            for name in self._names(label):
                *buckets, total = self.counts.get((what, name), _NOTHING)
                family.add_metric((name,), list(zip(_BUCKETS, buckets, strict=True)), total)
            yield family

    def _of_predictors(self) -> Iterator[Metric]:
        known = self.known
        for what, text in _PREDICTOR_GAUGES:
            yield self._summed(what, text, itemgetter(what))
        yield self._summed(
            "predictor_panic",
            "Workers that call all replicas of a predictor, as too many of them would be out.",
            itemgetter("panic"),
        )
        excluded = [((name,), name in known.excluded) for name in known.predictors]
        yield _gauge("predictor_excluded", "Whether a predictor is excluded.", ("predictor",), excluded)
        accuracy = [((name,), share) for name, share in known.accuracy.items() if name in known.predictors]
        yield _gauge(
            "accuracy", "The share of a predictor's latest answers that were right, as feedback says.", ("predictor",), accuracy
        )

    def _summed(self, what: str, text: str, of: Callable[[Snapshot], float]) -> Metric:
        """Of each predictor that a worker has, the sum of what workers say."""
        found: dict[tuple[str, ...], float] = {}
        for name, facts in self._told():
            found[name,] = found.get((name,), 0) + of(facts)
        return _gauge(what, text, ("predictor",), found.items())

    def _told(self) -> Iterator[tuple[str, Snapshot]]:
        """What each worker says of each predictor of the configuration."""
        for name in self.known.predictors:
            for one in self.snapshots:
                facts = one["predictors"].get(name, {})
                if "replicas" in facts:  # else the worker has counts of it, and it no more, or not yet
                    yield name, facts

    def _of_replicas(self) -> Iterator[Metric]:
        for what, text in _REPLICA_GAUGES:
            found: dict[tuple[str, ...], float] = {}
            for name, facts in self._told():
                for replica in facts["replicas"]:
                    key = name, replica["endpoint"]
                    found[key] = found.get(key, 0) + replica[what]
            yield _gauge(f"replica_{what}", text, ("predictor", "endpoint"), found.items())

    def _of_workers(self) -> Iterator[Metric]:
        known, told = self.known, {one["worker"]: one for one in self.snapshots}
        yield _gauge("connections", "Connections of clients.", (), [((), sum(one.get("connections", 0) for one in told.values()))])
        yield _gauge(
            "requests_in_flight",
            "Requests that are being answered, or wait to begin.",
            (),
            [((), sum(one.get("in_flight", 0) for one in told.values()))],
        )
        numbers = sorted({*known.workers, *told})
        yield _of_each("worker_up", "Whether a worker answers.", {number: number in told for number in numbers})
        yield _of_each("worker_resident_bytes", "Memory of a worker.", {number: one["rss"] for number, one in told.items()})
        started = {number: datetime.fromisoformat(one["started"]).timestamp() for number, one in told.items() if "started" in one}
        yield _of_each("worker_start_time_seconds", "When a worker was started, since 1970.", started)
        desired = [] if known.desired is None else [(("desired", ""), known.desired)]
        running = [(("running", str(number)), one["revision"]) for number, one in sorted(told.items()) if "revision" in one]
        yield _gauge(
            "revision", "The revision that is desired, and the one that each worker runs.", ("state", "worker"), desired + running
        )

    def _of_changes(self) -> Iterator[Metric]:
        known = self.known
        changes = CounterMetricFamily(
            "plait_config_changes", "Changes by where they came from, and what became of them.", labels=("source", "outcome")
        )
        for names, count in sorted(known.changes.items()):
            changes.add_metric(names, count)
        yield changes
        if known.config_valid is not None:
            yield _gauge("config_valid", "Whether the file could be taken as it is now.", (), [((), known.config_valid)])
        yield _gauge("store_up", "Whether the store of revisions answers.", (), [((), known.store_up)])


def _gauge(what: str, text: str, labels: Sequence[str], values: Collection[tuple[Sequence[str], float]]) -> Metric:
    family = GaugeMetricFamily(f"plait_{what}", text, labels=labels)
    for names, value in values:
        family.add_metric(names, value)
    return family


def _of_each(what: str, text: str, values: Mapping[int, float]) -> Metric:
    """A number of each worker."""
    return _gauge(what, text, ("worker",), [((str(number),), values[number]) for number in sorted(values)])
