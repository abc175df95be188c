"""Evaluated expressions: values, failures at run time, refusals at load."""

from __future__ import annotations

from typing import Any

import pytest

from plait.errors import ExpressionFailed
from plait.expr import ExpressionError, expression
from plait.expr.cel import doubles
from tests.expr.situations import context, raw

GIVEN: dict[str, Any] = {
    "score": 0.5,
    "one": 1,
    "text": "été",
    "none": None,
    "yes": True,
    "numbers": [3, 1, 2],
    "rows": [{"id": 9007199254740993, "s": 1, "a": [1]}, {"s": 0.25, "id": 2, "a": []}],
    "object": {"z": 1, "a": 2},
}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("input.score * 100.0", b"50.0"),
        ("input.one == 1 && input.one == 1.0", b"true"),
        ("input.one > 0", b"true"),
        ("size(input.numbers)", b"3"),
        ("int(input.one)", b"1"),
        ("input.numbers[int(input.one)]", b"1.0"),
        ("input.none", b"null"),
        ("input.text + '!'", '"été!"'.encode()),
        ("[input.one, 'a', null, true]", b'[1.0,"a",null,true]'),
        ("input.numbers + [4.0]", b"[3.0,1.0,2.0,4.0]"),
        ("input.text.matches('^.t.$')", b"true"),
        ("{'été': 7}[input.text]", b"7"),
        ("has(input.missing) && input.missing.a > 1.0", b"false"),
        ("input.yes || input.missing > 1.0", b"true"),
        ("input.rows.exists(row, row.s > 0.5)", b"true"),
        ("input.numbers.all(n, n > 1.0)", b"false"),
        ("5u", b"5"),
        ("request.r + 1.0", b"3.0"),
        ("headers['x-user'] == 'bob'", b"true"),
        ("spam.score > 0.5", b"true"),
        ("output[0] / 2.0", b"4.0"),
        ("type(input.one) == double", b"true"),
    ],
)
def test_expressions_have_these_values(text: str, expected: bytes) -> None:
    ctx = context({"r": 2}, {b"x-user": b"bob"}, spam={"score": 0.75})
    assert raw(expression(text, ["spam"], output=True), GIVEN, [8], ctx) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("input.yes ? input.object : input.rows", b'{"z":1,"a":2}'),
        ("size(input.rows) > 5 ? input.text : input.rows[0]", b'{"id":9007199254740993,"s":1,"a":[1]}'),
        ("input.rows.filter(row, row.s < 1.0)", b'[{"s":0.25,"id":2,"a":[]}]'),
        ("input.rows.map(row, row.id)", b"[9007199254740993,2]"),
        ("input.rows.map(row, row.s > 0.5, row.id)", b"[9007199254740993]"),
        ("input.numbers.map(input, input * 2.0)", b"[6.0,2.0,4.0]"),
        ("input.rows.filter(r, size(r.a) == 0).map(r, r.s + 1.0)", b"[1.25]"),
        ("input.rows.map(r, r.s > 0.5 ? r : r.id)", b'[{"id":9007199254740993,"s":1,"a":[1]},2]'),
        ("size(input.numbers.filter(n, n > 1.0)) == 2", b"true"),
        ("input.numbers.map(n, n * n).exists(n, n == 9.0) ? {'a': input.numbers.filter(n, n > 2.0)}['a'] : []", b"[3.0]"),
        ("has(input.missing) ? size(input.missing.filter(n, n > 1.0)) : -1", b"-1"),
        ("[1, 2].map(n, n + 1)", b"[2,3]"),
        ("[].map(n, n)", b"[]"),
        ("[[1], [2]].map(n, n[0] + 1)", b"[2,3]"),
        ("input.numbers.map(n, size(string(n))).map(n, n + 1)", b"[2,2,2]"),
        ("input.numbers.map(n, size(string(n))).exists(n, n + 1 == 2)", b"true"),
    ],
)
def test_choices_and_list_macros_keep_bytes_and_order(text: str, expected: bytes) -> None:
    assert raw(expression(text, []), GIVEN) == expected


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("input.missing + 1.0", "there is no field missing"),
        ("{'a': 1}[input.text]", "there is no such field"),
        ("input.one + 1", "doubles"),
        ("input.text > 1.0", "wrong type"),
        ("input.numbers[9] > 1.0", "no such item"),
        ("input.one / 0.0", "not finite"),
        ("[input.one / 0.0]", "not finite"),
        ("1 / int(input.score)", "division by zero"),
        ("int(input.score * 1e300)", "out of range"),
        ("int(input.text)", "cannot be converted"),
        ("dyn(b'a')", "no JSON"),
        ("dyn(input.object) ", "order"),
        ("[input.object]", "order"),
        ("dyn({'a': 1})", "order"),
        ("dyn(timestamp('2020-01-01T00:00:00Z'))", "no JSON"),
        ("dyn(type(input.one))", "no JSON"),
        ("input.score ? 1 : 2", "true or false"),
        ("(input.score ? 1 : 2) + 1", "wrong type"),
        ("input.numbers.filter(n, n)", "true or false"),
        ("input.object.map(k, k)", "need a list"),
        ("input.rows.map(r, r.missing)", "there is no field missing"),
        ("size(input.rows.map(r, r.missing))", "there is no field missing"),
        ("input.text.matches('[')", "no value"),
        ("spam.a + 1.0", "spam has no output"),
    ],
)
def test_failures_are_422_and_echo_no_data(text: str, words: str) -> None:
    with pytest.raises(ExpressionFailed) as failed:
        raw(expression(text, ["spam"]), GIVEN)
    assert failed.value.status == 422
    assert words in failed.value.detail
    assert "été" not in failed.value.detail


def test_nulls_do_not_use_up_the_interpreters_own() -> None:
    bound = expression("[input, input]", [])
    for _ in range(10):
        assert raw(bound, [None] * 5_000).count(b"null") == 10_000
    null = expression("input.yes ? null : dyn(1)", [])
    for _ in range(10_000):
        assert raw(null, b'{"yes":true}') == b"null"


def test_numbers_that_no_double_holds_fail() -> None:
    for body in (b"1e999", b"1" * 400, b"[1e999]", b"[[[[[[[[1e999]]]]]]]]"):
        with pytest.raises(ExpressionFailed, match="out of range"):
            raw(expression("size(input) > 0", []), body)


def test_whole_numbers_become_doubles_at_any_depth() -> None:
    value = doubles(b"[" * 64 + b"1" + b"]" * 64)
    for _ in range(64):
        (value,) = value
    assert type(value) is float
    found = doubles(b'{"a":[[[[[[[[1,true,null,"x",{"b":12345678901234567890}]]]]]]]]}')
    assert found == {"a": [[[[[[[[1.0, True, None, "x", {"b": 12345678901234567890.0}]]]]]]]]}


def test_only_variables_that_are_referred_to_count() -> None:
    bound = expression("spam.a > 1.0 && input.filter(input, input.b == 'x') == []", ["spam", "ham"])
    assert bound.names == {"spam", "input"}
    assert bound.text.startswith("spam.a")
    assert raw(expression("spam.a > 1.0", ["spam"]), b"[" + b"1," * 300_000 + b"1]", ctx=context(spam={"a": 2})) == b"true"


def test_more_than_256_kib_of_json_is_refused_at_run_time() -> None:
    bound = expression("size(input) > 0", [])
    assert raw(bound, b'"' + b"a" * (256 * 1024 - 2) + b'"') == b"true"
    with pytest.raises(ExpressionFailed, match="256 KiB"):
        raw(bound, b'"' + b"a" * (256 * 1024 - 1) + b'"')
    with pytest.raises(ExpressionFailed, match="256 KiB"):
        raw(expression("input.filter(x, x != 'b')", []), b'["' + b"a" * (256 * 1024) + b'"]')


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        ("input.", "column 7: Syntax error", "CEL"),
        ("1 +", "column 4: Syntax error", "CEL"),
        ("\n input.a +* 2", "line 2, column 11: Syntax error", "CEL"),
        ("inptu.a + 1.0", "there is no inptu here", "did you mean input?"),
        ("1.0 + spma", "column 7: there is no spma here", "did you mean spam?"),
        ("input.text.contain('a')", "there is no contain here", "did you mean contains?"),
        ("headers['a'] + 1", "column 14: found no matching overload", "doubles"),
        ("'a' + 1", "no matching overload", "doubles"),
        ("{'a': input.b}", "order of its names", "YAML"),
        ("[{'a': input.b}]", "order of its names", "YAML"),
        ("input.rows.map(r, {'a': r.b})", "order of its names", "YAML"),
        ("{b'': input.b}", "an object's names are texts", "YAML"),
        ("[{1.5: input.b}]", "an object's names are texts", "YAML"),
        ("b'a'", "type bytes", "string"),
        ("timestamp(input.a)", "type timestamp", "string"),
        ("int", "type type", ""),
        ("", "is empty", "input"),
        (" \n", "is empty", "input"),
        ("'" + "x" * 1023 + "'", "longer than 1024", "let a predictor do this"),
        ("'\ud800'", "Unicode", ""),
        ("input" + " + input" * 40, "32 deep", "let a predictor do this"),
        ("(" * 400 + "1" + ")" * 400, "32 deep", "let a predictor do this"),
        ("has(input)", "has()", ""),
    ],
)
def test_what_is_wrong_is_refused_at_load_in_one_line(text: str, message: str, hint: str) -> None:
    with pytest.raises(ExpressionError) as refused:
        expression(text, ["spam"])
    assert message in refused.value.message
    assert "\n" not in refused.value.message
    assert hint in refused.value.hint


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("has(input.b) && input.b > 1.0 || input.text > 1.0", "wrong type"),
        ("has(input.other) && input.other > 1.0 || input.missing + input.one > 1.0", "no field missing"),
        ("has(input.b) && input.b > 1.0 || spam.a + 1.0 > 1.0", "spam has no output"),
    ],
)
def test_a_failure_tells_of_the_value_that_was_wanted(text: str, words: str) -> None:
    with pytest.raises(ExpressionFailed, match=words):
        raw(expression(text, ["spam"]), GIVEN)
