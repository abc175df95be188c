"""What a worker counts: statuses, histograms, and the time that it did not spend waiting."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plait.events import Part
from plait.server.tally import BOUNDS, Histogram, Tally, waiting

SPANS = st.lists(st.tuples(st.integers(0, 50), st.integers(1, 30)), max_size=8)


def part(began: float, ended: float, status: str = "ok", attempts: int = 1) -> Part:
    return Part("key", "node", "a", status, ended - began, attempts=attempts, ended=ended)


@given(SPANS)
def test_waiting_is_the_time_in_which_any_call_was_under_way(spans: list[tuple[int, int]]) -> None:
    parts = sorted((part(began, began + length) for began, length in spans), key=lambda each: each.ended)
    moments = {moment for began, length in spans for moment in range(began, began + length)}
    assert waiting(parts) == len(moments)


def test_a_kept_answer_is_not_waited_for_and_is_no_call() -> None:
    kept = Part("key", "node", "a", "ok", 0.0, attempts=0, ended=3.0)
    assert waiting([part(0, 10), kept, part(5, 20)]) == 20
    tally = Tally()
    tally.part(kept)
    assert tally.predictors == {}


@pytest.mark.parametrize(("seconds", "place"), [(0.0, 0), (0.001, 0), (0.0011, 1), (30.0, 13), (30.1, 14), (1e9, 14)])
def test_a_bucket_has_what_takes_up_to_its_bound(seconds: float, place: int) -> None:
    histogram = Histogram()
    histogram.saw(seconds)
    assert histogram.facts() == {"buckets": [0] * place + [1] * (len(BOUNDS) + 1 - place), "sum": seconds, "count": 1}


def test_requests_are_counted_by_status_and_parts_by_how_they_ended() -> None:
    tally = Tally()
    tally.graph("g").saw(200, 0.1, [part(0.0, 0.06)])
    tally.graph("g").saw(504, 0.3, [])
    tally.part(part(0, 1))
    tally.part(part(0, 2, "timeout"))
    facts = tally.graph("g").facts()
    assert facts["statuses"] == {"200": 1, "504": 1}
    assert facts["own"]["sum"] == pytest.approx(0.34)
    assert tally.predictors["a"].facts()["statuses"] == {"ok": 1, "timeout": 1}


def test_counts_of_names_that_are_no_more_are_kept_up_to_a_bound() -> None:
    tally = Tally()
    for number in range(20):
        tally.graph(f"g{number}")
    tally.keep(["g19"], [], most=20)
    assert len(tally.graphs) == 20
    tally.keep(["g0", "g19"], [], most=5)
    assert list(tally.graphs) == ["g0", "g16", "g17", "g18", "g19"]
