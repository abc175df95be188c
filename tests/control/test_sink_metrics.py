"""Metrics of sinks, as Prometheus' own parser reads them."""

from __future__ import annotations

import pytest

from tests.control.telling import known, snapshot, took
from tests.control.test_metrics import values

FIRST = {"promised": 5, "retried": 2, "dropped": 1, "refused": 3, "seconds": took(0.004, 0.2, 700.0), "waiting": 4}
SECOND = {"promised": 1, "retried": 0, "dropped": 0, "refused": 0, "seconds": took(0.004), "waiting": 3}
TWO = (snapshot(1, sinks={"pager": FIRST, "gone": FIRST}), snapshot(2, pid=101, sinks={"pager": SECOND}))
TABLE = {
    "plait_sink_messages_total{outcome=promised,sink=pager}": 6,
    "plait_sink_messages_total{outcome=taken,sink=pager}": 4,
    "plait_sink_messages_total{outcome=retried,sink=pager}": 2,
    "plait_sink_messages_total{outcome=dropped,sink=pager}": 1,
    "plait_sink_messages_total{outcome=refused,sink=pager}": 3,
    "plait_sink_messages_total{outcome=promised,sink=audit}": 0,
    "plait_sink_delivery_seconds_count{sink=pager}": 4,
    "plait_sink_delivery_seconds_bucket{le=0.005,sink=pager}": 2,
    "plait_sink_waiting{sink=pager}": 4,
}


@pytest.mark.parametrize(("name", "value"), TABLE.items(), ids=TABLE)
def test_what_workers_count_of_each_sink_of_the_configuration_is_told(name: str, value: float) -> None:
    told = values(*TWO, more=known(sinks=["pager", "audit"]))
    assert {_sorted(key): each for key, each in told.items()}[_sorted(name)] == value
    assert not any("gone" in key for key in told)


def _sorted(name: str) -> str:
    """A name with its labels in one order."""
    plain, _, labels = name.rstrip("}").partition("{")
    return f"{plain}{sorted(labels.split(','))}"
