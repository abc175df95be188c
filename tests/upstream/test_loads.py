"""The limit that learns, against one that knows: predictors of many kinds under many loads."""

from __future__ import annotations

import pytest

from tests.upstream.loads import LOADS, Load, run

FEW = [
    Load(8, 0.05, seconds=8.0),
    Load(8, 0.05, "even", load=0.5, seconds=8.0, least=0.99),
    Load(1, 0.02, "even", seconds=8.0),
    Load(32, 0.02, "lognormal", load=1.5, seconds=6.0),
    Load(8, 0.02, "constant", server="batches", seconds=6.0),
    Load(8, 0.05, "even", server="refuses", seconds=8.0),
    Load(8, 0.02, "even", change=4.0, seconds=12.0),
    Load(8, 0.05, "even", workers=2, seconds=8.0),
]


def holds(load: Load, seed: int) -> None:
    """As many answers as promised, and no call begun after its client's deadline."""
    outcome = run(load, seed)
    assert outcome.late == 0
    assert outcome.p99 < 1.0
    assert outcome.good >= load.least * run(load, seed, known=True).good


@pytest.mark.parametrize("load", FEW, ids=str)
def test_it_does_nearly_what_one_does_that_knows_the_truth(load: Load) -> None:
    holds(load, 1)


@pytest.mark.parametrize("mean", [0.002, 0.01, 0.02])
def test_a_true_limit_of_one_is_found_within_two_seconds(mean: float) -> None:
    limits = run(Load(1, mean, "even", seconds=4.0), 1).limits
    assert min(limits[:40]) <= 3


@pytest.mark.slow
@pytest.mark.parametrize("load", LOADS, ids=str)
def test_it_holds_for_every_load_over_many_seeds(load: Load) -> None:
    for seed in range(5):
        holds(load, seed)
