"""Plain selections: bytes in, the same bytes out."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plait.errors import ExpressionFailed
from plait.expr import ExpressionError, expression, number, select, truth
from plait.types import Message
from tests.expr.situations import context, raw

SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=5)
JSON = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4), max_leaves=12
)


def spaced(value: Any) -> bytes:
    """JSON text with blanks around everything, in which a part's text does not depend on where it stands."""
    if isinstance(value, dict):
        return b"{ " + b" , ".join(json.dumps(k).encode() + b" : " + spaced(v) for k, v in value.items()) + b" }"
    if isinstance(value, list):
        return b"[ " + b" , ".join(map(spaced, value)) + b" ]"
    return json.dumps(value).encode()


@given(value=JSON, data=st.data())
def test_any_path_finds_what_python_indexing_finds_with_its_very_bytes(value: Any, data: st.DataObject) -> None:
    text, found = "input", value
    while isinstance(found, (list, dict)) and found and data.draw(st.booleans()):
        key = data.draw(st.sampled_from(list(found) if isinstance(found, dict) else list(range(len(found)))))
        text += f"[{json.dumps(key, ensure_ascii=False)}]"
        found = found[key]
    assert raw(expression(text, []), spaced(value)) == spaced(found)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("input.a.b[1].c", b"1.50"),
        (" input . a['odd key'] ", b'{"z":1,"a":2}'),
        ('input["a"]["odd key"].z', b"1"),
        ("(input.a).b[0]", b"10000000000000000000000000000001"),
        ("input[r'a']['b'][1]", b'{"c": 1.50}'),
    ],
)
def test_every_way_to_write_a_selection_keeps_the_bytes(text: str, expected: bytes) -> None:
    body = b'{"a": {"b": [10000000000000000000000000000001, {"c": 1.50}], "odd key": {"z":1,"a":2}}}'
    bound = expression(text, [])
    assert raw(bound, body) == expected
    assert bound.names == {"input"}
    assert isinstance(bound, select.Select)


def test_a_bare_variable_is_the_very_message() -> None:
    ctx, message, answer = context({"r": 1}, spam=2), Message(b" 1 "), Message(b"2")
    assert expression("input", [])(ctx, message, None) is message
    assert expression("output", [], output=True)(ctx, message, answer) is answer
    assert expression("request", [])(ctx, message, None) is ctx.run.message
    assert expression("spam", ["spam"])(ctx, message, None) is ctx.named["spam"]


@pytest.mark.parametrize(
    "text",
    [
        "input.no",
        "input.a.b",
        "input.list[3]",
        "input.list[-1]",
        "input.list.a",
        "input[0]",
        "input.none.a",
        "input.list['0']",
        "input.a[0]",
    ],
)
def test_what_is_not_there_fails_without_echoing_data(text: str) -> None:
    with pytest.raises(ExpressionFailed) as failed:
        raw(expression(text, []), {"a": "secret", "list": [1, 2, 3], "none": None})
    assert failed.value.status == 422
    assert failed.value.detail.startswith(f"{text}: there is no ")
    assert "secret" not in failed.value.detail


def test_a_step_that_has_not_run_fails() -> None:
    with pytest.raises(ExpressionFailed, match="spam has no output"):
        raw(expression("spam.score", ["spam"]))


def test_headers_have_lower_case_names_and_no_credentials() -> None:
    ctx = context(
        headers={b"x-user": b"bob", b"authorization": b"s", b"cookie": b"s", b"proxy-authorization": b"s", b"x-name": b"caf\xe9"}
    )
    assert raw(expression("headers['x-user']", []), ctx=ctx) == b'"bob"'
    assert json.loads(raw(expression("headers", []), ctx=ctx)) == {"x-user": "bob", "x-name": "café"}


def test_unknown_names_are_refused_with_the_nearest_one() -> None:
    with pytest.raises(ExpressionError) as refused:
        expression("inptu.a", ["spam"])
    assert refused.value.message.endswith("there is no inptu here")
    assert refused.value.hint == "did you mean input?"
    assert refused.value.at == ()
    with pytest.raises(ExpressionError) as refused:
        expression("output.a", [])
    assert "until" in refused.value.hint
    with pytest.raises(ExpressionError) as refused:
        expression("item", [])
    assert "map" in refused.value.hint


@pytest.mark.parametrize(("body", "value"), [(b"1", 1.0), (b" -2.5e3 ", -2500.0), (b"0", 0.0)])
def test_numbers_are_read_from_their_text(body: bytes, value: float) -> None:
    assert number(Message(body)) == value


@pytest.mark.parametrize("body", [b"true", b"null", b'"1"', b"[1]", b"{}", b"1e999", b'"nan"'])
def test_what_is_no_finite_number_fails(body: bytes) -> None:
    with pytest.raises(ExpressionFailed):
        number(Message(body))


def test_conditions_are_true_or_false_and_nothing_else() -> None:
    assert truth(Message(b" true\n"))
    assert not truth(Message(b"false"))
    for body in (b"1", b"null", b'"true"', b"[]"):
        with pytest.raises(ExpressionFailed, match="true or false"):
            truth(Message(body))
