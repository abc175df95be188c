"""How long patterns are with all that they repeat."""

from __future__ import annotations

import pytest

from plait.expr import ExpressionError
from plait.expr.pattern import check, price


@pytest.mark.parametrize(
    ("pattern", "places", "parts"),
    [
        ("abc", 3, 3),
        ("a{3}", 3, 3),
        ("a{2,5}b", 6, 6),
        ("a{2,}", 2, 2),
        ("(ab){3}c", 7, 7),
        ("((a{2}b){3}c){4}", 40, 40),
        ("[a-z]{3}", 12, 12),
        (r"[\]a]{2}x", 9, 9),
        ("[]a]b", 5, 5),
        ("[[:alpha:]_]{2}", 8, 8),
        (".{4}", 16, 16),
        ("é", 4, 4),
        (r"\d{2}", 8, 8),
        (r"\pL", 4, 2000),
        (r"\p{Greek}x", 5, 2001),
        (r"[\pL\pN]", 4, 4004),
        ("a)b{2}(", 4, 4),
    ],
)
def test_repetitions_are_written_out(pattern: str, places: int, parts: int) -> None:
    cost = price(pattern)
    assert cost.fixed == 650 * parts
    assert cost.letter in {2, 2 + 30 * places}


def test_words_cost_little_and_what_needs_many_states_costs_much() -> None:
    assert price("error|not found").letter == 2
    assert price("1.{30}x").letter > 1000 * price("error|not found").letter


@pytest.mark.parametrize("pattern", ["a{1001}", "(a{100}){11}", "((((a{9}){9}){9}){9}){9}", r"\pL{3}", r"[\pL]{3}", ".{251}"])
def test_patterns_that_are_too_long_are_refused_with_advice(pattern: str) -> None:
    with pytest.raises(ExpressionError, match="all that it repeats") as refused:
        check(pattern)
    assert "predictor" in refused.value.hint


@pytest.mark.parametrize(
    "pattern", [r"^[^@\s]+@[^@\s]+\.[a-z]{2,24}$", "^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$", r"\pL{2}", "["]
)
def test_ordinary_patterns_are_taken(pattern: str) -> None:
    check(pattern)
