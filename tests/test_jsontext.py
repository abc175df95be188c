"""What is JSON that plait passes on, and what is not."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plait.jsontext import DEPTH, NotJson, validate

VALUES: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda children: st.lists(children, max_size=4) | st.dictionaries(st.text(), children, max_size=4),
    max_leaves=20,
)


def depth_of(value: Any) -> int:
    """How deep lists and objects nest."""
    if isinstance(value, dict):
        value = list(value.values())
    return 1 + max(map(depth_of, value), default=0) if isinstance(value, list) else 0


@pytest.mark.parametrize(
    "body",
    [
        b"null", b" \r\n\t1 ", b"-0", b"1.50", b"1e999", b"9" * 5000, b'"\\ud83d\\ude00"', b'"\\u0000"', b'"\\\\ud800"',
        b'{"a":1,"a":2}', '"é"'.encode(), b"[]", b'"[[[[{{{{"', b"[" * DEPTH + b"]" * DEPTH, b'{"a":' * DEPTH + b"1" + b"}" * DEPTH,
        b'["' + b"[" * 100 + b'\\"' + b"{" * 100 + b'"]', b"[" + b",".join([b"[[]]"] * 1000) + b"]",
    ],
)  # fmt: skip
def test_json_is_accepted(body: bytes) -> None:
    validate(body)


@pytest.mark.parametrize(
    "body",
    [
        b"", b" ", b"nul", b"nulll", b"1 2", b"{} {}", b"01", b"1.", b".5", b"+1", b"-", b"1e", b"0x1", b"NaN", b"Infinity",
        b"-Infinity", b"[1,]", b'{"a":1,}', b"{a:1}", b"{'a':1}", b'{"a"}', b"[1 2]", b"[1", b"]", b"// c\n1", b"\x00", b"1\x00",
        b"\xef\xbb\xbf1", b'"', b'"\\x"', b'"\\u12"', b'"\\u00zz"', b'"\t"', b'"\x01"', b'"\xff"', b'"\xc3"', b'"\xed\xa0\x80"',
        b'"\xc0\x80"',
        b'"\\ud800"', b'"\\ud800x"', b'"\\udc00"', b'"\\udc00\\ud800"', b'"\\ud800\\ud800"', b'"\\ud800\\u0041"', b'{"\\ud800":1}',
        b"[" * (DEPTH + 1) + b"]" * (DEPTH + 1), b"[" * 100_000, b"[" * 100_000 + b"]" * 100_000, b'{"a":' * 100_000,
        b"[" + b"[]," * 100 + b"[" * DEPTH + b"]" * DEPTH + b"]", b'["\\\\",' + b"[" * DEPTH + b"]" * DEPTH + b"]",
    ],
    ids=lambda body: repr(body[:20]),
)  # fmt: skip
def test_anything_else_is_refused(body: bytes) -> None:
    with pytest.raises(NotJson):
        validate(body)


def test_what_is_wrong_is_said_and_the_body_is_not_quoted() -> None:
    with pytest.raises(NotJson, match="invalid UTF-8 at byte 8"):
        validate(b'["secret\xff"]')
    with pytest.raises(NotJson, match="nested more than 64 deep"):
        validate(b"[" * 65 + b"]" * 65)
    with pytest.raises(NotJson) as caught:
        validate(b'{"secret": secret}')
    assert "secret" not in str(caught.value)


@given(VALUES, st.booleans())
def test_all_that_python_writes_is_accepted(value: Any, ascii_only: bool) -> None:  # noqa: FBT001 - hypothesis gives it
    try:
        body = json.dumps(value, ensure_ascii=ascii_only).encode()
    except UnicodeEncodeError:  # a lone surrogate is no text
        return
    if "\\ud" not in body.decode():
        validate(body)


@given(st.binary(max_size=60) | st.text('[]{}:,"\\ud8019eE.+-tfn \n', max_size=60).map(str.encode))
def test_what_is_accepted_is_what_python_reads(body: bytes) -> None:
    def refuse(constant: str) -> None:
        raise ValueError(constant)

    try:
        validate(body)
    except NotJson:
        return
    json.loads(body.decode(), parse_constant=refuse)


@given(
    st.recursive(
        st.text('[]{}"\\a'), lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text('[{"\\'), inner, max_size=3)
    )
)
def test_depth_is_counted_as_it_is_whatever_strings_hold(value: Any) -> None:
    body = json.dumps([value]).encode()
    depth = depth_of([value])
    validate(body, depth)
    with pytest.raises(NotJson):
        validate(body, depth - 1)


@given(st.text("[]", min_size=40, max_size=400))
def test_depth_is_counted_as_it_is_whatever_the_shape(steps: str) -> None:
    text, height, highest = "[", 1, 1
    for step in steps:
        if step == "[":
            text += "," * text.endswith("]") + "["
            height += 1
            highest = max(highest, height)
        elif height > 1:
            text += "]"
            height -= 1
    body = (text + "]" * height).encode()
    validate(body, highest)
    with pytest.raises(NotJson):
        validate(body, highest - 1)
