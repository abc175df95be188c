"""What an evaluation may cost: reckoned from bytes, so that the same request is refused on every machine. Times are in bench/."""

from __future__ import annotations

from typing import Any

import pytest

from plait.errors import ExpressionFailed
from plait.expr import budget, expression, number, template
from plait.expr.budget import Budget, Single
from plait.types import Message
from tests.expr.situations import context, raw

MIB = 1 << 20
INTS = b"[" + b"1," * (5 * MIB - 20) + b"1]"
TEXT = b'"' + b"a" * (10 * MIB - 40) + b'"'
FLOATS = b"[" + b"0.123456," * (MIB + MIB // 10) + b"1]"
ITEMS = b'{"items":[' + b",".join(b'{"id":%d,"score":0.5,"name":"abc"}' % number for number in range(6_500)) + b'],"score":1}'
ADVICE = "select less of it, or let a predictor do this"


def around(part: bytes) -> bytes:
    return b'{"part":' + part + b',"a":0.5}'


@pytest.mark.parametrize("part", [TEXT, FLOATS, INTS[: 3 * MIB] + b"1]"], ids=["text", "floats", "3 MiB of digits"])
def test_a_field_is_selected_from_a_large_request(part: bytes) -> None:
    assert raw(expression("input.a", []), around(part)) == b"0.5"
    assert raw(expression("input.a < 0.9 && has(input.part)", []), around(part)) == b"true"
    assert raw(template({"a": ["${input.a}"] * 300}, []), around(part)).count(b"0.5") == 300


@pytest.mark.parametrize(
    "bound",
    [
        expression("input.a", []),
        expression("input.a > 0.9 || input.b == 1.0", []),
        expression("input.part.map(x, x)", []),
        template("${input.a}${input.b}", []),
    ],
    ids=lambda bound: bound.text,
)
def test_millions_of_small_values_are_not_walked_over(bound: Any) -> None:
    for part in (INTS, b"[" * 60 + b"[]," * (3 * MIB) + b"[]" + b"]" * 60):
        with pytest.raises(ExpressionFailed, match=ADVICE):
            raw(bound, around(part))


@pytest.mark.parametrize(
    "text",
    [
        "input.score > 0.9",
        "size(input.items) > 3",
        "input.items.filter(i, i.score > 0.5)",
        "input.items.map(i, i.name)",
        "input.items.exists(i, i.name == 'x')",
        "has(input.items) && input.score == 1.0",
    ],
)
def test_ordinary_expressions_take_an_ordinary_request_of_nearly_256_kib(text: str) -> None:
    assert len(ITEMS) > 235_000
    assert raw(expression(text, []), ITEMS)


def test_only_what_is_selected_counts_as_referred_to() -> None:
    body = b'{"text":"' + b"a" * 1_000 + b'","rest":' + TEXT + b"}"
    assert raw(expression("size(input.text) < 2000 && input.text.startsWith('a')", []), body) == b"true"
    with pytest.raises(ExpressionFailed, match="more than 256 KiB of JSON; select less"):
        raw(expression("size(input.rest) < 2000", []), body)
    with pytest.raises(ExpressionFailed, match="more than 256 KiB of JSON; select less"):
        raw(expression("size(input) < 2000", []), body)


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("size(input.part) > 0", b"[" + b"[]," * 80_000 + b"[]]"),
        ("input.part + input.part", INTS[:200_000] + b"1]"),
        ("[input.part, input.part]", INTS[:200_000] + b"1]"),
        ("input.part.contains('b' + input.part)", b'"' + b"a" * 100_000 + b'"'),
        ("input.part.matches('1.{30}x')", b'"' + b"1" * 20_000 + b'"'),
        ("input.part.all(x, !'" + "a" * 300 + "'.contains('" + "a" * 150 + "b'))", INTS[:19_000] + b"1]"),
        ("size(input.part) > 1", b"[" + b"[" * 55 + b"[]," * 80_000 + b"[]" + b"]" * 56),
    ],
)
def test_what_takes_long_may_refer_to_less_than_256_kib(text: str, part: bytes) -> None:
    with pytest.raises(ExpressionFailed, match=ADVICE):
        raw(expression(text, []), around(part))


def test_holes_of_a_template_share_one_budget() -> None:
    body = around(INTS[:100_000] + b"1]")
    assert raw(template(["${size(input.part) > 1}"], []), body) == b"[true]"
    with pytest.raises(ExpressionFailed, match=ADVICE):
        raw(template(["${size(input.part) > 1}"] * 20, []), body)
    with pytest.raises(ExpressionFailed, match=ADVICE):
        raw(template(["${input}"] * 100, []), around(TEXT))


def test_an_object_of_megabytes_is_copied_but_not_written_into_a_text() -> None:
    assert raw(template({"all": "${input}"}, []), around(FLOATS)).endswith(b',"a":0.5}}')
    with pytest.raises(ExpressionFailed, match=ADVICE):
        raw(template("all: ${input}", []), around(FLOATS))


def test_many_fields_from_many_names_are_too_much() -> None:
    body = b"{" + b",".join(b'"k%d":1' % number for number in range(200_000)) + b"}"
    assert raw(template(["${input.k5}", "${input.k7}"], []), body) == b"[1,1]"
    with pytest.raises(ExpressionFailed, match=ADVICE):
        raw(template([f"${{input.k{number}}}" for number in range(400)], []), body)


def test_every_evaluation_has_the_whole_budget() -> None:
    bound = expression("size(input.part) > 1", [])
    for _ in range(3):
        assert raw(bound, around(INTS[:150_000] + b"1]")) == b"true"
    with pytest.raises(ExpressionFailed):
        raw(bound, around(b"[" + b"[]," * 80_000 + b"1]"))
    assert raw(bound, around(INTS[:150_000] + b"1]")) == b"true"


def test_a_budget_once_spent_stays_spent_until_it_begins_anew() -> None:
    some = Budget(10)
    some.pay(6, "x")
    for _ in range(2):
        with pytest.raises(ExpressionFailed, match=f"x: refers to more than .*{ADVICE}"):
            some.pay(6, "x")
    some.begin()
    some.pay(10, "x")
    single = Single(10)
    single.pay(10, "x")
    single.pay(10, "x")


@pytest.mark.parametrize("size", [100, 60_000, 70_000, 3 * MIB])
def test_a_sample_speaks_for_the_whole_text(size: int) -> None:
    whole = 0.3 * size + 4.2 * size / 2
    body = (b"[" + b"1," * (size // 2))[:size]
    assert budget.Density.of(body).walk(1, 0) == pytest.approx(whole, rel=0.05)


def test_long_numbers_are_no_numbers() -> None:
    assert number(Message(b"0." + b"1" * 1000)) > 0.1
    with pytest.raises(ExpressionFailed, match="at most 1024 digits"):
        number(Message(b"0." + b"1" * 10_000))


def test_a_source_that_is_too_large_is_not_taken_for_a_missing_one() -> None:
    with pytest.raises(ExpressionFailed, match=ADVICE):
        raw(expression("has(input.x) && input.part.y == 1.0", []), around(INTS), ctx=context())


def test_what_refers_to_too_much_is_not_tried_again() -> None:
    bound = expression(" || ".join([f"size(input.part.filter(x, x == {number}.0)) == 7" for number in range(8)]), [])
    with pytest.raises(ExpressionFailed, match="256 KiB"):
        raw(bound, around(TEXT))
    assert bound.budget.left < 0  # type: ignore[attr-defined]  # the seven others would each have copied the text
