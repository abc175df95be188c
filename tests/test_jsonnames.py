"""Names that stand twice in one object."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plait.jsonnames import has_duplicate_names

VALUES = st.recursive(
    st.none() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@pytest.mark.parametrize(
    "body",
    [
        b'{"a":1,"a":2}',
        b'{"a":1,"\\u0061":2}',
        b'{"x":[{"a":1,"b":2,"a":1}]}',
        b'{"":1,"":1}',
        b'{"a":1e999,"a":1' + b"0" * 5000 + b"}",
        b'{"data":{"a":{}},"data":{"a":{}}}',
    ],
)
def test_a_name_twice_in_one_object_is_found(body: bytes) -> None:
    assert has_duplicate_names(body)


@pytest.mark.parametrize(
    "body",
    [
        b"1",
        b'"a:b:c"',
        b'{"a":"x:y:z"}',
        b'{"a":1,"A":2}',
        b'[{"a":1},{"a":2}]',
        b'{"a":{"a":{"a":1}}}',
        b'{"a":1e999,"b":1' + b"0" * 5000 + b"}",
    ],
)
def test_one_name_in_several_objects_is_none(body: bytes) -> None:
    assert not has_duplicate_names(body)


@given(VALUES)
def test_what_a_program_writes_has_none(value: object) -> None:
    assert not has_duplicate_names(json.dumps(value).encode())


@given(VALUES, VALUES, st.text())
def test_a_member_added_again_is_found_wherever_it_stands(first: object, second: object, name: str) -> None:
    text = json.dumps(name)
    body = f"[{json.dumps(first)},{{{text}:{json.dumps(first)},{text}:{json.dumps(second)}}}]"
    assert has_duplicate_names(body.encode())
