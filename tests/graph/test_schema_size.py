"""What a schema is, written out."""

from __future__ import annotations

from typing import Any

import pytest

from plait.errors import InvalidRequest
from plait.graph.schema_check import SchemaProblem, schema_check
from plait.graph.schema_size import MOST, written_out
from plait.types import Message

TEXT: dict[str, Any] = {"type": "string"}


def doubling(times: int, reference: str = "#/$defs/a{}") -> dict[str, Any]:
    """A schema that refers twice to one that refers twice to one …"""
    steps = {f"a{step}": {"anyOf": [{"$ref": reference.format(step + 1)}] * 2, "$anchor": f"a{step}"} for step in range(times)}
    return {"$ref": reference.format(0), "$defs": {**steps, f"a{times}": {**TEXT, "$anchor": f"a{times}"}}}


@pytest.mark.parametrize(
    ("schema", "size"),
    [
        ({}, 1),
        ({"properties": {"a": TEXT, "b": TEXT}}, 4),
        ({"$defs": {"unused": {"allOf": [TEXT] * 9}}}, 1),
        ({"$ref": "#/$defs/t", "$defs": {"t": TEXT}}, 2),
        ({"prefixItems": [{"$ref": "#/$defs/a~1b"}, {"$ref": "#/prefixItems/0"}], "$defs": {"a/b": TEXT}}, 7),
        ({"$ref": "#t", "$defs": {"x": {"$anchor": "t"}}}, 2),
        ({"properties": {"child": {"$ref": "#"}}}, 4),
        ({"$ref": "#/nowhere/0", "items": {"$ref": "http://elsewhere.example/x"}}, 4),
        ({"const": {"$ref": "#"}, "enum": [[], {}]}, 1),
    ],
)
def test_each_part_counts_as_often_as_it_is_referred_to(schema: dict[str, Any], size: int) -> None:
    assert written_out(schema).parts == size


@pytest.mark.parametrize("reference", ["#/$defs/a{}", "#a{}"])
def test_a_schema_that_grows_without_bound_is_refused(reference: str) -> None:
    assert written_out(doubling(40, reference)).parts == MOST + 1
    with pytest.raises(SchemaProblem, match="more than 20,000 parts"):
        schema_check(doubling(40, reference))


def test_a_long_chain_of_references_is_followed_to_its_end() -> None:
    chain = {f"a{step}": {"$ref": f"#/$defs/a{step + 1}"} for step in range(5000)}
    schema_check({"$ref": "#/$defs/a0", "$defs": {**chain, "a5000": TEXT}})(Message(b'"x"'))


CHILD = {"properties": {"child": {"$ref": "#"}}, "required": ["child"]}


@pytest.mark.parametrize("alternatives", ["anyOf", "oneOf"])
def test_alternatives_that_lead_back_to_themselves_are_refused_at_once_however_deep_the_request_is(alternatives: str) -> None:
    validate = schema_check({alternatives: [{"type": "object", **CHILD}, {"type": "object", "minProperties": 1, **CHILD}]})
    with pytest.raises(InvalidRequest, match="refers to itself") as caught:
        validate(Message(b'{"child":' * 60 + b"1" + b"}" * 60))
    assert caught.value.pointer == ""


@pytest.mark.parametrize(
    ("schema", "explainable"),
    [
        (CHILD, True),
        ({"anyOf": [TEXT, {"$ref": "#/$defs/t"}], "$defs": {"t": TEXT}}, True),
        ({"anyOf": [TEXT, {"$ref": "#"}]}, False),
        ({"$id": "urn:a", "anyOf": [TEXT, {"items": {"$ref": "urn:a"}}]}, False),
        ({"$dynamicAnchor": "n", "oneOf": [TEXT, {"items": {"$dynamicRef": "#n"}}]}, False),
        ({"$ref": "https://json-schema.org/draft/2020-12/schema"}, False),
    ],
)
def test_it_is_known_where_saying_what_is_wrong_would_take_too_long(schema: dict[str, Any], *, explainable: bool) -> None:
    assert written_out(schema).explainable == explainable
