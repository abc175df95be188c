"""What may take time that grows faster than the data is refused, and what is accepted stays bounded."""

from __future__ import annotations

import time

import pytest

from plait.errors import ExpressionFailed
from plait.expr import ExpressionError, expression
from tests.expr.situations import raw

WITHOUT_LIMITS = 2.5
"""Seconds; the slowest of the expressions below takes a tenth of it, without their limits they take 3 to 70."""


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("input.all(x, input.all(y, x != y))", "macro inside a macro"),
        ("input.map(x, x.map(y, y))", "macro inside a macro"),
        ("input.filter(x, x.exists(y, y > 0.0)).map(x, x)", "macro inside a macro"),
        ("input.all(x, x in input)", "not input"),
        ("input.map(x, x > spam.limit)", "not spam"),
        ("input.exists(x, x == headers['a'])", "not headers"),
        ("input.exists(x, x > double(spam))", "not spam"),
        ("input.a.matches(input.b)", "must be a constant"),
        ("input.a.matches('a' + 'b')", "must be a constant"),
        ("input.exists(x, x.matches('a+'))", "for every item"),
        ("input.a.matches('((((a{9}){9}){9}){9}){9}')", "too much work"),
        ("input.a.matches('((1{0,30}){0,30}2)')", "too much work"),
        (r"input.a.matches('\\pL{50}')", "too much work"),
        ("&&".join(["input.a.matches('((1{0,30}){0,30}2)')"] * 20), "too much work"),
        ("input.map(x, " + " && ".join(["+".join("x" * 20) + " > 0.0"] * 15) + ")", "too much work"),
    ],
)
def test_forms_that_could_take_too_long_are_refused_with_the_advice_to_let_a_predictor_do_it(text: str, message: str) -> None:
    with pytest.raises(ExpressionError, match=message) as refused:
        expression(text, ["spam"])
    assert "let a predictor do this" in refused.value.hint


@pytest.mark.parametrize(
    "text",
    [
        "input.exists(x, x.a in ['b', 'c'] && x.b > 2.0)",
        "input.a.filter(x, x > 1.0).map(x, x * 2.0).all(x, x < 9.0)",
        "input.a.exists(x, x > 1.0) && input.b.exists(x, x > 1.0)",
        "input.map(input, input.a)",
        "input.a.matches('^[0-9]{4}-[0-9]{2}-[0-9]{2}$')",
        "input.map(x, type(x) == double)",
        "google.protobuf.ListValue{values: input.a.map(x, x)} == input.b",
    ],
)
def test_linear_forms_are_taken(text: str) -> None:
    assert expression(text, []).names == {"input"}


NUMBERS = b"[" + b",".join([b"1"] * 131_000) + b"]"
SHORTER = b"[" + b",".join([b"1"] * 9_999) + b"]"
OBJECTS = b"[" + b",".join([b'{"a":1,"b":[2]}'] * 11_000) + b"]"
TEXT = b'"' + b"1" * 262_000 + b'"'


@pytest.mark.parametrize(
    ("text", "body"),
    [
        ("size(input) > 0", NUMBERS),
        ("input == [] || !(5.0 in input)", OBJECTS),
        ("+".join(["input"] * 30) + " == []", b"[" + b"1," * 400 + b"1]"),
        ("&&".join(["input == input"] * 60), SHORTER[:14_000] + b"1]"),
        ("input.all(x, " + "&&".join(["x == x"] * 90) + ")", SHORTER[:2_000] + b"1]"),
        ("input.filter(x, x > 0.0)", SHORTER),
        ("input.map(x, [x, x])", SHORTER[:10_000] + b"1]"),
        ("!input.contains('1' + input)", TEXT[:40_000] + b'"'),
        ("!input.matches('((1{0,9}){0,9}2)')", TEXT[:2_000] + b'"'),
    ],
)
def test_the_heaviest_accepted_expressions_stay_bounded(text: str, body: bytes) -> None:
    bound = expression(text, [])
    begin = time.perf_counter()
    raw(bound, body)
    assert time.perf_counter() - begin < WITHOUT_LIMITS


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("+".join(["input"] * 30), "refers to more than"),
        ("&&".join(["input == input"] * 60), "refers to more than"),
        ("input.all(x, x > 0.0)", "more than 10000 items"),
        ("input.map(x, x)", "more than 10000 items"),
        ("input.filter(x, x > 0.0).map(x, x)", "more than 5000 items"),
    ],
)
def test_heavy_expressions_may_refer_to_less(text: str, words: str) -> None:
    with pytest.raises(ExpressionFailed, match=words):
        raw(expression(text, []), NUMBERS)


def test_a_chain_of_macros_that_doubles_its_data_stops_early() -> None:
    doubling = "['x']" + ".map(x, x + x)" * 25
    begin = time.perf_counter()
    with pytest.raises(ExpressionFailed, match="refers to more than"):
        raw(expression(doubling, []))
    assert time.perf_counter() - begin < WITHOUT_LIMITS
