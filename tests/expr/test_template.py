"""Templates equal substitution in what they say, without decoding anything."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from plait.errors import ExpressionFailed
from plait.expr import TemplateErrors, template
from plait.types import Message
from tests.expr.situations import context, raw

LITERAL = st.text(max_size=8) | st.sampled_from(["${", "$${", "}", "$", "${a}", '"', "\\"])
SCALARS = st.none() | st.booleans() | st.integers(-(2**60), 2**60) | st.floats(allow_nan=False, allow_infinity=False) | LITERAL
JSON = st.recursive(SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(LITERAL, inner, max_size=3), max_leaves=6)


def text_of(value: Any) -> str:
    """How a value looks within a string."""
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()


@st.composite
def templates(draw: st.DrawFn, values: dict[str, Any]) -> tuple[Any, Any]:
    """A template and what substitution makes of it."""

    def leaf() -> tuple[Any, Any]:
        kind = draw(st.integers(0, 2))
        if kind == 0:
            value = draw(SCALARS)
            return (value.replace("${", "$${"), value) if isinstance(value, str) else (value, value)
        if kind == 1:
            name = draw(st.sampled_from(sorted(values)))
            return f"${{{name}}}", values[name]
        text, expected = "", ""
        for _ in range(draw(st.integers(2, 4))):
            literal, name = draw(LITERAL).rstrip("$"), draw(st.sampled_from(sorted(values)))
            text += literal.replace("${", "$${") + f"${{ {name} }}"
            expected += literal + text_of(values[name])
        return text, expected

    def node(depth: int) -> tuple[Any, Any]:
        kind = draw(st.integers(0, 2)) if depth < 3 else 0
        if kind == 0:
            return leaf()
        items = [node(depth + 1) for _ in range(draw(st.integers(0, 3)))]
        if kind == 1:
            return [text for text, _ in items], [value for _, value in items]
        keys = draw(st.lists(LITERAL, min_size=len(items), max_size=len(items), unique=True))
        pairs = list(zip(keys, items, strict=True))
        return {key: text for key, (text, _) in pairs}, {key: value for key, (_, value) in pairs}

    return node(0)


@given(data=st.data())
def test_a_template_equals_substitution_on_values(data: st.DataObject) -> None:
    values = {"a": data.draw(JSON), "b": data.draw(JSON)}
    value, expected = data.draw(templates(values))
    result = raw(template(value, ["a", "b"]), ctx=context(**values))
    assert json.dumps(json.loads(result)) == json.dumps(json.loads(msgspec.json.encode(expected)))


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("${input.n}", b"1.50"),
        ("n=${input.n}", b'"n=1.50"'),
        ("${input.s}${input.s}", b'"a\\"\\u00e9a\\"\\u00e9"'),
        ("${input.o}!", b'"{\\"z\\": [1, \\"x\\"]}!"'),
        ("$${input.n}", b'"${input.n}"'),
        ("$$${input.n}", b'"$${input.n}"'),
        ("$ {} }{ $", b'"$ {} }{ $"'),
        ("${ {'a': 1.0}.a }", b"1.0"),
        ("${'}' + '{'}", b'"}{"'),
        ("""${"\\"}" + r"}\\d" + '''}'''}""", b'"\\"}}\\\\d}"'),
        ("${input.n // }\n}", b"1.50"),
        ("${[1, 2].map(bar, bar + 1)}", b"[2,3]"),
        ({"${input.n}": "${input.n}"}, b'{"${input.n}":1.50}'),
        ({"a": [1, None, True, 2.5, "x", (), {}], "b": "${input.t} "}, b'{"a":[1,null,true,2.5,"x",[],{}],"b":"true "}'),
        (10**30, b"1" + b"0" * 30),
    ],
)
def test_templates_are_filled_like_this(value: Any, expected: bytes) -> None:
    body = b' {"n": 1.50, "s": "a\\"\\u00e9", "o": {"z": [1, "x"]}, "t": true} '
    assert raw(template(value, []), body) == expected


def test_a_single_hole_is_the_expression_itself() -> None:
    message = Message(b" 1 ")
    bound = template("${input}", [])
    assert bound(context(), message, None) is message
    assert bound.text == "input"


def test_a_constant_is_one_message_made_once() -> None:
    bound = template({"a": [1, "x"]}, [])
    assert bound.names == frozenset()
    assert bound(context(), Message(b"1"), None) is bound(context(), Message(b"2"), None)


def test_a_template_knows_the_names_in_it() -> None:
    bound = template({"a": "${spam.x}", "b": ["${input.y > 1.0} ${output}"]}, ["spam"], output=True)
    assert bound.names == {"spam", "input", "output"}
    assert json.loads(bound.text)["a"] == "${spam.x}"


def test_a_hole_without_a_value_fails() -> None:
    with pytest.raises(ExpressionFailed, match=r"input\.a: there is no field a"):
        raw(template({"x": "${input.a}"}, []), {})


def test_everything_wrong_is_reported_at_once_with_its_place() -> None:
    value = {
        "a": ["fine", "${inptu.x}", {"b": "${input.c"}],
        "n": float("nan"),
        "d": "${}",
        "f": object(),
        "g": {1: "x"},
        "h": "\ud800",
    }
    with pytest.raises(TemplateErrors) as refused:
        template(value, [])
    assert [(error.at, error.message.split(": ")[-1]) for error in refused.value.errors] == [
        (("a", 1), "there is no inptu here"),
        (("a", 2, "b"), "this ${ is never closed"),
        (("n",), "is no JSON value"),
        (("d",), "is empty"),
        (("f",), "is no JSON value"),
        (("g",), "the names of an object must be strings"),
        (("h",), "is no valid Unicode text"),
    ]
    assert "$${" in refused.value.errors[1].hint


def test_templates_nest_64_deep_and_no_deeper() -> None:
    value: Any = 1
    for _ in range(64):
        value = [value]
    assert raw(template(value, [])) == b"[" * 64 + b"1" + b"]" * 64
    with pytest.raises(TemplateErrors, match="64 deep"):
        template([value], [])
