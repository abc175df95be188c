"""Jobs beside urgent calls, on virtual time: predictors of many kinds, of whose limits the file says nothing."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.upstream.beside import Beside, run

MOST = 1.10
"""Times the 99th percentile that urgent calls have without jobs."""
LOADS = [
    Beside(1, 0.01, rate=20),
    Beside(1, 0.01, "exponential", rate=20),
    Beside(4, 0.02, rate=50),
    Beside(4, 0.02, "exponential", rate=50),
    Beside(8, 0.05, rate=40, heavier=10),
    Beside(8, 0.05, "bimodal", rate=40),
    Beside(32, 0.02, "lognormal", rate=200, seconds=30),
    Beside(8, 0.05, rate=40, limit=8),
    Beside(1, 0.02, rate=2, limit=1),
]


@pytest.mark.parametrize("load", LOADS, ids=str)
def test_urgent_calls_take_as_long_as_without_jobs(load: Beside) -> None:
    alone, beside = run(replace(load, jobs=0)), run(load)
    assert beside.quantile(0.99) <= MOST * alone.quantile(0.99)
    assert len(beside.urgent) >= 0.99 * len(alone.urgent)


@pytest.mark.parametrize(
    ("load", "share"),
    [
        (Beside(1000, 0.02, rate=50), 400),
        (Beside(16, 0.05, rate=1), 40),
        (Beside(4, 0.02, rate=5), 30),
        (Beside(8, 0.05, "bimodal", rate=40), 30),
    ],
    ids=str,
)
def test_jobs_make_progress_where_there_is_room(load: Beside, share: float) -> None:
    assert run(load).jobs / load.seconds > share


@pytest.mark.parametrize("load", [Beside(1, 0.01, rate=0.001), Beside(8, 0.05, rate=0.001)], ids=str)
def test_jobs_have_a_predictor_that_nobody_else_asks(load: Beside) -> None:
    seen = run(replace(load, seconds=30))
    assert seen.jobs / 30 > 0.85 * load.slots / load.mean


@pytest.mark.slow
def test_no_job_fails_for_waiting() -> None:
    seen = run(Beside(1, 0.02, rate=30, learning=0, seconds=300))
    assert {error.detail for error in seen.failed} <= {"plait is closing"}
