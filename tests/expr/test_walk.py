"""Many selections from one document are one walk over it, and find what each alone would find."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plait.errors import ExpressionFailed
from plait.expr import ExpressionError, expression, template
from plait.expr.walk import Walk
from plait.types import Message
from tests.expr.situations import context, raw
from tests.expr.test_select import JSON, spaced

KEYS = st.text(max_size=3) | st.sampled_from(["a", 'odd "key" \\', "\x80", "é漢", "\n"])
NESTED = st.recursive(JSON, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=4), max_leaves=20)


def ways(value: Any, way: tuple[str | int, ...] = ()) -> list[tuple[tuple[str | int, ...], Any]]:
    """Every path in a value, with what is there."""
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [(way, value)] + [found for key, item in pairs for found in ways(item, (*way, key))]


def written(way: tuple[str | int, ...]) -> str:
    return "input" + "".join(f"[{key}]" if isinstance(key, int) else f"[{json.dumps(key, ensure_ascii=False)}]" for key in way)


@given(value=NESTED, data=st.data())
def test_a_template_of_any_paths_one_within_another_finds_all_of_them_with_their_very_bytes(
    value: Any, data: st.DataObject
) -> None:
    plain = [(way, found) for way, found in ways(value) if not any(isinstance(key, str) and set(key) & set('"\\\n') for key in way)]
    chosen = data.draw(st.lists(st.sampled_from(plain), min_size=1, max_size=8))
    bound = template([f"${{{written(way)}}}" for way, _ in chosen] + ["end"], [])
    assert raw(bound, spaced(value)) == b"[" + b",".join(spaced(found) for _, found in chosen) + b',"end"]'


def walks(message: Message) -> int:
    return sum(isinstance(key, Walk) for key in message.found or ())


def test_hundreds_of_holes_are_one_walk_and_one_within_another_a_walk_more() -> None:
    fields = template([f"${{input.f{number}.x}}" for number in range(300)], [])
    message = Message.of({f"f{number}": {"x": number} for number in range(300)})
    assert json.loads(fields(context(), message, None).raw) == list(range(300))
    assert walks(message) == 1
    nested = template(["${input.a}", "${input.a.b}", "${input.a.b.c}", "${input.z}", "${input.a}"], [])
    message = Message(b'{"a":{"b":{"c":1}},"z":2}')
    assert nested(context(), message, None).raw == b'[{"b":{"c":1}},{"c":1},1,2,{"b":{"c":1}}]'
    assert walks(message) == 3


def test_the_same_selection_in_other_expressions_walks_no_more() -> None:
    message = Message(b'{"kind":"b","n":1}')
    for text in ("input.kind == 'a'", "input.kind == 'b'", "input.kind"):
        expression(text, [])(context(), message, None)
    assert walks(message) == 1


@pytest.mark.parametrize(
    ("text", "body", "expected"),
    [
        ("input.a", b'{"a":1,"a":2}', b"2"),
        ("input[3]", b"[0,1,2,3,4]", b"3"),
        ("input[4095]", b"[" + b"0," * 4_095 + b"7]", b"7"),
        ("input.a[1].b", b'{"a":["x",{"b":null}],"z":1e5}', b"null"),
        ("input.a", b'{"x":1e999,"a":-0}', b"-0"),
    ],
)
def test_what_is_beside_the_way_does_not_matter(text: str, body: bytes, expected: bytes) -> None:
    assert raw(expression(text, []), body) == expected


@pytest.mark.parametrize(
    ("text", "body"),
    [
        ("input.a.b", b'{"a":1e999}'),
        ("input.a[0]", b'{"a":-1e999}'),
        ("input.map(x, x.a)", b"[1e999]"),
    ],
)
def test_a_number_that_has_no_value_on_the_way_fails(text: str, body: bytes) -> None:
    with pytest.raises(ExpressionFailed):
        raw(expression(text, []), body)


def test_an_index_that_is_too_high_is_refused_at_load() -> None:
    for text in ("input[4096]", "input.a[10000] + 1.0", "input.map(x, x[99999])"):
        with pytest.raises(ExpressionError, match="over 4095") as refused:
            expression(text, [])
        assert "predictor" in refused.value.hint


def test_has_asks_for_the_last_field_only() -> None:
    assert raw(expression("has(input.a.b)", []), {"a": {"b": None}}) == b"true"
    assert raw(expression("has(input.a.b)", []), {"a": {}}) == b"false"
    for body in ({}, {"a": 1}, {"a": [1]}, 1):
        with pytest.raises(ExpressionFailed, match="there is no field"):
            raw(expression("has(input.a.b)", []), body)


def test_headers_are_made_into_json_once_for_each_request() -> None:
    ctx = context(headers={b"x-user": b"bob"})
    assert json.loads(raw(template(["${headers['x-user']}", "${headers}"], []), ctx=ctx)) == ["bob", {"x-user": "bob"}]
    assert expression("headers", [])(ctx, Message(b"1"), None) is ctx.run.shown
