"""A row says what falls short."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from proof.row import Figures, Goal, Row, Run, number, quantile


async def nothing(scale: int, run: Run) -> Figures:
    return {}


ROW = Row(
    name="late",
    promise="answer after the deadline",
    elsewhere="not known",
    goal="50 ms, and none wrong",
    how="By asking.",
    goals=(Goal("after", 50, "ms", short=500), Goal("asked", 1000, at_least=True), Goal("wrong", 0)),
    measure=nothing,
    full=1000,
    short=10,
)


def test_what_meets_every_goal_misses_none() -> None:
    assert ROW.missed({"after": 50, "asked": 1000, "wrong": 0}) == []


def test_each_goal_that_is_missed_is_told_with_its_figure() -> None:
    assert ROW.missed({"after": 50.25, "asked": 999, "wrong": 0}) == ["after: 50.2 ms", "asked: 999"]


def test_the_short_form_has_limits_of_its_own_where_a_goal_says_so() -> None:
    assert ROW.missed({"after": 400, "asked": 1000, "wrong": 1}, short=True) == ["wrong: 1"]


def test_what_could_not_be_measured_meets_no_goal() -> None:
    assert ROW.missed({"after": math.nan, "asked": None, "wrong": 0}) == ["after: - ms", "asked: -"]


@pytest.mark.parametrize(
    ("share", "value"),
    [(0.5, 50), (0.99, 99), (0.999, 100), (1.0, 100), (0.0, 1)],
)
def test_a_quantile_is_the_smallest_value_that_the_share_does_not_exceed(share: float, value: float) -> None:
    assert quantile(list(range(100, 0, -1)), share) == value


def test_there_is_no_quantile_of_nothing() -> None:
    assert math.isnan(quantile([], 0.5))


@pytest.mark.parametrize(
    ("value", "text"), [(0, "0"), (3.0, "3"), (0.01234, "0.0123"), (12.34, "12.3"), (100_000, "100,000"), (1234.5, "1,234")]
)
def test_numbers_have_three_digits_that_count(value: float, text: str) -> None:
    assert number(value) == text


def test_draws_depend_on_the_seed_and_on_what_they_are_for(tmp_path: Path) -> None:
    def drawn(seed: int, of: str) -> float:
        return Run(seed, tmp_path, lambda _: None).random(of).random()

    assert drawn(1, "a") == drawn(1, "a")
    assert len({drawn(1, "a"), drawn(1, "b"), drawn(2, "a")}) == 3
