"""Metrics of sinks: what became of messages, how long they took, how many wait."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily

from plait.counts import BOUNDS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from prometheus_client.metrics_core import Metric

    from plait.control.totals import Counts

OUTCOMES = ("promised", "taken", "retried", "dropped", "refused")
_BUCKETS = (*map(str, BOUNDS), "+Inf")
_NOTHING = (0.0,) * (len(_BUCKETS) + 1)


def of_sinks(sinks: Collection[str], counts: Counts, snapshots: Sequence[Mapping[str, Any]]) -> Iterator[Metric]:
    """All of them.

    Args:
        sinks: The names of the configuration's sinks.
        counts: What workers have counted.
        snapshots: What workers say.
    """
    messages = CounterMetricFamily("plait_sink_messages", "Messages to a sink, by what became of them.", labels=("sink", "outcome"))
    seconds = HistogramMetricFamily(
        "plait_sink_delivery_seconds", "From the promise of a message to its being taken.", labels=("sink",)
    )
    waiting = GaugeMetricFamily(
        "plait_sink_waiting", "Messages that wait for a sink, of all who share the store.", labels=("sink",)
    )
    for name in sinks:
        *buckets, total = counts.get(("sink_seconds", name), _NOTHING)
        seconds.add_metric((name,), list(zip(_BUCKETS, buckets, strict=True)), total)
        for outcome in OUTCOMES:
            found = buckets[-1] if outcome == "taken" else counts.get(("sink_messages", name, outcome), _NOTHING)[0]
            messages.add_metric((name, outcome), found)
        told = [one["sinks"][name]["waiting"] for one in snapshots if "waiting" in one.get("sinks", {}).get(name, {})]
        if told:
            waiting.add_metric((name,), max(told))  # each tells of the whole store
    yield messages
    yield seconds
    yield waiting
