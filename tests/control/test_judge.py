"""A revision is worse only if it is so by the margin, and not by chance; then it is found soon."""

from __future__ import annotations

import statistics

import numpy as np
import pytest

from plait.control.judge import CHANCE, Counted, between, counted, judge
from plait.control.quantiles import Times
from plait.control.totals import Totals
from plait.server.tally import BOUNDS, Tally
from plait.spec.control import RollbackSpec
from tests.control.traffic import Quality, even, spread, taken_back, two

SPEC = RollbackSpec()
EDGE = RollbackSpec(errors="0%", slower="0%")  # type: ignore[arg-type] # as a file says it


def graph(count: int, failed: int = 0, seconds: float = 0.03) -> Counted:
    buckets = tuple(float(count) if seconds <= bound else 0.0 for bound in (*BOUNDS, float("inf")))
    return Counted(failed, Times(buckets, count * seconds))


def test_a_revision_is_worse_when_its_requests_fail_more_often_and_says_by_how_much() -> None:
    verdict = judge({"a": graph(3000, 30)}, {"a": graph(500, 100)}, SPEC, over=False)
    assert verdict == ("worse", "a: 20.0% of 500 requests failed, before 1.0% of 3000")


def test_a_revision_is_worse_when_its_95th_percentile_is_longer_and_says_by_how_much() -> None:
    verdict = judge({"a": graph(3000)}, {"a": graph(500, seconds=0.07)}, SPEC, over=False)
    assert verdict.state == "worse"
    assert verdict.reason == "a: its 95th percentile is 96 ms over 500 requests, before 45 ms over 3000"


def test_it_is_undecided_while_it_is_watched_and_healthy_when_that_is_over() -> None:
    before, since = {"a": graph(3000, 30)}, {"a": graph(500, 5)}
    assert [judge(before, since, SPEC, over=over).state for over in (False, True)] == ["undecided", "healthy"]


@pytest.mark.parametrize(("before", "since"), [(99, 3000), (3000, 99), (0, 3000), (3000, 0)])
def test_too_few_requests_on_either_side_decide_nothing(before: int, since: int) -> None:
    verdict = judge({"a": graph(before)}, {"a": graph(since, since)}, SPEC, over=True)
    assert verdict.state == "undecided"
    assert "fewer than 100 requests" in verdict.reason


def test_a_graph_that_is_new_is_compared_with_nothing() -> None:
    verdict = judge({"a": graph(3000)}, {"a": graph(500), "b": graph(500, 500)}, SPEC, over=True)
    assert verdict == ("undecided", "there were fewer than 100 requests, before or since, of b")


def test_one_of_many_graphs_that_is_worse_is_enough() -> None:
    names = [f"g{place}" for place in range(200)]
    before, since = {name: graph(3000) for name in names}, {name: graph(500) for name in names}
    assert judge(before, since, SPEC, over=False).state == "undecided"
    assert judge(before, since | {"g7": graph(500, 100)}, SPEC, over=False).reason.startswith("g7: ")


def test_failures_within_the_margin_are_none_of_a_guards_business() -> None:
    before = {"a": graph(100_000, 1000)}
    assert judge(before, {"a": graph(100_000, 5900)}, SPEC, over=True).state == "healthy"
    assert judge(before, {"a": graph(100_000, 6600)}, SPEC, over=True).state == "worse"


@pytest.mark.parametrize(("before", "since"), [(0.049, 0.051), (0.0095, 0.0105), (0.098, 0.103), (0.245, 0.26), (0.0005, 0.0012)])
def test_times_that_only_pass_a_bound_of_the_histogram_are_no_slower(before: float, since: float) -> None:
    assert judge({"a": graph(100_000, seconds=before)}, {"a": graph(100_000, seconds=since)}, SPEC, over=True).state == "healthy"


def test_a_tail_that_only_passes_a_bound_is_no_slower() -> None:
    chance = np.random.default_rng(3)
    before, since = (Quality(two(0.02, slow, 0.06)).counted(chance, 300_000) for slow in (0.049, 0.0501))
    assert judge({"a": before}, {"a": since}, SPEC, over=True).state == "healthy"


def test_less_than_a_few_milliseconds_are_no_reason() -> None:
    before, since = {"a": graph(3000, seconds=0.0006)}, {"a": graph(3000, seconds=0.003)}
    assert judge(before, since, SPEC, over=True).state == "healthy"


def test_what_is_beyond_the_last_bound_is_counted_there() -> None:
    assert judge({"a": graph(3000, seconds=9.0)}, {"a": graph(500, seconds=40.0)}, SPEC, over=False).state == "worse"
    assert judge({"a": graph(3000, seconds=40.0)}, {"a": graph(500, seconds=50.0)}, SPEC, over=True).state == "healthy"


def test_counts_are_read_from_what_workers_tell_and_a_worker_that_is_replaced_takes_none_away() -> None:
    totals = Totals()

    def told(pid: int, *statuses: int) -> dict[str, Counted]:
        tally = Tally()
        for status in statuses:
            tally.graph("a").saw(status, 0.03, [])
        graphs = {name: each.facts() for name, each in tally.graphs.items()}
        return counted(totals.take([{"worker": 1, "pid": pid, "started": "then", "graphs": graphs, "predictors": {}}]))

    first = told(1, 200, 200, 503, 504, 404)
    after = told(2, 500)
    assert (first["a"].requests, first["a"].failed) == (5, 2)
    assert (after["a"].requests, after["a"].failed) == (6, 3)
    since = between(first, after)["a"]
    assert (since.requests, since.failed, since.times.seconds) == (1, 1, pytest.approx(0.03))
    assert between(after, first)["a"].requests == 0  # a count that falls says nothing


# Chance.

SHAPES = [spread(0.03), spread(0.03, 1.0), spread(0.003), even(0.049), two(0.02, 0.049, 0.06), two(0.02, 0.5, 0.05)]


@pytest.mark.slow
@pytest.mark.parametrize("spec", [SPEC, EDGE], ids=["default", "without any margin"])
def test_no_more_than_one_revision_in_a_thousand_is_taken_back_where_nothing_has_changed(spec: RollbackSpec) -> None:
    chance = np.random.default_rng(5)
    watches = [
        taken_back(quality, quality, chance, spec)
        for times in SHAPES
        for quality in (Quality(times, 0.0), Quality(times, 0.01), Quality(times, 0.2))
        for _ in range(60)
    ]
    found = [second for second in watches if second is not None]
    assert len(watches) > 1 / CHANCE
    assert len(found) <= len(watches) * CHANCE


@pytest.mark.slow
def test_nor_with_many_graphs() -> None:
    chance = np.random.default_rng(6)
    quality = Quality(spread(0.03), 0.01)
    assert [taken_back(quality, quality, chance, SPEC, graphs=40) for _ in range(25)] == [None] * 25


@pytest.mark.parametrize(
    ("since", "usual", "latest"),
    [
        (Quality(spread(0.03), 0.11), 12, 45),  # a tenth more fails
        (Quality(spread(0.03), 0.5), 2, 3),
        (Quality(spread(0.06), 0.01), 15, 30),  # the 95th percentile doubles
        (Quality(spread(0.12), 0.01), 2, 3),
    ],
)
def test_a_worse_revision_is_found_within_seconds_at_50_requests_a_second(since: Quality, usual: int, latest: int) -> None:
    chance = np.random.default_rng(7)
    seconds = [taken_back(Quality(spread(0.03), 0.01), since, chance, SPEC) or 999 for _ in range(30)]
    assert statistics.median(seconds) <= usual
    assert max(seconds) <= latest
