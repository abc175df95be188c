"""Comparisons with a constant say what CEL says of them."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plait.errors import ExpressionFailed
from plait.expr import expression
from plait.expr.budget import Bounded
from plait.expr.compare import Compared
from plait.types import Message
from tests.expr.situations import context

VALUES: list[Any] = [
    0,
    1,
    1.0,
    0.9,
    -1,
    2**53 + 1,
    1e300,
    "",
    "a",
    "b",
    "é",
    "\U0001f600",
    True,
    False,
    None,
    [],
    [1],
    {},
    {"a": 1},
]
CONSTANTS = ["1.0", "0.9", "-1.0", "9007199254740992.0", '"a"', '"é"', '"\U0001f600"', '""', "true", "false"]


def is_compared(text: str) -> bool:
    found = expression(text, [])
    return isinstance(found.expression if isinstance(found, Bounded) else found, Compared)


def verdict(text: str, value: Any) -> bool | str:
    try:
        return bool(expression(text, [])(context(), Message.of({"x": value}), None).value)
    except ExpressionFailed as exc:
        return exc.detail.partition(": ")[2]


@pytest.mark.parametrize("sign", ["==", "!=", "<", "<=", ">", ">="])
@pytest.mark.parametrize("constant", CONSTANTS)
def test_a_comparison_says_what_cel_says(sign: str, constant: str) -> None:
    short, whole = f"input.x {sign} {constant}", f"(input.x {sign} {constant}) == true"
    assert is_compared(short)
    assert not is_compared(whole)
    for value in VALUES:
        assert verdict(short, value) == verdict(whole, value), value


@given(st.floats(allow_nan=False, allow_infinity=False) | st.text() | st.integers(-(2**63), 2**64 - 1), st.sampled_from(CONSTANTS))
def test_so_it_is_for_any_number_and_text(value: Any, constant: str) -> None:
    for sign in ("==", "<"):
        assert verdict(f"input.x {sign} {constant}", value) == verdict(f"(input.x {sign} {constant}) == true", value)


def test_what_is_not_there_or_too_large_fails_as_ever() -> None:
    with pytest.raises(ExpressionFailed, match="there is no field y"):
        expression("input.y > 1.0", [])(context(), Message(b'{"x": 1}'), None)
    with pytest.raises(ExpressionFailed, match="more than 256 KiB"):
        expression('input.x == "a"', [])(context(), Message.of({"x": "a" * 300_000}), None)
    with pytest.raises(ExpressionFailed, match="out of range"):
        expression("input.x == 1.0", [])(context(), Message(b'{"x": 1e999}'), None)


@pytest.mark.parametrize("text", ["input.x == 1", "1.0 < input.x", "input.x == input.y", "has(input.x)", "input.x > 1.0 && true"])
def test_all_else_is_cels(text: str) -> None:
    assert not is_compared(text)
