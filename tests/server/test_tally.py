"""What a worker counts: statuses, histograms, and the time that it did not spend waiting."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plait.counts import BOUNDS, LOT, Histogram, PartCounts
from plait.events import Part
from plait.server.tally import GraphCounts, Tally

SPANS = st.lists(st.tuples(st.integers(0, 50), st.integers(1, 30)), max_size=8)


def part(began: float, ended: float, status: str = "ok", attempts: int = 1) -> Part:
    return Part("key", "node", "a", status, ended - began, attempts=attempts, ended=ended)


def own(parts: list[Part], seconds: float = 100.0) -> float:
    """The seconds of a request that were not spent waiting for its parts."""
    counts = GraphCounts()
    counts.saw(200, seconds, parts)
    return float(counts.facts()["own"]["sum"])


@given(SPANS)
def test_own_time_is_that_in_which_no_call_was_under_way(spans: list[tuple[int, int]]) -> None:
    parts = sorted((part(began, began + length) for began, length in spans), key=lambda each: each.ended)
    moments = {moment for began, length in spans for moment in range(began, began + length)}
    assert own(parts) == 100 - len(moments)


def test_a_kept_answer_is_not_waited_for() -> None:
    kept = Part("key", "node", "a", "ok", 0.0, attempts=0, ended=3.0)
    assert own([part(0, 10), kept, part(5, 20)]) == 80


@pytest.mark.parametrize(("seconds", "place"), [(0.0, 0), (0.001, 0), (0.0011, 1), (30.0, 13), (30.1, 14), (1e9, 14)])
def test_a_bucket_has_what_takes_up_to_its_bound(seconds: float, place: int) -> None:
    histogram = Histogram()
    histogram.take([seconds])
    assert histogram.facts() == {"buckets": [0] * place + [1] * (len(BOUNDS) + 1 - place), "sum": seconds, "count": 1}


@given(st.lists(st.lists(st.floats(0, 100))))
def test_what_came_in_lots_is_counted_as_if_it_came_one_by_one(lots: list[list[float]]) -> None:
    together, single = Histogram(), Histogram()
    for lot in lots:
        for seconds in lot:
            single.take([seconds])
        together.take(list(lot))
    assert together.counts == single.counts
    assert together.total == pytest.approx(single.total)


@pytest.mark.parametrize("count", [0, 1, LOT - 1, LOT, LOT + 1, 3 * LOT])
def test_no_part_and_no_request_is_lost_between_lots(count: int) -> None:
    parts, requests = PartCounts(), GraphCounts()
    for number in range(count):
        parts.saw("timeout" if number % 3 else "ok", 0.1)
        requests.saw(200, 0.1, [])
    assert sum(parts.facts()["statuses"].values()) == parts.facts()["seconds"]["count"] == count
    assert sum(requests.facts()["statuses"].values()) == requests.facts()["seconds"]["count"] == count


def test_requests_are_counted_by_status_and_parts_by_how_they_ended() -> None:
    tally = Tally()
    tally.graph("g").saw(200, 0.1, [part(0.0, 0.06)])
    tally.graph("g").saw(504, 0.3, [])
    tally.predictor("a").saw("ok", 1)
    tally.predictor("a").saw("timeout", 2)
    assert tally.graph("g").facts()["statuses"] == {"200": 1, "504": 1}
    assert tally.graph("g").facts()["own"]["sum"] == pytest.approx(0.34)
    assert tally.predictor("a").facts()["statuses"] == {"ok": 1, "timeout": 1}


def test_counts_of_names_that_are_no_more_are_kept_up_to_a_bound() -> None:
    tally = Tally()
    for number in range(20):
        tally.graph(f"g{number}")
    tally.keep(["g19"], [], most=20)
    assert len(tally.graphs) == 20
    tally.keep(["g0", "g19"], [], most=5)
    assert list(tally.graphs) == ["g0", "g16", "g17", "g18", "g19"]


def test_matches_of_rules_are_counted_and_those_of_graphs_that_are_no_more_are_kept_while_there_is_room() -> None:
    tally = Tally()
    for graph in ("a", "b", "a"):
        tally.rule(graph, "alarm", "acted")
    tally.keep(["a"], [], most=2)
    assert tally.rules == {("a", "alarm", "acted"): 2, ("b", "alarm", "acted"): 1}
    tally.keep(["a"], [], most=1)
    assert tally.rules == {("a", "alarm", "acted"): 2}
