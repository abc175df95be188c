"""Requests against a JSON Schema: what is refused, where, and that nothing is fetched and nothing takes long."""

from __future__ import annotations

import http.server
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from plait.errors import BadRequest, InvalidRequest
from plait.graph.schema_check import EXPLAINED, SchemaProblem, schema_check
from plait.types import Message

IRIS = {
    "type": "object",
    "required": ["data"],
    "additionalProperties": False,
    "properties": {
        "data": {"type": "array", "minItems": 1, "items": {"type": "array", "items": {"type": "number", "maximum": 10}}},
        "kind": {"enum": ["a", "b"]},
        "odd/na~me": {"pattern": "^x+$"},
    },
}


def refusal(schema: dict[str, Any], body: bytes) -> InvalidRequest:
    with pytest.raises(InvalidRequest) as caught:
        schema_check(schema)(Message(body))
    return caught.value


@pytest.mark.parametrize("body", [b'{"data": [[1.0, 2, -3e0]]}', b'{"data": [[]], "kind": "b", "odd/na~me": "xx"}'])
def test_what_the_schema_allows_passes(body: bytes) -> None:
    schema_check(IRIS)(Message(body))


@pytest.mark.parametrize(
    ("body", "pointer", "reason"),
    [
        (b"{}", "", "required data"),
        (b"[]", "", "type object"),
        (b'{"data": 1}', "/data", "type array"),
        (b'{"data": []}', "/data", "minItems 1"),
        (b'{"data": [[1], [2, "three"]]}', "/data/1/1", "type number"),
        (b'{"data": [[11]]}', "/data/0/0", "maximum 10"),
        (b'{"data": [[1]], "kind": "secret"}', "/kind", 'enum ["a","b"]'),
        (b'{"data": [[1]], "odd/na~me": "secret"}', "/odd~1na~0me", "pattern ^x+$"),
        (b'{"data": [[1]], "secret": 1}', "", "additionalProperties"),
    ],
)
def test_what_it_does_not_allow_is_refused_with_a_pointer_and_the_rule_and_no_input(body: bytes, pointer: str, reason: str) -> None:
    error = refusal(IRIS, body)
    assert (error.status, error.pointer) == (422, pointer)
    assert error.detail == f"the body does not match the graph's schema: {reason}"
    assert "secret" not in error.detail


@pytest.mark.parametrize("schema", [{"type": "number"}, {"$schema": "http://json-schema.org/draft-07/schema#", "type": "number"}])
def test_numbers_of_any_size_are_numbers_and_what_has_no_value_is_a_bad_request(schema: dict[str, Any]) -> None:
    validate = schema_check(schema)
    for body in (b"1", b"1e308", b"1" + b"0" * 60, b"-0.0"):
        validate(Message(body))
    for body in (b"1e999", b"1" * 5000):
        with pytest.raises(BadRequest):
            validate(Message(body))


def test_a_name_that_stands_twice_is_a_bad_request() -> None:
    with pytest.raises(BadRequest):
        schema_check(IRIS)(Message(b'{"data": [[1]], "data": [[2]]}'))


def test_older_drafts_are_known_by_their_name() -> None:
    schema = {"$schema": "http://json-schema.org/draft-04/schema#", "maximum": 3, "exclusiveMaximum": True}
    assert refusal(schema, b"3").pointer == ""


def test_references_within_the_schema_hold() -> None:
    schema = {
        "$ref": "#/$defs/row",
        "$defs": {"row": {"type": "array", "items": {"$ref": "#cell"}}, "cell": {"$anchor": "cell", "type": "number"}},
    }
    assert refusal(schema, b'[1, "x"]').pointer == "/1"


# Nothing is fetched.


@pytest.fixture
def listener() -> Iterator[tuple[str, list[str]]]:
    asked: list[str] = []

    class Listening(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_error(404)

        def log_message(self, *args: Any) -> None:
            pass

    server = http.server.HTTPServer(("127.0.0.1", 0), Listening)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", asked
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_schema_that_refers_elsewhere_is_a_problem_and_nobody_is_asked(listener: tuple[str, list[str]], tmp_path: Path) -> None:
    url, asked = listener
    there = tmp_path / "there.json"
    there.write_text("{}")
    for schema in (
        {"$ref": f"{url}/x"},
        {"$id": f"{url}/a", "$ref": "b"},
        {"$dynamicRef": f"{url}/x"},
        {"properties": {"a": {"items": {"$ref": f"{url}/x#/y"}}}},
        {"$defs": {"unused": {"$ref": f"{url}/x"}}},
        {"$ref": there.as_uri()},
        {"$ref": "there.json"},
        {"$ref": "#/$defs/none"},
    ):
        with pytest.raises(SchemaProblem, match="which is not in it"):
            schema_check(schema)
    with pytest.raises(SchemaProblem, match="no form of JSON Schema"):
        schema_check({"$schema": f"{url}/schema"})
    assert asked == []


def test_a_schema_with_an_id_elsewhere_is_taken_as_it_is(listener: tuple[str, list[str]]) -> None:
    url, asked = listener
    schema = {"$id": f"{url}/a", "$ref": f"{url}/b", "$defs": {"b": {"$id": f"{url}/b", "type": "string"}}}
    assert refusal(schema, b"1").detail.endswith("type string")
    assert asked == []


# Nothing takes long.


@pytest.mark.parametrize("pattern", ["(?=a)b", "(?<!a)b", r"(a)\1", "("])
@pytest.mark.parametrize("place", ["pattern", "patternProperties"])
def test_a_pattern_that_may_take_long_is_a_problem(pattern: str, place: str) -> None:
    where: dict[str, Any] = {"pattern": pattern} if place == "pattern" else {"patternProperties": {pattern: {}}}
    schema = {"properties": {"a": where}}
    with pytest.raises(SchemaProblem) as caught:
        schema_check(schema)
    assert caught.value.message == "is no regular expression of linear time"
    assert caught.value.at[:3] == ("properties", "a", place)


@pytest.mark.parametrize("pattern", ["^(a+)+$", "^(a|a)*$", "^(a|aa)+$", "(.*)*x"])
def test_a_megabyte_does_not_make_a_pattern_slow(pattern: str) -> None:
    # A backtracking engine would give up, and say so, or never end.
    body = b'"' + b"a" * (1 << 20) + b'!"'
    assert refusal({"pattern": pattern}, body).status == 422


def test_a_large_body_is_refused_without_saying_where() -> None:
    # Listing every finding, or copying the body into one, would take seconds.
    body = b"[" + b",".join([b"[1]"] * (EXPLAINED // 3)) + b"]"
    error = refusal({"items": {"type": "string"}}, body)
    assert (error.pointer, error.detail) == ("", "the body does not match the graph's schema; it is too large to say where")


@pytest.mark.parametrize(
    ("schema", "at"),
    [
        ({"type": "nope"}, ("type",)),
        ({"properties": {"a": {"minLength": "3"}}}, ("properties", "a", "minLength")),
        ({"required": "data"}, ("required",)),
        ({"pattern": "\ud800"}, ()),
    ],
)
def test_what_is_no_schema_is_a_problem_of_its_place(schema: dict[str, Any], at: tuple[str, ...]) -> None:
    with pytest.raises(SchemaProblem) as caught:
        schema_check(schema)
    assert caught.value.at == at
    assert caught.value.message.startswith("is no JSON Schema: ")
